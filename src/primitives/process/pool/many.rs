//! A function applied to many arguments by processes.

use super::{Pool, Work};
use crate::{
    backend::Backend,
    primitives::{
        ApplyError, AsyncResult, FutureError, Imap, ImapUnordered, SubmitError, executor::First,
        pool::Whole,
    },
};
use std::num::NonZeroUsize;

/// The results of much work, in its order.
type All<B, W> = AsyncResult<B, Vec<<W as Work>::Output>>;

impl<B: Backend, W: Work> Pool<B, W> {
    /// Does all the work, and blocks until it is done; the results are in the order of the work. A process is
    /// handed a chunk at a time, of the size that Python would choose.
    ///
    /// A chunk crosses in one message. If some of its work cannot cross, none of it does; and if the process dies,
    /// all of it is lost. A result that cannot cross is lost alone.
    ///
    /// # Errors
    ///
    /// [`ApplyError::Refused`] with all the work if the pool is closed. [`ApplyError::Failed`] with the first
    /// error, in that order, if some of it failed, when all is done.
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
    ///     assert_eq!(pool.map([Square(1), Square(2)]).unwrap(), [1, 4]);
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn map(
        &self,
        works: impl IntoIterator<Item = W>,
    ) -> Result<Vec<W::Output>, ApplyError<Vec<W>>> {
        self.map_async(works)?.take().map_err(ApplyError::Failed)
    }

    /// Like [`map`](Self::map), but does not block.
    ///
    /// # Errors
    ///
    /// [`SubmitError::ShutDown`] with all the work if the pool is closed.
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
    ///     let squares = pool.map_async([Square(1), Square(2)]).unwrap();
    ///     assert_eq!(squares.take(), Ok(vec![1, 4]));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn map_async(
        &self,
        works: impl IntoIterator<Item = W>,
    ) -> Result<All<B, W>, SubmitError<Vec<W>>> {
        self.start_all(works.into_iter().collect(), None, None)
    }

    /// Like [`map_async`](Self::map_async); `callback` is called in this process, with all results or the error,
    /// before any other thread can have them.
    ///
    /// # Errors
    ///
    /// Those of [`map_async`](Self::map_async).
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
    ///     let squares = pool.map_async_with([Square(1)], |squares| assert!(squares.is_ok()));
    ///     assert_eq!(squares.unwrap().take(), Ok(vec![1]));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn map_async_with(
        &self,
        works: impl IntoIterator<Item = W>,
        callback: impl FnOnce(&Result<Vec<W::Output>, FutureError>) + Send + 'static,
    ) -> Result<All<B, W>, SubmitError<Vec<W>>> {
        self.start_all(works.into_iter().collect(), None, Some(Box::new(callback)))
    }

    /// Like [`map_async`](Self::map_async), with chunks of this size.
    ///
    /// # Errors
    ///
    /// Those of [`map_async`](Self::map_async).
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
    ///     let two = 2.try_into().unwrap();
    ///     let squares = pool.map_async_chunked([Square(1), Square(2)], two).unwrap();
    ///     assert_eq!(squares.take(), Ok(vec![1, 4]));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn map_async_chunked(
        &self,
        works: impl IntoIterator<Item = W>,
        chunk: NonZeroUsize,
    ) -> Result<All<B, W>, SubmitError<Vec<W>>> {
        self.start_all(works.into_iter().collect(), Some(chunk), None)
    }

    #[track_caller]
    fn start_all(
        &self,
        works: Vec<W>,
        chunk: Option<NonZeroUsize>,
        first: Option<First<Vec<W::Output>>>,
    ) -> Result<All<B, W>, SubmitError<Vec<W>>> {
        let (open, works) = self.0.open(works)?;
        let chunk = chunk.unwrap_or_else(|| self.0.crew.fair_chunk(works.len()));
        let (places, future) = Whole::of(works.len(), first);
        open.take(self.0.chunks(works.into_iter().zip(places), chunk));
        Ok(AsyncResult(future))
    }

    /// Has all the work done; the results come one after the other, in the order of the work.
    ///
    /// # Errors
    ///
    /// [`SubmitError::ShutDown`] with all the work if the pool is closed.
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
    ///     let squares = pool.imap([Square(1), Square(2)]).unwrap();
    ///     assert!(squares.eq([Ok(1), Ok(4)]));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn imap(
        &self,
        works: impl IntoIterator<Item = W>,
    ) -> Result<Imap<B, W::Output>, SubmitError<Vec<W>>> {
        self.imap_chunked(works, NonZeroUsize::MIN)
    }

    /// Like [`imap`](Self::imap), with chunks of this size.
    ///
    /// # Errors
    ///
    /// Those of [`imap`](Self::imap).
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
    ///     let squares = pool.imap_chunked([Square(1)], 2.try_into().unwrap()).unwrap();
    ///     assert!(squares.eq([Ok(1)]));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn imap_chunked(
        &self,
        works: impl IntoIterator<Item = W>,
        chunk: NonZeroUsize,
    ) -> Result<Imap<B, W::Output>, SubmitError<Vec<W>>> {
        let (open, works) = self.0.open(works.into_iter().collect())?;
        Ok(Imap::of(self.0.each(open, works, chunk)))
    }

    /// Like [`imap`](Self::imap), but each result comes as soon as it is there.
    ///
    /// # Errors
    ///
    /// Those of [`imap`](Self::imap).
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
    ///     let squares = pool.imap_unordered([Square(2)]).unwrap();
    ///     assert!(squares.eq([Ok(4)]));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn imap_unordered(
        &self,
        works: impl IntoIterator<Item = W>,
    ) -> Result<ImapUnordered<B, W::Output>, SubmitError<Vec<W>>> {
        self.imap_unordered_chunked(works, NonZeroUsize::MIN)
    }

    /// Like [`imap_unordered`](Self::imap_unordered), with chunks of this size.
    ///
    /// # Errors
    ///
    /// Those of [`imap`](Self::imap).
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
    ///     let squares = pool.imap_unordered_chunked([Square(2)], 2.try_into().unwrap()).unwrap();
    ///     assert!(squares.eq([Ok(4)]));
    ///     pool.close();
    ///     pool.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn imap_unordered_chunked(
        &self,
        works: impl IntoIterator<Item = W>,
        chunk: NonZeroUsize,
    ) -> Result<ImapUnordered<B, W::Output>, SubmitError<Vec<W>>> {
        let (open, works) = self.0.open(works.into_iter().collect())?;
        Ok(ImapUnordered::of(self.0.each(open, works, chunk)))
    }
}
