//! Many results, one after the other.

use crate::{
    backend::Backend,
    primitives::executor::{AsCompleted, Future, FutureError, as_completed},
};
use std::{time::Duration, vec::IntoIter};

/// The results of [`Pool::imap`](super::Pool::imap), in the order of the items. Each step blocks until the
/// next result is there.
///
/// ```
/// use raceproof_suite::native::Pool;
///
/// let pool = Pool::new(2)?;
/// let mut results = pool.imap(|n| 10 / n, [5, 0]).expect("it is open");
/// assert_eq!(results.next(), Some(Ok(2)));
/// assert!(results.next().is_some_and(|result| result.is_err()));
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
#[derive(Debug)]
#[must_use = "it waits only when it is asked"]
pub struct Imap<B: Backend, T: Send>(IntoIter<Future<B, T>>);

impl<B: Backend, T: Send> Imap<B, T> {
    pub(in crate::primitives) fn of(futures: Vec<Future<B, T>>) -> Self {
        Self(futures.into_iter())
    }
}

impl<B: Backend, T: Send + 'static> Imap<B, T> {
    /// Like [`next`](Iterator::next), but blocks for at most `timeout`: after that it returns
    /// [`FutureError::TimedOut`], and the next call waits for the same result.
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, Pool}, primitives::FutureError};
    /// # use std::{sync::Arc, time::Duration};
    /// let pool = Pool::new(1)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let wait = move |n| { held.wait(); n };
    /// let mut results = pool.imap(wait, [1]).expect("it is open");
    /// assert_eq!(results.next_timeout(Duration::ZERO), Some(Err(FutureError::TimedOut)));
    /// go.set();
    /// assert_eq!(results.next_timeout(Duration::MAX), Some(Ok(1)));
    /// assert_eq!(results.next_timeout(Duration::ZERO), None);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn next_timeout(&mut self, timeout: Duration) -> Option<Result<T, FutureError>> {
        match self.0.as_slice().first()?.take_result_timeout(timeout) {
            Err(FutureError::TimedOut) => Some(Err(FutureError::TimedOut)),
            result => {
                self.0.next();
                Some(result)
            }
        }
    }
}

impl<B: Backend, T: Send + 'static> Iterator for Imap<B, T> {
    type Item = Result<T, FutureError>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|future| future.take_result())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<B: Backend, T: Send + 'static> ExactSizeIterator for Imap<B, T> {}

/// The results of [`Pool::imap_unordered`](super::Pool::imap_unordered), as they are completed. Each step
/// blocks until the next one is there.
///
/// ```
/// use raceproof_suite::native::Pool;
///
/// let pool = Pool::new(2)?;
/// let squares = pool.imap_unordered(|n| n * n, [1, 2, 3]).expect("it is open");
/// assert_eq!(squares.sum::<Result<i32, _>>(), Ok(14));
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
#[derive(Debug)]
#[must_use = "it waits only when it is asked"]
pub struct ImapUnordered<B: Backend, T: Send>(AsCompleted<B, T>);

impl<B: Backend, T: Send + 'static> ImapUnordered<B, T> {
    #[track_caller]
    pub(in crate::primitives) fn of(futures: Vec<Future<B, T>>) -> Self {
        Self(as_completed(futures))
    }
}

impl<B: Backend, T: Send + 'static> ImapUnordered<B, T> {
    /// Like [`next`](Iterator::next), but blocks for at most `timeout`: after that it returns
    /// [`FutureError::TimedOut`], and no result is lost.
    ///
    /// ```
    /// # use raceproof_suite::{native::{Event, Pool}, primitives::FutureError};
    /// # use std::{sync::Arc, time::Duration};
    /// let pool = Pool::new(2)?;
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let wait_for_1 = move |n| { if n == 1 { held.wait() } n };
    /// let mut results = pool.imap_unordered(wait_for_1, [1, 2]).expect("it is open");
    /// assert_eq!(results.next_timeout(Duration::MAX), Some(Ok(2)));
    /// assert_eq!(results.next_timeout(Duration::ZERO), Some(Err(FutureError::TimedOut)));
    /// go.set();
    /// assert_eq!(results.next_timeout(Duration::MAX), Some(Ok(1)));
    /// assert_eq!(results.next_timeout(Duration::MAX), None);
    /// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
    /// ```
    #[track_caller]
    pub fn next_timeout(&mut self, timeout: Duration) -> Option<Result<T, FutureError>> {
        if self.0.len() == 0 {
            return None;
        }
        let next = self.0.next_timeout(timeout);
        Some(next.map_or(Err(FutureError::TimedOut), |future| future.take_result()))
    }
}

impl<B: Backend, T: Send + 'static> Iterator for ImapUnordered<B, T> {
    type Item = Result<T, FutureError>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|future| future.take_result())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<B: Backend, T: Send + 'static> ExactSizeIterator for ImapUnordered<B, T> {}
