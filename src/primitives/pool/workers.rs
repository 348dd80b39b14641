//! The pool itself.

use super::AsyncResult;
use crate::{
    backend::Backend,
    primitives::executor::{
        Crew, First, FutureError, NoWorkers, PoolJoinError, SubmitError, Task, can_lock,
    },
};
use std::{borrow::Cow, fmt};

/// Workers that apply functions.
///
/// Like Python's `multiprocessing.pool.ThreadPool`, with four differences. In a chunk each item has its own
/// result, and is done even after one that fails. If an initialiser fails the pool is broken, where Python
/// starts worker after worker. One callback receives both results and errors. And a
/// [`terminate`](Self::terminate) stops no work that has begun, because a thread cannot be stopped; but work
/// that has not begun gets an error, where Python leaves threads waiting for it. Dropping the pool terminates
/// it, like leaving Python's `with`, and waits for the work that has begun.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Pool};
///
/// let pool = Pool::<Std>::new(2)?;
/// assert_eq!(pool.map(|n| n * n, [1, 2, 3]).ok(), Some(vec![1, 4, 9]));
/// pool.close();
/// assert!(pool.apply(|| ()).is_err());
/// assert_eq!(pool.join(), Ok(()));
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
pub struct Pool<B: Backend>(pub(super) Crew<B>);

/// Why a call has no result.
#[derive(PartialEq, Eq, thiserror::Error)]
pub enum ApplyError<W> {
    /// The pool refused it; the error returns the work.
    #[error(transparent)]
    Refused(#[from] SubmitError<W>),
    /// It has failed, or was dropped.
    #[error("{0}")]
    Failed(FutureError),
}

impl<W> fmt::Debug for ApplyError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

impl<B: Backend> Pool<B> {
    /// A pool of at most `workers` workers.
    ///
    /// # Errors
    ///
    /// [`NoWorkers`] if that number is zero.
    ///
    /// ```
    /// # use raceproof_suite::{native::Pool, primitives::NoWorkers};
    /// assert_eq!(Pool::new(0).err(), Some(NoWorkers));
    /// assert!(Pool::new(2).is_ok());
    /// ```
    #[track_caller]
    pub fn new(workers: usize) -> Result<Self, NoWorkers> {
        Self::named("pool", workers)
    }

    /// Like [`new`](Self::new); its workers are called "`name`_0", "`name`_1" and so on.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::named("copier", 2)?;
    /// assert!(format!("{pool:?}").contains("copier"));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, workers: usize) -> Result<Self, NoWorkers> {
        Crew::new(workers, name.into(), None).map(Self)
    }

    /// Like [`named`](Self::named); each worker calls `initialiser` before its first work. If that panics
    /// the pool is broken: work that has not begun fails with [`FutureError::BrokenPool`], and new work is
    /// refused.
    ///
    /// # Errors
    ///
    /// [`NoWorkers`] if the number of workers is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::{Pool, Semaphore};
    /// # use std::sync::Arc;
    /// let ready = Arc::new(Semaphore::new(0));
    /// let started = Arc::clone(&ready);
    /// let tell = move || started.release().expect("without a limit");
    /// let pool = Pool::with_initialiser("copier", 1, tell)?;
    /// assert_eq!(pool.map(|n| n * n, [1, 2, 3]).ok(), Some(vec![1, 4, 9]));
    /// assert_eq!(ready.permits(), 1, "once in its only worker");
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn with_initialiser(
        name: impl Into<Cow<'static, str>>,
        workers: usize,
        initialiser: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, NoWorkers> {
        Crew::new(workers, name.into(), Some(Box::new(initialiser))).map(Self)
    }

    /// Makes a worker call `work`, and blocks until that is done.
    ///
    /// # Errors
    ///
    /// [`ApplyError`].
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(1)?;
    /// assert_eq!(pool.apply(|| 6 * 7).ok(), Some(42));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn apply<T, F>(&self, work: F) -> Result<T, ApplyError<F>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.apply_async(work)?.take().map_err(ApplyError::Failed)
    }

