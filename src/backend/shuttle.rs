//! Under the shuttle model checker.
//!
//! shuttle treats every ordering as `SeqCst`, sees no data races, and its own timed wait never times
//! out. Timeouts and choices are modelled here with helper tasks: shuttle's scheduler decides
//! whether and when a helper runs, so every scheduler explores them, and a schedule replays them.

use super::{Backend, Engine, Label, Local, atomic::raw_atomics, panic_message};
use shuttle::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicI64, AtomicUsize},
        mpsc,
    },
    thread,
};
use std::{
    any::Any,
    cell::RefCell,
    sync::{
        Arc, Mutex as StdMutex, PoisonError, TryLockError,
        atomic::{AtomicBool as StdAtomicBool, AtomicUsize as StdAtomicUsize, Ordering},
    },
    time::Duration,
};

/// Schedules chosen by shuttle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shuttle;

shuttle::thread_local! {
    static LOCAL: RefCell<Option<Local>> = RefCell::new(None);
}

raw_atomics!(
    bool => AtomicBool, i64 => AtomicI64, usize => AtomicUsize;
    integers: i64 => AtomicI64, usize => AtomicUsize
);

/// A condition variable whose timed waits can time out.
///
/// It keeps its own list of waiters, each blocked on a channel until another thread removes it from
/// the list. The list needs no scheduling points: shuttle switches only where its own operations
/// begin.
#[derive(Default)]
pub struct Condvar(StdMutex<Vec<Arc<Waiter>>>);

/// A thread in a wait.
struct Waiter {
    /// Whether the wait has ended, though the thread may not have run yet.
    woken: StdAtomicBool,
    wake: mpsc::Sender<Wake>,
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wake {
    Notified,
    TimedOut,
}

impl Waiter {
    fn new() -> (Arc<Self>, mpsc::Receiver<Wake>) {
        let (wake, woken) = mpsc::channel();
        (Arc::new(Self { woken: StdAtomicBool::new(false), wake }), woken)
    }

    /// Ends the wait, unless it has ended already.
    fn wake(&self, how: Wake) {
        if !self.woken.swap(true, Ordering::Relaxed) {
            // The receiver is gone only when the execution has ended.
            let _ = self.wake.send(how);
        }
    }
}

impl Condvar {
    fn waiters(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Waiter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The threads whose wait has not ended.
    fn asleep(&self) -> Vec<Arc<Waiter>> {
        let mut waiters = self.waiters();
        waiters.retain(|waiter| !waiter.woken.load(Ordering::Relaxed));
        waiters.clone()
    }

    /// Releases the mutex, and waits to be woken.
    fn wait<T>(
        &self,
        guard: MutexGuard<'_, T>,
        me: Arc<Waiter>,
        woken: &mpsc::Receiver<Wake>,
    ) -> Wake {
        // shuttle's unlock lets other threads run before it takes effect and not after, so
        // releasing the mutex and joining the list are one step.
        drop(guard);
        self.waiters().push(me);
        woken.recv().unwrap_or(Wake::Notified)
    }
}

impl Backend for Shuttle {
    type Mutex<T: Send> = Mutex<T>;
    type Guard<'a, T: Send + 'a> = MutexGuard<'a, T>;
    type Condvar = Condvar;
    type AtomicBool = AtomicBool;
    type AtomicI64 = AtomicI64;
    type AtomicUsize = AtomicUsize;
    /// An atomic that exists only for the scheduling point before each access.
    type Memory = AtomicUsize;
    type Handle<T: Send + 'static> = thread::JoinHandle<T>;
    type Process = ();
    type Network = super::net::Memory<Self>;

    #[inline]
    fn engine() -> Engine {
        Engine::Shuttle
    }

    fn raw_mutex<T: Send>(_: &Label, value: T) -> Mutex<T> {
        Mutex::new(value)
    }

    fn raw_lock<T: Send>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn raw_try_lock<T: Send>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        match mutex.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn raw_condvar(_: &Label) -> Condvar {
        Condvar::default()
    }

