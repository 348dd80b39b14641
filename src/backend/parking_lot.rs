//! Real threads on the parking_lot crate, whose locks are smaller and never poison.

use super::{
    Awaited, Backend, Engine, Label, Local, Std,
    std::{join_native, spawn_native},
};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::{
    cell::RefCell,
    sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// The operating system's threads, with parking_lot's mutex and condition variable.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParkingLot;

thread_local! {
    static LOCAL: RefCell<Option<Local>> = const { RefCell::new(None) };
}

impl Backend for ParkingLot {
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
        Engine::ParkingLot
    }

    fn raw_mutex<T: Send>(_: &Label, value: T) -> Mutex<T> {
        Mutex::new(value)
    }

    #[inline]
    fn raw_lock<T: Send>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock()
    }

    #[inline]
    fn raw_try_lock<T: Send>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        mutex.try_lock()
    }

    fn raw_condvar(_: &Label) -> Condvar {
        Condvar::new()
    }

    #[inline]
    fn raw_wait<'a: 'a, T: Send>(
        condvar: &Condvar,
        _: &'a Mutex<T>,
        mut guard: MutexGuard<'a, T>,
    ) -> MutexGuard<'a, T> {
        condvar.wait(&mut guard);
        guard
    }

    #[inline]
    fn raw_wait_timeout<'a: 'a, T: Send>(
        condvar: &Condvar,
        _: &'a Mutex<T>,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let _awaited = Awaited::begin();
        let result = condvar.wait_for(&mut guard, timeout);
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
        Std::raw_yield();
    }

    fn raw_sleep(duration: Duration) {
        Std::raw_sleep(duration);
    }

    fn raw_now() -> Option<Instant> {
        Some(Instant::now())
    }

    fn raw_choose(n: usize) -> usize {
        Std::raw_choose(n)
    }

    #[inline]
    fn with_local<R>(look: impl FnOnce(Option<&Local>) -> R) -> R {
        LOCAL.with_borrow(|local| look(local.as_ref()))
    }

    fn set_local(local: Option<Local>) {
        LOCAL.set(local);
    }
}
