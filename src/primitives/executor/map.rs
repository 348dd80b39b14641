//! The same task for many items.

#[cfg(doc)]
use super::ThreadPool;
use super::{
    Future, FutureError, MapError,
    crew::{Crew, can_lock},
    limit::Limit,
    task::{Task, chunks},
};
use crate::backend::{Arc, Backend};
use std::num::NonZeroUsize;

impl<B: Backend> Crew<B> {
    /// Makes the workers apply `task` to each of `items`, in chunks of `chunk` items, and returns the
    /// futures in the order of the items.
    #[track_caller]
    pub(in crate::primitives) fn apply_to_each<I, T, F>(
        &self,
        task: F,
        items: Vec<I>,
        chunk: NonZeroUsize,
    ) -> Result<Vec<Future<B, T>>, MapError<F, I>>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Fn(I) -> T + Send + Sync + 'static,
    {
        let open = match self.open() {
            Ok(open) => open,
            Err(refusal) => return Err(refusal.of((task, items))),
        };
        let task = Arc::new(task);
        let each = items.into_iter().map(|item| {
            let task = Arc::clone(&task);
            Task::with_future(Box::new(move || task(item)), None)
        });
        let (jobs, futures): (Vec<_>, Vec<_>) = each.unzip();
        open.take(chunks::<B>(jobs, chunk));
        Ok(futures)
    }
}

/// The results of [`ThreadPool::map`], in the order of the items. Each step blocks until the next
/// result is there.
///
/// ```
/// use raceproof_suite::native::ThreadPool;
///
/// let pool = ThreadPool::new(2)?;
/// let mut results = pool.map(|n| 10 / n, [5, 0, 2]).expect("it is open");
/// assert_eq!(results.next(), Some(Ok(2)));
/// assert!(results.next().is_some_and(|result| result.is_err()));
/// assert_eq!(results.len(), 1);
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
#[derive(Debug)]
#[must_use = "if it is dropped, what has not begun is cancelled"]
pub struct Map<B: Backend, T: Send + 'static> {
    futures: std::vec::IntoIter<Future<B, T>>,
    limit: Option<Limit>,
}

impl<B: Backend, T: Send + 'static> Map<B, T> {
    pub(in crate::primitives) fn of(futures: Vec<Future<B, T>>, limit: Option<Limit>) -> Self {
        Self { futures: futures.into_iter(), limit }
    }
}

impl<B: Backend, T: Send + 'static> Iterator for Map<B, T> {
    type Item = Result<T, FutureError>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        let future = self.futures.next()?;
        let Some(limit) = &self.limit else { return Some(future.take_result()) };
        let result = future.take_result_timeout(limit.left());
        if matches!(result, Err(FutureError::TimedOut)) {
            // It will not be asked for again.
            future.cancel();
        }
        Some(result)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.futures.size_hint()
    }
}

impl<B: Backend, T: Send + 'static> ExactSizeIterator for Map<B, T> {}

impl<B: Backend, T: Send + 'static> Drop for Map<B, T> {
    fn drop(&mut self) {
        if can_lock::<B>() {
            for future in self.futures.by_ref() {
                future.cancel();
            }
        }
    }
}
