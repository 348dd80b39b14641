//! Processes that run tasks with futures.

use super::{Work, Workers, team::Team};
use crate::{
    backend::Backend,
    primitives::{Future, Map, PoolJoinError, SubmitError, executor::Limit, process::ProcessError},
};
use std::{fmt, num::NonZeroUsize, time::Duration};

/// Processes that do work, with a [`Future`] of each result.
///
/// Like Python's `concurrent.futures.ProcessPoolExecutor`: when a worker process dies, the pool is *broken*. Every
/// future that is not done fails with [`FutureError::BrokenProcessPool`](crate::primitives::FutureError), the
/// other processes are ended, and further work is refused. Unlike in Python the death of an idle worker is
/// noticed when it is next given work. Processes are started when there is work for them, the first at once. A
/// dropped pool cancels what has not begun, and ends its processes wherever they are; call
/// [`shutdown`](Self::shutdown) and [`join`](Self::join) for the end of Python's `with` block.
///
/// ```standalone_crate
/// use raceproof_suite::{backend::Std, primitives::process::{self, ProcessPool, Work, worker}};
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
///     let pool = ProcessPool::<Std, _>::new(2)?;
///     let square = pool.submit(Square(7)).expect("it is open");
///     assert_eq!(square.result(), Ok(49));
///     Ok(())
/// }
/// ```
pub struct ProcessPool<B: Backend, W: Work>(pub(super) Team<B, W>);

impl<B: Backend, W: Work> ProcessPool<B, W> {
    /// A pool of at most this many processes, and at least one. [`Workers`] makes others.
    ///
    /// # Errors
    ///
    /// Those of [`Process::start`](super::super::Process::start).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::process::{ProcessPool, Work}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(i64);
    /// # impl Work for Square {
    /// #     type Output = i64;
    /// #     fn run(self) -> i64 { self.0 * self.0 }
    /// # }
    /// // This program's `main` does not call `serve`.
    /// assert!(ProcessPool::<Std, Square>::new(2).is_err());
    /// ```
    #[track_caller]
    pub fn new(workers: usize) -> Result<Self, ProcessError> {
        Workers::new(workers).executor()
    }

    /// Has the work done. Does not block.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] with the work, if the pool is shut down or broken.
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
    ///     let pool = Workers::<Dpor, _>::new(1).executor().unwrap();
    ///     let square = pool.submit(Square(3)).unwrap();
    ///     assert_eq!(square.result(), Ok(9));
    ///     pool.shutdown();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn submit(&self, work: W) -> Result<Future<B, W::Output>, SubmitError<W>> {
        let (open, work) = self.0.open(work)?;
        let (job, future) = self.0.one(work, None);
        open.take([job]);
        Ok(future)
    }

    /// Has all the work done; the results come in the order of the work. If what is returned is dropped, what
    /// has not begun is cancelled.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] with all the work, if the pool is shut down or broken.
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
    ///     let pool = Workers::<Dpor, _>::new(1).executor().unwrap();
    ///     let squares = pool.map([Square(1), Square(2)]).unwrap();
    ///     assert!(squares.eq([Ok(1), Ok(4)]));
    ///     pool.shutdown();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn map(
        &self,
        works: impl IntoIterator<Item = W>,
    ) -> Result<Map<B, W::Output>, SubmitError<Vec<W>>> {
        self.map_chunked(works, NonZeroUsize::MIN)
    }

    /// Like [`map`](Self::map); a process is handed a chunk of this size at a time.
    ///
    /// # Errors
    ///
    /// Those of [`map`](Self::map).
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
    ///     let pool = Workers::<Dpor, _>::new(1).executor().unwrap();
    ///     let squares = pool.map_chunked([Square(1)], 2.try_into().unwrap()).unwrap();
    ///     assert!(squares.eq([Ok(1)]));
    ///     pool.shutdown();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn map_chunked(
        &self,
        works: impl IntoIterator<Item = W>,
        chunk: NonZeroUsize,
    ) -> Result<Map<B, W::Output>, SubmitError<Vec<W>>> {
        let (open, works) = self.0.open(works.into_iter().collect())?;
        Ok(Map::of(self.0.each(open, works, chunk), None))
    }

    /// Like [`map`](Self::map); a result that is not there when `timeout` has passed since this call is
    /// [`FutureError::TimedOut`](crate::primitives::FutureError::TimedOut).
    ///
    /// # Errors
    ///
    /// Those of [`map`](Self::map).
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
    ///     let pool = Workers::<Dpor, _>::new(1).executor().unwrap();
    ///     let hour = std::time::Duration::from_secs(3600);
    ///     let squares = pool.map_timeout([Square(1)], hour).unwrap();
    ///     assert_eq!(squares.len(), 1);
    ///     drop(squares);
    ///     pool.shutdown();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn map_timeout(
        &self,
        works: impl IntoIterator<Item = W>,
        timeout: Duration,
    ) -> Result<Map<B, W::Output>, SubmitError<Vec<W>>> {
        let limit = Limit::of::<B>(timeout);
        let (open, works) = self.0.open(works.into_iter().collect())?;
        Ok(Map::of(self.0.each(open, works, NonZeroUsize::MIN), Some(limit)))
    }

    /// Accepts no more work. What has been accepted is done. Does not block.
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
    ///     let pool = Workers::<Dpor, _>::new(1).executor().unwrap();
    ///     pool.shutdown();
    ///     assert!(pool.submit(Square(3)).is_err());
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn shutdown(&self) {
        self.0.crew.shut_down();
    }

    /// Like [`shutdown`](Self::shutdown), and cancels what has not begun.
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
    ///     let pool = Workers::<Dpor, _>::new(1).executor().unwrap();
    ///     pool.shutdown_now();
    ///     assert!(pool.submit(Square(3)).is_err());
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn shutdown_now(&self) {
        self.0.crew.shut_down_now();
    }

    /// Blocks until all that was accepted is done, and every process has ended.
    ///
    /// # Errors
    ///
    /// [`PoolJoinError`], if the pool is not shut down, or if the caller is one of its callbacks.
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
    ///     let pool = Workers::<Dpor, Square>::new(1).executor().unwrap();
    ///     assert!(pool.join().is_err(), "it is open");
    ///     pool.shutdown();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), PoolJoinError> {
        self.0.join()
    }
}

impl<B: Backend, W: Work> fmt::Debug for ProcessPool<B, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcessPool").field(&self.0.crew).finish()
    }
}
