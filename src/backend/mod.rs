//! The environments a program can run in, behind one trait.
//!
//! A program is written once against [`Mutex`], [`Condvar`], [`Atomic`], [`Shared`] and the thread
//! functions of [`Backend`], and runs unchanged on real threads ([`Std`], [`ParkingLot`]) and under
//! model checkers ([`Dpor`], `Loom`, [`Shuttle`]). The types that a program uses name and record
//! every operation; a backend supplies only the raw operation. Every difference between environments
//! ends in this module.

mod atomic;
mod awaited;
mod chosen;
mod condvar;
mod dpor;
mod engine;
pub mod execution;
mod label;
#[cfg(loom)]
mod loom;
mod mutex;
pub mod net;
mod park;
#[cfg(feature = "parking_lot")]
mod parking_lot;
mod patience;
mod shared;
#[cfg(feature = "shuttle")]
mod shuttle;
mod std;
mod thread;

#[cfg(loom)]
pub use self::loom::Loom;
#[cfg(feature = "parking_lot")]
pub use self::parking_lot::ParkingLot;
#[cfg(feature = "shuttle")]
pub use self::shuttle::Shuttle;
pub use self::{
    atomic::{Atomic, AtomicBool, AtomicI64, AtomicUsize, AtomicValue, RawAtomic, RawAtomicInt},
    chosen::Chosen,
    condvar::Condvar,
    dpor::Dpor,
    engine::{Capability, Engine, MemoryModel},
    label::Label,
    mutex::{Mutex, MutexGuard},
    shared::Shared,
    std::Std,
    thread::{JoinHandle, Local, Panicked, Process, ProcessId, Thread, ThreadId, join_all},
};

pub(crate) use self::awaited::Awaited;
pub(crate) use self::dpor::{memory_of, refusal};
#[cfg(loom)]
pub(crate) use self::loom::{LoomFailure, failure as loom_failure};
pub(crate) use self::patience::Look;
#[cfg(feature = "shuttle")]
pub(crate) use self::shuttle::{ShuttleFailure, failure as shuttle_failure};
pub(crate) use self::thread::panic_message;

/// What programs share, on every backend. Under [`Dpor`] it is known who owns a value, and who drops it last
/// is explored; elsewhere it is as std's.
pub use crate::dpor::sync::Arc;

