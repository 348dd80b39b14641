//! Waiting for the result of a task, or for the reason why it has none.

use super::{
    Future, FutureError,
    stage::{Stage, State},
};
use crate::{
    backend::{Backend, MutexGuard},
    primitives::waiting,
};
use std::time::Duration;

impl<B: Backend, T: Send + 'static> Future<B, T> {
    /// Blocks until the task is done, and returns a clone of its result.
    ///
    /// # Errors
    ///
    /// [`FutureError`], but never [`FutureError::TimedOut`].
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(1)?;
    /// let task = pool.submit(|| 1).expect("it is open");
    /// assert_eq!([task.result(), task.result()], [Ok(1), Ok(1)]);
    /// let unlucky = pool.submit(|| -> i32 { panic!("no luck") }).expect("it is open");
    /// let error = unlucky.result().unwrap_err();
    /// assert_eq!(error.to_string(), "a task failed: thread `pool_0` panicked: no luck");
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn result(&self) -> Result<T, FutureError>
    where
        T: Clone,
    {
        self.ended().result()
    }

    /// Like [`result`](Self::result), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`FutureError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, ThreadPool}, primitives::FutureError};
    /// # use std::{sync::Arc, time::Duration};
    /// let pool = ThreadPool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let task = pool.submit(move || held.wait()).expect("it is open");
    /// assert_eq!(task.result_timeout(Duration::from_millis(1)), Err(FutureError::TimedOut));
    /// go.set();
    /// assert_eq!(task.result_timeout(Duration::MAX), Ok(()));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn result_timeout(&self, timeout: Duration) -> Result<T, FutureError>
    where
        T: Clone,
    {
        self.ended_within(timeout).result()
    }

    /// Blocks until the task is done, and takes its result, which therefore need not be `Clone`. Later
    /// calls return [`FutureError::Taken`].
    ///
    /// # Errors
    ///
    /// [`FutureError`], but never [`FutureError::TimedOut`].
    ///
    /// ```
    /// # use raceproof_suite::{native::ThreadPool, primitives::FutureError};
    /// let pool = ThreadPool::new(1)?;
    /// let task = pool.submit(|| String::from("once")).expect("it is open");
    /// assert_eq!(task.take_result().as_deref(), Ok("once"));
    /// assert_eq!(task.take_result(), Err(FutureError::Taken));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn take_result(&self) -> Result<T, FutureError> {
        self.ended().take()
    }

    /// Like [`take_result`](Self::take_result), but blocks for at most `timeout`. A result that is not there
    /// in time is not taken.
    ///
    /// # Errors
    ///
    /// [`FutureError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, ThreadPool}, primitives::FutureError};
    /// # use std::{sync::Arc, time::Duration};
    /// let pool = ThreadPool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let task = pool.submit(move || held.wait()).expect("it is open");
    /// assert_eq!(task.take_result_timeout(Duration::ZERO), Err(FutureError::TimedOut));
    /// go.set();
    /// assert_eq!(task.take_result_timeout(Duration::MAX), Ok(()));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn take_result_timeout(&self, timeout: Duration) -> Result<T, FutureError> {
        self.ended_within(timeout).take()
    }

    /// Blocks until the task is done, and returns why it has no result, or `None` if it has one. Python
    /// raises an error for a cancelled task; this returns it.
    ///
    /// ```
    /// # use raceproof_suite::{native::ThreadPool, primitives::FutureError};
    /// let pool = ThreadPool::new(1)?;
    /// let unlucky = pool.submit(|| panic!("no luck")).expect("it is open");
    /// let Some(FutureError::Panicked(panicked)) = unlucky.exception() else { unreachable!() };
    /// assert_eq!(panicked.message, "no luck");
    /// assert_eq!(pool.submit(|| ()).expect("it is open").exception(), None);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn exception(&self) -> Option<FutureError> {
        self.ended().error()
    }

    /// Like [`exception`](Self::exception), but blocks for at most `timeout`; after that it returns
    /// [`FutureError::TimedOut`].
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, ThreadPool}, primitives::FutureError};
    /// # use std::{sync::Arc, time::Duration};
    /// let pool = ThreadPool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let task = pool.submit(move || held.wait()).expect("it is open");
    /// assert_eq!(task.exception_timeout(Duration::ZERO), Some(FutureError::TimedOut));
    /// go.set();
    /// assert_eq!(task.exception_timeout(Duration::MAX), None);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn exception_timeout(&self, timeout: Duration) -> Option<FutureError> {
        self.ended_within(timeout).error()
    }

    /// Blocks until the task is done.
    #[track_caller]
    fn ended(&self) -> MutexGuard<'_, B, State<B, T>> {
        let state = self.0.state.lock();
        if state.is_done() {
            return state;
        }
        waiting::wait_while(&self.0.done, state, State::waiters, |state| !state.is_done())
    }

    /// Blocks until the task is done, for at most `timeout`.
    #[track_caller]
    fn ended_within(&self, timeout: Duration) -> MutexGuard<'_, B, State<B, T>> {
        let (state, waiters) = (self.0.state.lock(), State::waiters);
        let blocked = |state: &State<B, T>| !state.is_done();
        waiting::wait_timeout_while(&self.0.done, state, timeout, waiters, blocked).0
    }

    /// Blocks until the task is done.
    #[track_caller]
    pub(in crate::primitives) fn wait(&self) {
        drop(self.ended());
    }

    /// Like [`wait`](Self::wait), but blocks for at most `timeout`; returns whether the task is
    /// done.
    #[track_caller]
    pub(in crate::primitives) fn wait_timeout(&self, timeout: Duration) -> bool {
        self.ended_within(timeout).is_done()
    }

    /// Whether the task has returned a value, if it is done.
    #[track_caller]
    pub(in crate::primitives) fn has_returned(&self) -> Option<bool> {
        match &self.0.state.lock().stage {
            Stage::Pending | Stage::Running => None,
            Stage::Ended(result) => Some(result.is_ok()),
            Stage::Taken => Some(true),
        }
    }
}