    fn raw_wait<'a: 'a, T: Send>(
        condvar: &Condvar,
        mutex: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
    ) -> MutexGuard<'a, T> {
        let (me, woken) = Waiter::new();
        condvar.wait(guard, me, &woken);
        Self::raw_lock(mutex)
    }

    fn raw_wait_timeout<'a: 'a, T: Send>(
        condvar: &Condvar,
        mutex: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let (me, woken) = Waiter::new();
        let waiter = Arc::clone(&me);
        // When this runs, the time limit passes. Detached, so an execution can end without it.
        drop(thread::spawn(move || waiter.wake(Wake::TimedOut)));
        let wake = condvar.wait(guard, me, &woken);
        (Self::raw_lock(mutex), wake == Wake::TimedOut)
    }

    fn raw_notify_one(condvar: &Condvar) {
        switch();
        let count = condvar.asleep().len();
        if count == 0 {
            return;
        }
        let chosen = if count == 1 { 0 } else { Self::raw_choose(count) };
        // The choice lets other threads run, so the list is read again. A waiter may have timed out
        // meanwhile, which is as if it had done so before this notification.
        let waiters = condvar.asleep();
        if let Some(waiter) = waiters.get(chosen).or(waiters.last()) {
            waiter.wake(Wake::Notified);
        }
    }

    fn raw_notify_all(condvar: &Condvar) {
        switch();
        for waiter in condvar.asleep() {
            waiter.wake(Wake::Notified);
        }
    }

    fn raw_fence(order: Ordering) {
        shuttle::sync::atomic::fence(order);
    }

    fn raw_memory(_: &Label) -> AtomicUsize {
        AtomicUsize::new(0)
    }

    fn raw_read(memory: &AtomicUsize) {
        memory.load(Ordering::SeqCst);
    }

    fn raw_write(memory: &AtomicUsize) {
        memory.store(0, Ordering::SeqCst);
    }

    fn raw_spawn<T: Send + 'static>(
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        thread::Builder::new().name(name.into()).spawn(body).expect("shuttle always spawns")
    }

    fn raw_join<T: Send + 'static>(handle: thread::JoinHandle<T>) -> T {
        handle.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    }

    fn raw_yield() {
        thread::yield_now();
    }

    fn raw_sleep(_: Duration) {}

    fn raw_choose(n: usize) -> usize {
        // The choice is the number of helpers that run before this thread goes on.
        let count = Arc::new(StdAtomicUsize::new(0));
        for _ in 1..n {
            let count = Arc::clone(&count);
            drop(thread::spawn(move || count.fetch_add(1, Ordering::Relaxed)));
        }
        switch();
        count.load(Ordering::Relaxed)
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

/// The failures with which shuttle ends an execution, by the beginning of its panic message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShuttleFailure {
    /// Every live task is blocked, or a task locks a mutex that it holds.
    Deadlock,
    /// An execution has more steps than allowed.
    StepLimit,
    /// The input to replay is not a schedule of this program.
    BadSchedule,
}

/// The failure of shuttle's own that this panic message reports, if it is one.
pub(crate) fn failure(message: &str) -> Option<ShuttleFailure> {
    use ShuttleFailure::{BadSchedule, Deadlock, StepLimit};
    [
        ("deadlock! blocked tasks", Deadlock),
        ("deadlock! task", Deadlock),
        ("exceeded max_steps bound", StepLimit),
        ("invalid schedule", BadSchedule),
        ("schedule ended early", BadSchedule),
        ("scheduled task is not runnable", BadSchedule),
        ("expected context switch", BadSchedule),
        ("expected random choice", BadSchedule),
    ]
    .into_iter()
    .find_map(|(text, failure)| message.starts_with(text).then_some(failure))
}

/// A scheduling point that does not say which thread should run next.
fn switch() {
    AtomicUsize::new(0).load(Ordering::SeqCst);
}