    /// Makes a worker call `work`. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] with the work if the pool is closed.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(1)?;
    /// let answer = pool.apply_async(|| 6 * 7).expect("it is open");
    /// assert_eq!(answer.get(), Ok(42));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn apply_async<T, F>(&self, work: F) -> Result<AsyncResult<B, T>, SubmitError<F>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.start(work, None)
    }

    /// Like [`apply_async`](Self::apply_async); `callback` is called with the result or the error before any other
    /// thread can have it: by the worker, or by the thread that terminates the pool before the work has begun. It is
    /// Python's `callback` and `error_callback` in one. Its panic ends it and nothing else; but a check fails with it.
    ///
    /// # Errors
    ///
    /// Those of [`apply_async`](Self::apply_async).
    ///
    /// ```
    /// # use raceproof_suite::native::{Pool, Queue};
    /// # use std::sync::Arc;
    /// let pool = Pool::new(1)?;
    /// let answers = Arc::new(Queue::new(0));
    /// let told = Arc::clone(&answers);
    /// let callback = move |answer: &Result<_, _>| told.put(answer.clone()).expect("it is open");
    /// let answer = pool.apply_async_with(|| 6 * 7, callback).expect("it is open");
    /// assert_eq!(answer.get(), Ok(42));
    /// assert_eq!(answers.try_get(), Ok(Ok(42)), "the callback came first");
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn apply_async_with<T, F>(
        &self,
        work: F,
        callback: impl FnOnce(&Result<T, FutureError>) + Send + 'static,
    ) -> Result<AsyncResult<B, T>, SubmitError<F>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.start(work, Some(Box::new(callback)))
    }

    #[track_caller]
    fn start<T, F>(
        &self,
        work: F,
        first: Option<First<T>>,
    ) -> Result<AsyncResult<B, T>, SubmitError<F>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        match self.0.open() {
            Ok(open) => {
                let (job, future) = Task::with_future(Box::new(work), first);
                open.take([job]);
                Ok(AsyncResult(future))
            }
            Err(refusal) => Err(refusal.of(work)),
        }
    }

    /// Accepts no more work; the work it has is still done. Never blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(1)?;
    /// let work = pool.apply_async(|| 1).expect("it is open");
    /// pool.close();
    /// assert!(pool.apply_async(|| 2).is_err());
    /// assert_eq!(work.get(), Ok(1));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn close(&self) {
        self.0.shut_down();
    }

    /// Accepts no more work, and drops the work that has not begun: threads that wait for it get
    /// [`FutureError::Cancelled`]. Work that has begun runs to its end. Never blocks for long.
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, Pool}, primitives::FutureError};
    /// # use std::sync::Arc;
    /// let pool = Pool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let first = pool.apply_async(move || held.wait()).expect("it is open");
    /// let second = pool.apply_async(|| ()).expect("it is open");
    /// pool.terminate();
    /// assert_eq!(second.get(), Err(FutureError::Cancelled));
    /// go.set();
    /// assert_eq!(pool.join(), Ok(()));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn terminate(&self) {
        self.0.shut_down_now();
    }

    /// Blocks until the work is done and the workers have ended.
    ///
    /// # Errors
    ///
    /// [`PoolJoinError`], at once, if the pool is not closed or its own work calls this.
    ///
    /// ```
    /// # use raceproof_suite::{native::Pool, primitives::PoolJoinError};
    /// let pool = Pool::new(1)?;
    /// assert_eq!(pool.join(), Err(PoolJoinError::StillOpen));
    /// pool.close();
    /// assert_eq!(pool.join(), Ok(()));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), PoolJoinError> {
        self.0.join()
    }
}

/// The workers finish this before the pool is gone.
impl<B: Backend> Drop for Pool<B> {
    fn drop(&mut self) {
        if can_lock::<B>() {
            self.terminate();
        }
    }
}

impl<B: Backend> fmt::Debug for Pool<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.0).finish()
    }
}
