//! The errors of a pool and of its tasks.

use crate::{backend::Panicked, primitives::process::Failed};
use std::fmt;

/// Why a task has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FutureError {
    /// It never began.
    #[error("the task was cancelled before it began")]
    Cancelled,
    /// It panicked; the thread is the worker that ran it.
    #[error("a task failed: {0}")]
    Panicked(Panicked),
    /// It never began, because a worker's initialiser panicked.
    #[error("the pool is broken, for an initialiser failed: {0}")]
    BrokenPool(Panicked),
    /// The process that ran it ended meanwhile.
    #[error("the worker that ran the task is gone: {0}")]
    Died(Failed),
    /// A worker process of its pool ended, so the pool is broken.
    #[error("the pool is broken, for a worker is gone: {0}")]
    BrokenProcessPool(Failed),
    /// It was not done in time.
    #[error("the task is not done yet")]
    TimedOut,
    /// Its result was taken before.
    #[error("the result was taken before")]
    Taken,
}

/// Why a pool refuses work. The error returns the closure, or the closure and the items to apply it to.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError<W> {
    /// The pool is shut down.
    #[error("the pool is shut down")]
    ShutDown(W),
    /// A worker's initialiser panicked.
    #[error("the pool is broken, for an initialiser failed: {1}")]
    BrokenPool(W, Panicked),
    /// A worker process ended.
    #[error("the pool is broken, for a worker is gone: {1}")]
    BrokenProcessPool(W, Failed),
}

/// Why a pool refuses work for many items. The error returns the function and all the items.
pub type MapError<F, I> = SubmitError<(F, Vec<I>)>;

impl<W> SubmitError<W> {
    /// The refused work.
    ///
    /// ```
    /// # use raceproof_suite::native::ThreadPool;
    /// let pool = ThreadPool::new(1)?;
    /// pool.shutdown();
    /// let work = pool.submit(|| 42).unwrap_err().into_inner();
    /// assert_eq!(work(), 42);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    pub fn into_inner(self) -> W {
        match self {
            Self::ShutDown(work) | Self::BrokenPool(work, _) | Self::BrokenProcessPool(work, _) => {
                work
            }
        }
    }
}

/// Without the work, which is usually a closure.
impl<W> fmt::Debug for SubmitError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShutDown(_) => f.debug_tuple("ShutDown").finish_non_exhaustive(),
            Self::BrokenPool(_, panicked) => f.debug_tuple("BrokenPool").field(panicked).finish(),
            Self::BrokenProcessPool(_, failed) => {
                f.debug_tuple("BrokenProcessPool").field(failed).finish()
            }
        }
    }
}

/// Why a pool's workers cannot be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolJoinError {
    /// The pool still accepts work, so its workers do not end.
    #[error("a pool cannot be joined before it is shut down")]
    StillOpen,
    /// The caller is one of the pool's own tasks, which would wait for itself.
    #[error("a pool cannot be joined by one of its own tasks")]
    JoinsItself,
}

/// A pool needs at least one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pool needs at least one worker")]
pub struct NoWorkers;
