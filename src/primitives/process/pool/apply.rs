//! Processes that apply a function.

use super::{Work, Workers, team::Team};
use crate::{
    backend::Backend,
    primitives::{
        ApplyError, AsyncResult, FutureError, PoolJoinError, SubmitError, executor::First,
        process::ProcessError,
    },
};
use std::fmt;

/// Processes that apply a function, to one argument or to many.
///
/// Like Python's `multiprocessing.Pool`, but a worker that dies with a task leaves its caller no riddle: the
/// result is [`FutureError::Died`], and another process takes the worker's place. (CPython waits forever, see
/// [gh-66587](https://github.com/python/cpython/issues/66587).) Processes are started when there is work for
/// them, the first at once. Each is handed its work by a thread of the parent, in which callbacks run, too. A
/// dropped pool is terminated and joined, as at the end of Python's `with` block.
///
/// The function and its arguments are a [`Work`]; `main` gives [`worker`](super::worker) to
/// [`serve`](super::super::serve).
///
/// ```standalone_crate
/// use raceproof_suite::{backend::Std, primitives::process::{self, Pool, Work, worker}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Square(i64);
///
/// impl Work for Square {
///     type Output = i64;
///
///     fn run(self) -> i64 {
///         self.0 * self.0
///     }
/// }
///
/// fn main() -> Result<(), process::ProcessError> {
///     process::serve(&[worker::<Std, Square>()]);
///     let pool = Pool::<Std, _>::new(2)?;
///     assert_eq!(pool.map((1..=5).map(Square)).expect("it is open"), [1, 4, 9, 16, 25]);
///     Ok(())
/// }
/// ```
pub struct Pool<B: Backend, W: Work>(pub(super) Team<B, W>);

impl<B: Backend, W: Work> Pool<B, W> {
    /// A pool of at most this many processes, and at least one. [`Workers`] makes others.
    ///
    /// # Errors
    ///
    /// Those of [`Process::start`](super::super::Process::start).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::process::{Pool, Work}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// // This program's `main` does not call `serve`.
    /// assert!(Pool::<Std, Square>::new(2).is_err());
    /// ```
    #[track_caller]
    pub fn new(workers: usize) -> Result<Self, ProcessError> {
        Workers::new(workers).pool()
    }

    /// Does the work in a process, and blocks until it is done.
    ///
    /// # Errors
    ///
    /// [`ApplyError::Refused`] if the pool is closed, and [`ApplyError::Failed`] if the work panicked, or if its
    /// process is gone.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, _>::new(1).pool().unwrap();
    ///     assert_eq!(pool.apply(Square(3)).unwrap(), 9);
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn apply(&self, work: W) -> Result<W::Output, ApplyError<W>> {
        self.apply_async(work)?.take().map_err(ApplyError::Failed)
    }

    /// Has the work done in a process. Does not block.
    ///
    /// # Errors
    ///
    /// [`SubmitError::ShutDown`] with the work if the pool is closed.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, _>::new(1).pool().unwrap();
    ///     let square = pool.apply_async(Square(3)).unwrap();
    ///     assert_eq!(square.get(), Ok(9));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn apply_async(&self, work: W) -> Result<AsyncResult<B, W::Output>, SubmitError<W>> {
        self.start(work, None)
    }

    /// Like [`apply_async`](Self::apply_async); `callback` is called in this process, with the result or the
    /// error, before any other thread can have it.
    ///
    /// # Errors
    ///
    /// Those of [`apply_async`](Self::apply_async).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, _>::new(1).pool().unwrap();
    ///     let square = pool.apply_async_with(Square(3), |square| assert_eq!(square, &Ok(9)));
    ///     assert_eq!(square.unwrap().get(), Ok(9));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn apply_async_with(
        &self,
        work: W,
        callback: impl FnOnce(&Result<W::Output, FutureError>) + Send + 'static,
    ) -> Result<AsyncResult<B, W::Output>, SubmitError<W>> {
        self.start(work, Some(Box::new(callback)))
    }

    #[track_caller]
    fn start(
        &self,
        work: W,
        first: Option<First<W::Output>>,
    ) -> Result<AsyncResult<B, W::Output>, SubmitError<W>> {
        let (open, work) = self.0.open(work)?;
        let (job, future) = self.0.one(work, first);
        open.take([job]);
        Ok(AsyncResult(future))
    }

    /// Accepts no more work. What has been accepted is done.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, _>::new(1).pool().unwrap();
    ///     pool.close();
    ///     assert!(pool.apply(Square(3)).is_err());
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn close(&self) {
        self.0.crew.shut_down();
    }

    /// Ends every process wherever it is; what has not begun is cancelled. Where processes cannot be killed (on
    /// some engines), each ends after its task.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, _>::new(1).pool().unwrap();
    ///     let square = pool.apply_async(Square(3)).unwrap();
    ///     pool.terminate();
    ///     assert!(square.get().is_err() || square.get() == Ok(9));
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn terminate(&self) {
        self.0.terminate();
    }

    /// Blocks until all that was accepted is done, and every process has ended.
    ///
    /// # Errors
    ///
    /// [`PoolJoinError`], if the pool is neither closed nor terminated, or if the caller is one of its
    /// callbacks.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::{Work, Workers}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// model(|| {
    ///     let pool = Workers::<Dpor, Square>::new(1).pool().unwrap();
    ///     assert!(pool.join().is_err(), "it is open");
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), PoolJoinError> {
        self.0.join()
    }
}

impl<B: Backend, W: Work> fmt::Debug for Pool<B, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.0.crew).finish()
    }
}
