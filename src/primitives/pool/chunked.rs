//! A function applied to many items, several at a time.
//!
//! A worker takes a chunk, and does it from its first item to its last; a terminated pool drops a chunk as a
//! whole. Unlike in Python each item has its own result, which is there as soon as the item is done, and a
//! failing item does not keep the others from being done.

use super::{ApplyError, AsyncResult, Imap, ImapUnordered, Pool};
use crate::{backend::Backend, primitives::executor::MapError};
use std::num::NonZeroUsize;

impl<B: Backend> Pool<B> {
    /// Like [`map`](Self::map), in chunks of `chunk` items; the last one may be smaller. Larger chunks cost
    /// less for each item, smaller ones share the work more evenly.
    ///
    /// # Errors
    ///
    /// Those of [`map`](Self::map).
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::Pool};
    /// # use std::num::NonZeroUsize;
    /// let pool = Pool::new(2)?;
    /// let two = NonZeroUsize::new(2).expect("not zero");
    /// let who = pool.map_chunked(|_| Std::current().id(), 0..4, two).expect("it is open");
    /// assert!(who[0] == who[1] && who[2] == who[3]);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn map_chunked<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
        chunk: NonZeroUsize,
    ) -> Result<Vec<T>, ApplyError<(F, Vec<I>)>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.map_async_chunked(work, items, chunk)?.take().map_err(ApplyError::Failed)
    }

    /// Like [`map_async`](Self::map_async), in chunks of `chunk` items.
    ///
    /// # Errors
    ///
    /// Those of [`map_async`](Self::map_async).
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// # use std::num::NonZeroUsize;
    /// let pool = Pool::new(2)?;
    /// let ten = NonZeroUsize::new(10).expect("not zero");
    /// let squares = pool.map_async_chunked(|n| n * n, 0..100, ten).expect("it is open");
    /// assert_eq!(squares.get().map(|squares| squares.len()), Ok(100));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn map_async_chunked<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
        chunk: NonZeroUsize,
    ) -> Result<AsyncResult<B, Vec<T>>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.start_all(work, items.into_iter().collect(), Some(chunk), None)
    }

    /// Like [`imap`](Self::imap), in chunks of `chunk` items.
    ///
    /// # Errors
    ///
    /// Those of [`imap`](Self::imap).
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// # use std::num::NonZeroUsize;
    /// let pool = Pool::new(2)?;
    /// let two = NonZeroUsize::new(2).expect("not zero");
    /// let mut results = pool.imap_chunked(|n| 10 / n, [0, 5], two).expect("it is open");
    /// assert!(results.next().is_some_and(|result| result.is_err()));
    /// assert_eq!(results.next(), Some(Ok(2)), "the other of the same chunk");
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn imap_chunked<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
        chunk: NonZeroUsize,
    ) -> Result<Imap<B, T>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        Ok(Imap::of(self.0.apply_to_each(work, items.into_iter().collect(), chunk)?))
    }

    /// Like [`imap_unordered`](Self::imap_unordered), in chunks of `chunk` items.
    ///
    /// # Errors
    ///
    /// Those of [`imap`](Self::imap).
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// # use std::num::NonZeroUsize;
    /// let pool = Pool::new(2)?;
    /// let three = NonZeroUsize::new(3).expect("not zero");
    /// let squares = pool.imap_unordered_chunked(|n| n * n, [1, 2, 3], three).expect("it is open");
    /// // One worker has done them all, so they come in its order.
    /// assert_eq!(squares.collect::<Result<Vec<_>, _>>(), Ok(vec![1, 4, 9]));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn imap_unordered_chunked<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
        chunk: NonZeroUsize,
    ) -> Result<ImapUnordered<B, T>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        let futures = self.0.apply_to_each(work, items.into_iter().collect(), chunk)?;
        Ok(ImapUnordered::of(futures))
    }
}
