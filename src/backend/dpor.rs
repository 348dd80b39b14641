//! Under raceproof's own model checker: every inequivalent interleaving, once.
//!
//! Atomics have sequentially consistent values, and their orderings decide what they synchronise: plain
//! memory guarded by a relaxed flag is a reported race. A timed wait may time out at any moment after
//! it began.
//!
//! That is the engine dpor. The engine c11 explores the same programs on this backend under Rust's memory
//! model, where a load may read an old value unless the orderings forbid it.

use super::{Backend, Engine, Label, Local, MemoryModel, atomic::RawAtomic, atomic::RawAtomicInt};
use crate::dpor::{
    self, Schedule,
    cell::UnsafeCell,
    sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicI64, AtomicUsize},
    },
    thread,
};
use std::{
    any::Any,
    borrow::Cow,
    cell::RefCell,
    fmt::Debug,
    sync::{PoisonError, TryLockError, atomic::Ordering},
    time::Duration,
};

/// Every inequivalent interleaving, explored by [`dpor`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Dpor;

dpor::thread_local! {
    static LOCAL: RefCell<Option<Local>> = RefCell::new(None);
}

fn name(label: &Label) -> Cow<'static, str> {
    label.name.clone().unwrap_or_else(|| label.to_string().into())
}

/// Implements the raw atomics, which differ from those of other libraries in having names.
macro_rules! atomics {
    ($($value:ty => $atomic:ident),*; integers: $($int:ty => $counter:ident),*) => {
        $(impl RawAtomic<$value> for $atomic {
            #[track_caller]
            fn new(label: &Label, value: $value) -> Self {
                <$atomic>::named(name(label), value)
            }
            #[track_caller]
            fn load(&self, order: Ordering) -> $value {
                <$atomic>::load(self, order)
            }
            #[track_caller]
            fn store(&self, value: $value, order: Ordering) {
                <$atomic>::store(self, value, order);
            }
            #[track_caller]
            fn swap(&self, value: $value, order: Ordering) -> $value {
                <$atomic>::swap(self, value, order)
            }
            #[track_caller]
            fn compare_exchange(
                &self,
                old: $value,
                new: $value,
                won: Ordering,
                lost: Ordering,
            ) -> Result<$value, $value> {
                <$atomic>::compare_exchange(self, old, new, won, lost)
            }
        })*
        $(impl RawAtomicInt<$int> for $counter {
            #[track_caller]
            fn fetch_add(&self, value: $int, order: Ordering) -> $int {
                <$counter>::fetch_add(self, value, order)
            }
            #[track_caller]
            fn fetch_sub(&self, value: $int, order: Ordering) -> $int {
                <$counter>::fetch_sub(self, value, order)
            }
        })*
    };
}

atomics!(
    bool => AtomicBool, i64 => AtomicI64, usize => AtomicUsize;
    integers: i64 => AtomicI64, usize => AtomicUsize
);

/// The memory model under which the execution of a schedule is run.
pub(crate) fn memory_of(schedule: &Schedule) -> MemoryModel {
    match schedule.to_string().starts_with("c11") {
        true => MemoryModel::C11,
        false => MemoryModel::SequentialConsistency,
    }
}

/// What a program does that is not explored yet under Rust's memory model, if this is the message of the
/// failure that says so.
pub(crate) fn refusal(message: &str) -> Option<&str> {
    message.strip_prefix("not yet under Memory::C11: ")
}

impl Backend for Dpor {
    type Mutex<T: Send> = Mutex<T>;
    type Guard<'a, T: Send + 'a> = MutexGuard<'a, T>;
    type Condvar = Condvar;
    type AtomicBool = AtomicBool;
    type AtomicI64 = AtomicI64;
    type AtomicUsize = AtomicUsize;
    type Memory = UnsafeCell<()>;
    type Handle<T: Send + 'static> = thread::JoinHandle<T>;
    type Process = Option<thread::Thread>;
    type Network = super::net::Memory<Self>;

    #[inline]
    fn engine() -> Engine {
        Engine::Dpor
    }

    #[track_caller]
    fn raw_mutex<T: Send>(label: &Label, value: T) -> Mutex<T> {
        Mutex::named(name(label), value)
    }

    #[track_caller]
    fn raw_mutex_shown<T: Send + Debug>(label: &Label, value: T) -> Mutex<T> {
        Mutex::shown(name(label), value)
    }

    #[track_caller]
    fn raw_lock<T: Send>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn raw_try_lock<T: Send>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        match mutex.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    #[track_caller]
    fn raw_condvar(label: &Label) -> Condvar {
        Condvar::named(name(label))
    }

    #[track_caller]
    fn raw_wait<'a: 'a, T: Send>(
        condvar: &Condvar,
        _: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
    ) -> MutexGuard<'a, T> {
        condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn raw_wait_timeout<'a: 'a, T: Send>(
        condvar: &Condvar,
        _: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let (guard, result) =
            condvar.wait_timeout(guard, timeout).unwrap_or_else(PoisonError::into_inner);
        (guard, result.timed_out())
    }

    #[track_caller]
    fn raw_notify_one(condvar: &Condvar) {
        condvar.notify_one();
    }

    #[track_caller]
    fn raw_notify_all(condvar: &Condvar) {
        condvar.notify_all();
    }

    #[track_caller]
    fn raw_fence(order: Ordering) {
        dpor::sync::atomic::fence(order);
    }

    #[track_caller]
    fn raw_memory(label: &Label) -> UnsafeCell<()> {
        UnsafeCell::named(name(label), ())
    }

    #[track_caller]
    fn raw_read(memory: &UnsafeCell<()>) {
        memory.read();
    }

    #[track_caller]
    fn raw_write(memory: &UnsafeCell<()>) {
        memory.write(());
    }

    #[track_caller]
    fn raw_spawn<T: Send + 'static>(
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        thread::Builder::new().named(name.to_owned()).spawn(body).expect("a model always spawns")
    }

    #[track_caller]
    fn raw_spawn_daemon(name: &str, body: impl FnOnce() + Send + 'static) {
        let builder = thread::Builder::new().named(name.to_owned()).daemon();
        builder.spawn(body).expect("a model always spawns");
    }

    #[track_caller]
    fn raw_spawn_process(
        name: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> Option<thread::Thread> {
        let builder = thread::Builder::new().named(name.to_owned()).process();
        Some(builder.spawn(body).expect("a model always spawns").thread().clone())
    }

    #[track_caller]
    fn raw_kill(process: &Option<thread::Thread>) {
        if let Some(first) = process {
            thread::kill(first);
        }
    }

    #[track_caller]
    fn raw_stop_daemons() {
        thread::stop_daemons();
    }

    #[track_caller]
    fn raw_join<T: Send + 'static>(handle: thread::JoinHandle<T>) -> T {
        handle.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    }

    #[track_caller]
    fn raw_yield() {
        thread::yield_now();
    }

    fn raw_sleep(_: Duration) {}

    #[track_caller]
    fn raw_choose(n: usize) -> usize {
        dpor::choose(n)
    }

    fn with_local<R>(look: impl FnOnce(Option<&Local>) -> R) -> R {
        LOCAL.with(|local| look(local.borrow().as_ref()))
    }

    fn set_local(local: Option<Local>) {
        LOCAL.with(|cell| *cell.borrow_mut() = local);
    }

    fn is_engine_panic(payload: &(dyn Any + Send)) -> bool {
        dpor::is_teardown(payload)
    }
}
