//! Under the loom model checker.
//!
//! What loom cannot do, as of 0.7.2: a timed wait never times out, `notify_one` wakes the thread that
//! waited longest, nothing wakes spuriously, there is no nondeterministic choice, and a model has at
//! most five threads, including the main one. Accesses with `SeqCst` are treated as `AcqRel`. A panic
//! while a mutex is held makes every later lock of it panic. `try_lock` can report a deadlock where
//! there is none (tokio-rs/loom issue 376), and unlocking is no step, so a failing `try_lock` may not
//! be explored. A yielding thread runs again only after some other thread has. Known misses of its
//! search: issues 166 and 392; known false deadlocks: 376 and 422.

use super::{Backend, Engine, Label, Local, atomic::raw_atomics, panic_message};
use loom::{
    cell::UnsafeCell,
    sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicI64, AtomicUsize},
    },
    thread,
};
use send_wrapper::SendWrapper;
use std::{any::Any, cell::RefCell, sync::atomic::Ordering, time::Duration};

/// Every interleaving and every value that a relaxed load may read, explored by loom.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loom;

loom::thread_local! {
    static LOCAL: RefCell<Option<Local>> = RefCell::new(None);
}

raw_atomics!(
    bool => AtomicBool, i64 => AtomicI64, usize => AtomicUsize;
    integers: i64 => AtomicI64, usize => AtomicUsize
);

impl Backend for Loom {
    type Mutex<T: Send> = Mutex<T>;
    type Guard<'a, T: Send + 'a> = MutexGuard<'a, T>;
    type Condvar = Condvar;
    type AtomicBool = AtomicBool;
    type AtomicI64 = AtomicI64;
    type AtomicUsize = AtomicUsize;
    /// loom's cell is not `Sync`, although all threads of a model share one operating-system
    /// thread; the wrapper checks that.
    type Memory = SendWrapper<UnsafeCell<()>>;
    type Handle<T: Send + 'static> = thread::JoinHandle<T>;
    type Process = ();
    type Network = super::net::Memory<Self>;

    #[inline]
    fn engine() -> Engine {
        Engine::Loom
    }

    fn raw_mutex<T: Send>(_: &Label, value: T) -> Mutex<T> {
        Mutex::new(value)
    }

    #[track_caller]
    fn raw_lock<T: Send>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().expect("loom does not poison")
    }

    #[track_caller]
    fn raw_try_lock<T: Send>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        mutex.try_lock().ok()
    }

    fn raw_condvar(_: &Label) -> Condvar {
        Condvar::new()
    }

    #[track_caller]
    fn raw_wait<'a: 'a, T: Send>(
        condvar: &Condvar,
        _: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
    ) -> MutexGuard<'a, T> {
        condvar.wait(guard).expect("loom does not poison")
    }

    #[track_caller]
    fn raw_wait_timeout<'a: 'a, T: Send>(
        condvar: &Condvar,
        mutex: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        (Self::raw_wait(condvar, mutex, guard), false)
    }

    #[track_caller]
    fn raw_notify_one(condvar: &Condvar) {
        condvar.notify_one();
    }

    #[track_caller]
    fn raw_notify_all(condvar: &Condvar) {
        condvar.notify_all();
    }

    fn raw_fence(order: Ordering) {
        loom::sync::atomic::fence(order);
    }

    fn raw_memory(_: &Label) -> Self::Memory {
        SendWrapper::new(UnsafeCell::new(()))
    }

    #[track_caller]
    fn raw_read(memory: &Self::Memory) {
        memory.with(|_| ());
    }

    #[track_caller]
    fn raw_write(memory: &Self::Memory) {
        memory.with_mut(|_| ());
    }

    #[track_caller]
    fn raw_spawn<T: Send + 'static>(
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        thread::Builder::new().name(name.into()).spawn(body).expect("loom always spawns")
    }

    #[track_caller]
    fn raw_join<T: Send + 'static>(handle: thread::JoinHandle<T>) -> T {
        handle.join().expect("loom's threads end without an error")
    }

    fn raw_yield() {
        thread::yield_now();
    }

    fn raw_sleep(_: Duration) {}

    fn raw_choose(_: usize) -> usize {
        panic!("loom has no nondeterministic choice")
    }

    fn with_local<R>(look: impl FnOnce(Option<&Local>) -> R) -> R {
        LOCAL.with(|local| look(local.borrow().as_ref()))
    }

    fn set_local(local: Option<Local>) {
        LOCAL.with(|cell| *cell.borrow_mut() = local);
    }

    fn is_engine_panic(payload: &(dyn Any + Send)) -> bool {
        failure(&panic_message(payload)).is_some()
    }
}

/// The failures with which loom ends an execution, by the beginning of its panic message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoomFailure {
    /// Every live thread is blocked.
    Deadlock,
    /// Two accesses to plain memory race.
    DataRace,
    /// An execution has more branches than allowed.
    StepLimit,
    /// The model has more threads than loom supports.
    TooManyThreads,
}

/// The failure of loom's own that this panic message reports, if it is one.
pub(crate) fn failure(message: &str) -> Option<LoomFailure> {
    use LoomFailure::{DataRace, Deadlock, StepLimit, TooManyThreads};
    [
        ("deadlock; threads =", Deadlock),
        ("Causality violation:", DataRace),
        ("Model exceeded maximum number of branches", StepLimit),
        ("assertion failed: self.threads.len() < self.max()", TooManyThreads),
    ]
    .into_iter()
    .find_map(|(text, failure)| message.trim_start().starts_with(text).then_some(failure))
}
