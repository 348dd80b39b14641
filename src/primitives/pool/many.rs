//! A function applied to many items.

use super::{ApplyError, AsyncResult, Imap, ImapUnordered, Pool, map::Whole};
use crate::{
    backend::{Arc, Backend},
    primitives::executor::{First, FutureError, MapError, Task, chunks},
};
use std::num::NonZeroUsize;

impl<B: Backend> Pool<B> {
    /// Makes the workers apply `work` to each of `items`, blocks until all are done, and returns the results
    /// in the order of the items. A worker takes a chunk of items at a time and does them one after the other.
    /// As in Python, the chunk size gives each worker four chunks; [`map_chunked`](Self::map_chunked) takes
    /// another size. (Work that waits for another item's work is safe only in chunks of one.)
    ///
    /// # Errors
    ///
    /// [`ApplyError`]; if several items fail, that of the first.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(2)?;
    /// assert_eq!(pool.map(|n| n * n, [1, 2, 3]).ok(), Some(vec![1, 4, 9]));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn map<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
    ) -> Result<Vec<T>, ApplyError<(F, Vec<I>)>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.map_async(work, items)?.take().map_err(ApplyError::Failed)
    }

    /// Like [`map`](Self::map), but never blocks for long.
    ///
    /// # Errors
    ///
    /// [`MapError`] with the work if the pool is closed.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(2)?;
    /// let squares = pool.map_async(|n| n * n, [1, 2, 3]).expect("it is open");
    /// assert_eq!(squares.get(), Ok(vec![1, 4, 9]));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn map_async<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
    ) -> Result<AsyncResult<B, Vec<T>>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.start_all(work, items.into_iter().collect(), None, None)
    }

    /// Like [`map_async`](Self::map_async); `callback` is called with all results or the error before any
    /// other thread can have them.
    ///
    /// # Errors
    ///
    /// Those of [`map_async`](Self::map_async).
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(2)?;
    /// let squares = pool.map_async_with(|n| n * n, [1, 2, 3], |squares| assert!(squares.is_ok()));
    /// assert_eq!(squares.expect("it is open").get(), Ok(vec![1, 4, 9]));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn map_async_with<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
        callback: impl FnOnce(&Result<Vec<T>, FutureError>) + Send + 'static,
    ) -> Result<AsyncResult<B, Vec<T>>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.start_all(work, items.into_iter().collect(), None, Some(Box::new(callback)))
    }

    /// Without a `chunk`, the size is a fair one.
    #[track_caller]
    pub(super) fn start_all<I, T, F>(
        &self,
        work: F,
        items: Vec<I>,
        chunk: Option<NonZeroUsize>,
        first: Option<First<Vec<T>>>,
    ) -> Result<AsyncResult<B, Vec<T>>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        let open = match self.0.open() {
            Ok(open) => open,
            Err(refusal) => return Err(refusal.of((work, items))),
        };
        let chunk = chunk.unwrap_or_else(|| self.0.fair_chunk(items.len()));
        let work = Arc::new(work);
        let (places, future) = Whole::of(items.len(), first);
        let jobs = places.into_iter().zip(items).map(|(place, item)| {
            let work = Arc::clone(&work);
            Task::<B, _>::job(place, Box::new(move || work(item)))
        });
        open.take(chunks::<B>(jobs.collect(), chunk));
        Ok(AsyncResult(future))
    }

    /// Makes the workers apply `work` to each of `items`. The results come in the order of the items, each as
    /// soon as it and those before it are there. All of the work is submitted before this returns, each item
    /// by itself; [`imap_chunked`](Self::imap_chunked) submits several at a time.
    ///
    /// # Errors
    ///
    /// [`MapError`] with the work if the pool is closed.
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(2)?;
    /// let squares = pool.imap(|n| n * n, [1, 2, 3]).expect("it is open");
    /// assert_eq!(squares.collect::<Result<Vec<_>, _>>(), Ok(vec![1, 4, 9]));
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn imap<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
    ) -> Result<Imap<B, T>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.imap_chunked(work, items, NonZeroUsize::MIN)
    }

    /// Like [`imap`](Self::imap), but each result comes as soon as it is there.
    ///
    /// # Errors
    ///
    /// Those of [`imap`](Self::imap).
    ///
    /// ```
    /// # use raceproof_suite::native::Pool;
    /// let pool = Pool::new(2)?;
    /// let squares = pool.imap_unordered(|n| n * n, [1, 2, 3]).expect("it is open");
    /// let mut squares: Vec<_> = squares.map(|square| square.expect("no panic")).collect();
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9]);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn imap_unordered<I, T, F>(
        &self,
        work: F,
        items: impl IntoIterator<Item = I>,
    ) -> Result<ImapUnordered<B, T>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        self.imap_unordered_chunked(work, items, NonZeroUsize::MIN)
    }
}
