//! Real threads on `std::sync`.

use super::{Awaited, Backend, Engine, Label, Local, atomic::raw_atomics};
use std::{
    cell::RefCell,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The operating system's threads, with std's mutex and condition variable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Std;

thread_local! {
    static LOCAL: RefCell<Option<Local>> = const { RefCell::new(None) };
}

raw_atomics!(
    bool => AtomicBool, i64 => AtomicI64, usize => AtomicUsize;
    integers: i64 => AtomicI64, usize => AtomicUsize
);

impl Backend for Std {
    type Mutex<T: Send> = Mutex<T>;
    type Guard<'a, T: Send + 'a> = MutexGuard<'a, T>;
    type Condvar = Condvar;
    type AtomicBool = AtomicBool;
    type AtomicI64 = AtomicI64;
    type AtomicUsize = AtomicUsize;
    type Memory = ();
    type Handle<T: Send + 'static> = thread::JoinHandle<T>;
    type Process = ();
    type Network = super::net::Recorded<Self>;

    #[inline]
    fn engine() -> Engine {
        Engine::Std
    }

    fn raw_mutex<T: Send>(_: &Label, value: T) -> Mutex<T> {
        Mutex::new(value)
    }

    #[inline]
    fn raw_lock<T: Send>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn raw_try_lock<T: Send>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        match mutex.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn raw_condvar(_: &Label) -> Condvar {
        Condvar::new()
    }

    #[inline]
    fn raw_wait<'a: 'a, T: Send>(
        condvar: &Condvar,
        _: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
    ) -> MutexGuard<'a, T> {
        condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn raw_wait_timeout<'a: 'a, T: Send>(
        condvar: &Condvar,
        _: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let _awaited = Awaited::begin();
        let (guard, result) =
            condvar.wait_timeout(guard, timeout).unwrap_or_else(PoisonError::into_inner);
        (guard, result.timed_out())
    }

    #[inline]
    fn raw_notify_one(condvar: &Condvar) {
        condvar.notify_one();
    }

    #[inline]
    fn raw_notify_all(condvar: &Condvar) {
        condvar.notify_all();
    }

    fn raw_fence(order: Ordering) {
        ::std::sync::atomic::fence(order);
    }

    fn raw_memory(_: &Label) {}
    fn raw_read((): &()) {}
    fn raw_write((): &()) {}

    fn raw_spawn<T: Send + 'static>(
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        spawn_native(name, body)
    }

    fn raw_join<T: Send + 'static>(handle: thread::JoinHandle<T>) -> T {
        join_native(handle)
    }

    fn raw_yield() {
        thread::yield_now();
    }

    fn raw_sleep(duration: Duration) {
        let _awaited = Awaited::begin();
        thread::sleep(duration);
    }

    fn raw_now() -> Option<Instant> {
        Some(Instant::now())
    }

    fn raw_choose(n: usize) -> usize {
        fastrand::usize(..n)
    }

    #[inline]
    fn with_local<R>(look: impl FnOnce(Option<&Local>) -> R) -> R {
        LOCAL.with_borrow(|local| look(local.as_ref()))
    }

    fn set_local(local: Option<Local>) {
        LOCAL.set(local);
    }
}

/// Starts an operating-system thread.
///
/// # Panics
///
/// Panics if the system cannot create one, or if the name contains a zero byte.
pub(super) fn spawn_native<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .unwrap_or_else(|error| panic!("cannot start thread `{name}`: {error}"))
}

/// Waits for a thread whose body does not unwind.
pub(super) fn join_native<T>(handle: thread::JoinHandle<T>) -> T {
    handle.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}