use crate::dpor::Operation;
use ::std::{
    any::Any,
    fmt::Debug,
    ops::DerefMut,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// An environment that programs run in.
///
/// # What a program may rely on
///
/// The *provided* methods, and the types [`Mutex`], [`Condvar`], [`Atomic`] and [`Shared`], behave
/// alike on every backend:
///
/// - **A step** is one lock, unlock, wait, notification, atomic access, [`Shared`] access, spawn or
///   join. Between two steps of a thread no other thread is observed; a model checker may switch
///   threads before any step, and explores every such switch that can make a difference.
/// - **Mutual exclusion.** At most one thread holds a [`Mutex`]. The order in which waiting threads
///   get it is unspecified. A thread that locks a mutex twice blocks forever.
/// - **No poisoning.** A guard dropped by a panic releases its mutex like any other (with
///   [`Capability::PanicWhileLocked`]). A program whose state must not be seen half changed after a
///   panic keeps its own flag.
/// - **Condition variables.** [`Condvar::wait`] releases the mutex and begins to wait in one step, and
///   holds the mutex again when it returns. A notification without a waiter is lost. A wait may return
///   without a notification, so call it in a loop.
/// - **Timed waits** on a native backend return at the latest when their time limit passes. Under a
///   model checker with [`Capability::Timeouts`] the limit may pass at any moment after the wait
///   began, and both outcomes are explored; without that capability a timed wait never times out.
/// - **A panic** in a spawned thread comes back from [`JoinHandle::join`] as [`Panicked`]. If the
///   thread is not joined, the execution fails with that panic's message.
/// - **Time orders nothing.** [`Backend::sleep`] is real on a native backend and no step at all under a
///   model checker.
/// - **Orderings** of atomics are those of Rust's memory model on native backends and with
///   [`Capability::WeakMemory`]; elsewhere every access is sequentially consistent.
/// - **Connections** ([`net::Network`]) are TCP on the loopback device on a native backend. Under a model
///   checker they are in memory, built from the backend's own mutexes and condition variables, so each
///   operation takes as many steps as it takes locks.
///
/// [`Engine::capabilities`] lists what an environment can do beyond that. A variant
/// declares the capabilities that its program needs, and is not run where one is missing.
///
/// # What an implementor supplies
///
/// The associated types and the *required* methods, which are the raw operations. Programs do not
/// call them. Each is one step of the environment, takes effect before it returns, and ignores
/// poisoning. Guards release on drop, even while unwinding.
///
/// # Example
///
/// ```
/// use raceproof_suite::backend::{Backend, Mutex, Std};
/// use std::sync::Arc;
///
/// fn total<B: Backend>() -> i64 {
///     let sum = Arc::new(Mutex::<B, _>::named("sum", 0));
///     let adder = {
///         let sum = Arc::clone(&sum);
///         B::spawn("adder", move || *sum.lock() += 40)
///     };
///     *sum.lock() += 2;
///     adder.join().unwrap();
///     *sum.lock()
/// }
///
/// assert_eq!(total::<Std>(), 42);
/// ```
pub trait Backend: Copy + Debug + Default + Send + Sync + 'static {
    /// The raw mutex.
    type Mutex<T: Send>: Send + Sync;
    /// The raw guard, which unlocks on drop.
    type Guard<'a, T: Send + 'a>: DerefMut<Target = T>;
    /// The raw condition variable.
    type Condvar: Send + Sync;
    /// The raw atomic `bool`.
    type AtomicBool: RawAtomic<bool>;
    /// The raw atomic `i64`.
    type AtomicI64: RawAtomicInt<i64>;
    /// The raw atomic `usize`.
    type AtomicUsize: RawAtomicInt<usize>;
    /// A place in plain memory: it is told of each access, and may report a race.
    type Memory: Send + Sync;
    /// The raw handle of a spawned thread.
    type Handle<T: Send + 'static>: Send;
    /// The handle to kill a process, where that is possible; `()` elsewhere.
    type Process: Clone + Default + Send + Sync;
    /// The network, which carries bytes between threads that share nothing else.
    type Network: net::Network;

    /// The engine that runs programs on this backend.
    fn engine() -> Engine;
    /// A new mutex.
    fn raw_mutex<T: Send>(label: &Label, value: T) -> Self::Mutex<T>;
    /// A new mutex whose value traces show, where the environment records them itself.
    #[track_caller]
    fn raw_mutex_shown<T: Send + Debug>(label: &Label, value: T) -> Self::Mutex<T> {
        Self::raw_mutex(label, value)
    }
    /// Blocks until the mutex is free, and locks it.
    fn raw_lock<T: Send>(mutex: &Self::Mutex<T>) -> Self::Guard<'_, T>;
    /// Locks the mutex if it is free.
    fn raw_try_lock<T: Send>(mutex: &Self::Mutex<T>) -> Option<Self::Guard<'_, T>>;
    /// A new condition variable.
    fn raw_condvar(label: &Label) -> Self::Condvar;
    /// Releases `mutex`, waits for a notification, and locks `mutex` again.
    fn raw_wait<'a: 'a, T: Send>(
        condvar: &Self::Condvar,
        mutex: &'a Self::Mutex<T>,
        guard: Self::Guard<'a, T>,
    ) -> Self::Guard<'a, T>;
    /// Like [`raw_wait`](Self::raw_wait), but waits for at most `timeout`; the flag says that it
    /// timed out.
    fn raw_wait_timeout<'a: 'a, T: Send>(
        condvar: &Self::Condvar,
        mutex: &'a Self::Mutex<T>,
        guard: Self::Guard<'a, T>,
        timeout: Duration,
    ) -> (Self::Guard<'a, T>, bool);
    /// Wakes one waiting thread, if there is one.
    fn raw_notify_one(condvar: &Self::Condvar);
    /// Wakes every waiting thread.
    fn raw_notify_all(condvar: &Self::Condvar);
    /// A memory fence, not a step.
    fn raw_fence(order: Ordering);
    /// A place in plain memory.
    fn raw_memory(label: &Label) -> Self::Memory;
    /// One plain read of the place.
    fn raw_read(memory: &Self::Memory);
    /// One plain write of the place.
    fn raw_write(memory: &Self::Memory);
    /// Starts a thread. `body` never unwinds, except because of a failure of the environment
    /// itself.
    fn raw_spawn<T: Send + 'static>(
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Self::Handle<T>;
    /// Starts a thread that is never joined. `body` as in [`raw_spawn`](Self::raw_spawn).
    #[track_caller]
    fn raw_spawn_daemon(name: &str, body: impl FnOnce() + Send + 'static) {
        drop(Self::raw_spawn(name, body));
    }
    /// Stops every daemon, where the environment can.
    fn raw_stop_daemons() {}
    /// Starts the first thread of a process, which is never joined. `body` as in
    /// [`raw_spawn`](Self::raw_spawn).
    #[track_caller]
    fn raw_spawn_process(name: &str, body: impl FnOnce() + Send + 'static) -> Self::Process {
        drop(Self::raw_spawn(name, body));
        Self::Process::default()
    }
    /// Kills a process.
    ///
    /// # Panics
    ///
    /// Panics if [`Capability::Kill`] is missing.
    #[track_caller]
    fn raw_kill(_process: &Self::Process) {
        panic!("{} cannot kill a process", Self::engine());
    }
    /// Blocks until the thread has ended.
    fn raw_join<T: Send + 'static>(handle: Self::Handle<T>) -> T;
    /// Yields to other threads.
    fn raw_yield();
    /// Sleeps, where time exists.
    fn raw_sleep(duration: Duration);
    /// The clock, where time exists.
    fn raw_now() -> Option<Instant> {
        None
    }
    /// Any number below `n`; an exploring environment returns each of them in some execution.
    ///
    /// # Panics
    ///
    /// Panics if [`Capability::Choice`] is missing.
    fn raw_choose(n: usize) -> usize;
    /// Reads the value that [`set_local`](Self::set_local) last stored in this thread.
    fn with_local<R>(look: impl FnOnce(Option<&Local>) -> R) -> R;
    /// Stores `local` for this thread.
    fn set_local(local: Option<Local>);
    /// Whether a caught panic is the environment's own way to end an execution (a deadlock report,
    /// say), so that it is not a panic of the program.
    fn is_engine_panic(_payload: &(dyn Any + Send)) -> bool {
        false
    }

    /// Starts a thread that traces call `name`.
    #[track_caller]
    fn spawn<T, F>(name: impl Into<String>, body: F) -> JoinHandle<Self, T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        thread::spawn(name.into(), Box::new(body))
    }

    /// Starts a daemon named `name`: a thread that is not joined, and that is stopped wherever it is
    /// once every other thread has ended. The threads that a daemon starts are daemons.
    ///
    /// Native daemons stop with the process. Under a model checker without [`Capability::Daemons`] a
    /// daemon that is blocked for good is a deadlock.
    #[track_caller]
    fn spawn_daemon(name: impl Into<String>, body: impl FnOnce() + Send + 'static) -> Thread<Self> {
        thread::spawn_daemon(name.into(), Box::new(body))
    }

    /// The main thread's last act. With [`Capability::Daemons`] it blocks until every other thread that
    /// is no daemon has ended, then stops the daemons, so that the main thread can inspect their
    /// results. Everything they hold stays held, as at the end of a process. Without that capability it
    /// does nothing.
    #[track_caller]
    fn stop_daemons() {
        Self::raw_stop_daemons();
    }

    /// Starts a process under a model checker: a thread called `name`, which is never joined, and all
    /// threads that it starts. It shares with other processes only what the program passes to it. An
    /// uncaught panic fails the execution.
    ///
    /// On a native backend it is a thread like any other.
    #[track_caller]
    fn spawn_process(name: &str, body: impl FnOnce() + Send + 'static) -> Process<Self> {
        thread::spawn_process::<Self>(name, Box::new(body))
    }

    /// The process of the running thread.
    #[must_use]
    fn current_process() -> ProcessId {
        thread::current_process::<Self>()
    }

    /// The running thread.
    fn current() -> Thread<Self> {
        thread::current()
    }

    /// The identity of the running thread, at less cost than that of [`current`](Self::current).
    #[inline]
    fn current_id() -> ThreadId {
        thread::current_id::<Self>()
    }

    /// Yields to other threads. A thread that waits in a loop for another thread's write must yield
    /// in that loop, or a model checker explores the waiting forever.
    #[track_caller]
    fn yield_now() {
        execution::record_yield::<Self>();
        Self::raw_yield();
    }

    /// Orders the atomic accesses before it with those after it, like `std::sync::atomic::fence`.
    ///
    /// # Panics
    ///
    /// Panics if the ordering is `Relaxed`.
    #[track_caller]
    fn fence(order: Ordering) {
        Self::raw_fence(order);
        execution::record::<Self>(Operation::Fence, None, None);
    }

    /// Blocks until some thread has called [`Thread::unpark`] on this one since the last `park`.
    #[track_caller]
    fn park() {
        thread::current::<Self>().park();
    }

    /// Sleeps for `duration` on a native backend; no step at all under a model checker.
    fn sleep(duration: Duration) {
        Self::raw_sleep(duration);
    }

    /// Any number below `n`, which must not be zero. Under a model checker with
    /// [`Capability::Choice`] every number is explored; natively it is drawn at random.
    #[track_caller]
    fn choose(n: usize) -> usize {
        assert!(n > 0, "nothing to choose from");
        let chosen = Self::raw_choose(n);
        execution::record::<Self>(Operation::Choose, None, Some(chosen.into()));
        chosen
    }
}
