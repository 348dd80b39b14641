//! The result of work that a pool does in the background.

use crate::{
    backend::Backend,
    primitives::executor::{Future, FutureError},
};
use std::{fmt, time::Duration};

/// The result of work that a [`Pool`](super::Pool) does in the background.
///
/// Like Python's `multiprocessing.pool.AsyncResult`. If the pool is terminated before the work has begun, it
/// returns an error, where Python hangs. Unlike a [`Future`] it cannot be cancelled. A clone is the same
/// result.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Pool};
///
/// let pool = Pool::<Std>::new(2)?;
/// let answer = pool.apply_async(|| 6 * 7).expect("it is open");
/// assert_eq!(answer.get(), Ok(42));
/// assert_eq!(answer.successful(), Ok(true));
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
pub struct AsyncResult<B: Backend, T: Send>(pub(in crate::primitives) Future<B, T>);

/// Whether the work has succeeded is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work is not done yet")]
pub struct NotReady;

impl<B: Backend, T: Send + 'static> AsyncResult<B, T> {
    /// Blocks until the work is done, and returns a clone of its result.
    ///
    /// # Errors
    ///
    /// [`FutureError`], but never [`FutureError::TimedOut`].
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(1)?;
    /// let unlucky = pool.apply_async(|| -> i32 { panic!("no luck") }).expect("it is open");
    /// let error = unlucky.get().unwrap_err();
    /// assert_eq!(error.to_string(), "a task failed: thread `pool_0` panicked: no luck");
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn get(&self) -> Result<T, FutureError>
    where
        T: Clone,
    {
        self.0.result()
    }

    /// Like [`get`](Self::get), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`FutureError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, Pool}, primitives::FutureError};
    /// # use std::{sync::Arc, time::Duration};
    /// let pool = Pool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let work = pool.apply_async(move || held.wait()).expect("it is open");
    /// assert_eq!(work.get_timeout(Duration::from_millis(1)), Err(FutureError::TimedOut));
    /// go.set();
    /// assert_eq!(work.get_timeout(Duration::MAX), Ok(()));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, FutureError>
    where
        T: Clone,
    {
        self.0.result_timeout(timeout)
    }

    /// Blocks until the work is done, and takes its result, which therefore need not be `Clone`. Later
    /// calls return [`FutureError::Taken`].
    ///
    /// # Errors
    ///
    /// [`FutureError`], but never [`FutureError::TimedOut`].
    ///
    /// ```
    /// # use raceproof_suite::{native::Pool, primitives::FutureError};
    /// let pool = Pool::new(1)?;
    /// let work = pool.apply_async(|| String::from("once")).expect("it is open");
    /// assert_eq!(work.take().as_deref(), Ok("once"));
    /// assert_eq!(work.take(), Err(FutureError::Taken));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn take(&self) -> Result<T, FutureError> {
        self.0.take_result()
    }

    /// Blocks until the work is done, however it ended.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(1)?;
    /// let work = pool.apply_async(|| panic!("no luck")).expect("it is open");
    /// work.wait();
    /// assert!(work.ready());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn wait(&self) {
        self.0.wait();
    }

    /// Like [`wait`](Self::wait), but blocks for at most `timeout`; returns whether the work is
    /// done.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// # use std::time::Duration;
    /// let pool = Pool::new(1)?;
    /// let work = pool.apply_async(|| ()).expect("it is open");
    /// assert!(work.wait_timeout(Duration::from_secs(60)));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.wait_timeout(timeout)
    }

    /// Whether the work is done, however it ended.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(1)?;
    /// let work = pool.apply_async(|| ()).expect("it is open");
    /// work.wait();
    /// assert!(work.ready());
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn ready(&self) -> bool {
        self.0.done()
    }

    /// Whether the work has returned a value. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`NotReady`] if it has not ended.
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, Pool}, primitives::NotReady};
    /// # use std::sync::Arc;
    /// let pool = Pool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let work = pool.apply_async(move || held.wait()).expect("it is open");
    /// assert_eq!(work.successful(), Err(NotReady));
    /// go.set();
    /// work.wait();
    /// assert_eq!(work.successful(), Ok(true));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn successful(&self) -> Result<bool, NotReady> {
        self.0.has_returned().ok_or(NotReady)
    }
}

impl<B: Backend, T: Send> Clone for AsyncResult<B, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend, T: Send> fmt::Debug for AsyncResult<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncResult").field(&self.0).finish()
    }
}
