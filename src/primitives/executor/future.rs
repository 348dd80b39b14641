//! The result of a task that may not be done yet.

use super::{
    FutureError,
    stage::{Callback, Stage, State},
    task::unheard,
};
use crate::backend::{Arc, Backend, Condvar, Mutex, MutexGuard};
use std::fmt;

/// The result of a task: what it returns, or how it fails.
///
/// Like Python's `concurrent.futures.Future`; created by [`ThreadPool::submit`](super::ThreadPool::submit).
/// A clone is the same future. It differs in two ways: a result is returned as a clone, or taken once and
/// for all; and a cancelled future is done at once for all threads, whereas in Python
/// [`wait`](fn@super::wait) and [`as_completed`](super::as_completed) learn of it only when a worker reaches
/// the task, and never after a shutdown that cancelled it. Unlike [`std::future::Future`] it needs no
/// polling: the task runs anyway.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::ThreadPool};
///
/// let pool = ThreadPool::<Std>::new(2)?;
/// let answer = pool.submit(|| 6 * 7).expect("it is open");
/// assert_eq!(answer.result(), Ok(42));
/// assert!(answer.done() && !answer.cancel());
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
pub struct Future<B: Backend, T: Send>(pub(super) Arc<Own<B, T>>);

/// The state that the handles of one future share.
pub(super) struct Own<B: Backend, T: Send> {
    pub(super) state: Mutex<B, State<B, T>>,
    /// The task is done.
    pub(super) done: Condvar<B>,
}

impl<B: Backend, T: Send + 'static> Future<B, T> {
    /// The future of a task that waits for a worker.
    #[track_caller]
    pub(in crate::primitives) fn pending() -> Self {
        let state = State { stage: Stage::Pending, callbacks: Vec::new(), waiting: 0 };
        let (state, done) = (Mutex::named("future", state), Condvar::named("future done"));
        Self(Arc::new(Own { state, done }))
    }

    /// A worker begins the task; returns `false` if it was cancelled.
    #[track_caller]
    pub(super) fn begin(&self) -> bool {
        let mut state = self.0.state.lock();
        let begins = matches!(state.stage, Stage::Pending);
        if begins {
            state.stage = Stage::Running;
        }
        begins
    }

    /// The task has ended with this result, unless it was cancelled.
    #[track_caller]
    pub(in crate::primitives) fn end(&self, result: Result<T, FutureError>) {
        let mut state = self.0.state.lock();
        if !state.is_done() {
            state.stage = Stage::Ended(result);
            self.announce(state);
        }
    }

    /// Wakes the waiting threads and calls the callbacks.
    #[track_caller]
    fn announce(&self, mut state: MutexGuard<'_, B, State<B, T>>) {
        let callbacks = std::mem::take(&mut state.callbacks);
        let wake = state.waiting > 0;
        drop(state);
        // A thread that waits counted itself under the mutex that guards the end.
        if wake {
            self.0.done.notify_all();
        }
        for callback in callbacks {
            unheard::<B>(|| callback(self));
        }
    }

    /// Cancels the task if it has not begun, and returns whether it is cancelled; a cancelled task
    /// never runs. This thread wakes the threads that wait for it, and calls its callbacks. Never
    /// blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::native::{Event, ThreadPool};
    /// # use std::sync::Arc;
    /// let pool = ThreadPool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let first = pool.submit(move || held.wait()).expect("it is open");
    /// let second = pool.submit(|| ()).expect("it is open");
    /// assert!(second.cancel());
    /// go.set();
    /// first.result().expect("it does not panic");
    /// assert!(!first.cancel());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn cancel(&self) -> bool {
        let mut state = self.0.state.lock();
        if !matches!(state.stage, Stage::Pending) {
            return state.is_cancelled();
        }
        state.stage = Stage::Ended(Err(FutureError::Cancelled));
        self.announce(state);
        true
    }

    /// Whether the task was cancelled before it began.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(1)?;
    /// let task = pool.submit(|| ()).expect("it is open");
    /// assert_eq!(task.cancel(), task.cancelled());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn cancelled(&self) -> bool {
        self.0.state.lock().is_cancelled()
    }

    /// Whether a worker is running the task at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(1)?;
    /// let task = pool.submit(|| ()).expect("it is open");
    /// task.result().expect("it does not panic");
    /// assert!(!task.running());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn running(&self) -> bool {
        matches!(self.0.state.lock().stage, Stage::Running)
    }

    /// Whether the task has returned, has panicked, or will never run.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(1)?;
    /// let task = pool.submit(|| panic!("no luck")).expect("it is open");
    /// assert!(task.exception().is_some());
    /// assert!(task.done());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn done(&self) -> bool {
        self.0.state.lock().is_done()
    }

    /// Calls `callback` with this future once the task is done: in the worker that ran it, in the thread that cancels
    /// it, or at once in this thread, if it is done already. Each callback is called exactly once, in the order of
    /// registration. A panic of a callback ends that callback and nothing else; but a check fails with it, as with
    /// the panic of a thread that is never joined.
    ///
    /// ```
    /// # use raceproof_suite::native::{Queue, ThreadPool};
    /// # use std::sync::Arc;
    /// let pool = ThreadPool::new(1)?;
    /// let done = Arc::new(Queue::new(0));
    /// let told = Arc::clone(&done);
    /// let task = pool.submit(|| 7).expect("it is open");
    /// task.add_done_callback(move |task| told.put(task.result()).expect("it is open"));
    /// assert_eq!(done.get(), Ok(Ok(7)));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn add_done_callback(&self, callback: impl FnOnce(&Self) + Send + 'static) {
        let callback: Callback<B, T> = Box::new(callback);
        let mut state = self.0.state.lock();
        if state.is_done() {
            drop(state);
            unheard::<B>(|| callback(self));
        } else {
            state.callbacks.push(callback);
        }
    }
}

impl<B: Backend, T: Send> Clone for Future<B, T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend, T: Send> fmt::Debug for Future<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Future").field(&self.0.state).finish()
    }
}
