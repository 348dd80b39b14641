//! The pool itself.

use super::AsyncResult;
use crate::{
    backend::Backend,
    primitives::executor::{
        Crew, First, FutureError, NoWorkers, PoolJoinError, SubmitError, Task, can_lock,
    },
};
use std::{borrow::Cow, fmt};

/// Workers to which functions are applied.
///
/// As Python's `multiprocessing.pool.ThreadPool`. It differs in four things. In a chunk of items each has
/// a result of its own, and is done also after one that fails. If an initialiser fails the pool is broken,
/// where Python starts worker after worker. The callback is one for both, result and error. And a
/// [`terminate`](Self::terminate) stops no work that has begun, for a thread cannot be stopped; but what has not
/// begun gets an error, where Python leaves whoever waits for it waiting. Dropping the pool terminates
/// it, as leaving Python's `with` does, and waits for what has begun.
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
    /// It was not accepted; the work comes back.
    #[error(transparent)]
    Refused(#[from] SubmitError<W>),
    /// It has failed, or was given up.
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
    /// A pool of at most so many workers.
    ///
    /// # Errors
    ///
    /// [`NoWorkers`] if that is zero.
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

    /// As [`new`](Self::new); its workers are called "`name`_0", "`name`_1" and so on.
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

    /// As [`named`](Self::named); each worker calls `initialiser` before its first work. If that panics the
    /// pool is broken: work that has not begun fails with [`FutureError::BrokenPool`], and no more is taken.
    ///
    /// # Errors
    ///
    /// [`NoWorkers`] if there were to be none.
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

    /// Has a worker call `work`, and blocks until that is done.
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

    /// Has a worker call `work`. Never blocks for long.
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

    /// As [`apply_async`](Self::apply_async); `callback` is called with the result or the error before anybody
    /// else can have it: by the worker, or by the thread that terminates the pool before the work has begun.
    /// Python's `callback` and `error_callback` in one. Its panic ends it and nothing else; but a check fails with it.
    ///
    /// # Errors
    ///
    /// As [`apply_async`](Self::apply_async).
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

    /// Takes no more work; what it has is still done. Never blocks for long.
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

    /// Takes no more work, and drops what has not begun: whoever waits for it gets
    /// [`FutureError::Cancelled`]. What has begun goes on to its end. Never blocks for long.
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
    /// [`PoolJoinError`] at once, if the pool is not closed or its own work asks.
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

/// What the workers do then, they do before the pool is gone.
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
