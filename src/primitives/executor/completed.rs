//! Futures in the order of their completion.

use super::{Future, limit::Limit};
use crate::{
    backend::{Arc, Backend},
    primitives::Queue,
};
use std::time::Duration;

/// The indices of `futures`, in the order of their completion.
#[track_caller]
pub(super) fn completions<B: Backend, T: Send + 'static>(
    futures: &[Future<B, T>],
) -> Arc<Queue<B, usize>> {
    let completed = Arc::new(Queue::named("completed", 0));
    for (n, future) in futures.iter().enumerate() {
        let completed = Arc::clone(&completed);
        // No thread shuts the queue down.
        future.add_done_callback(move |_| completed.put(n).unwrap_or_default());
    }
    completed
}

/// Returns the futures in the order in which they are done. Each step of the iterator blocks until
/// the next one is.
///
/// Like Python's `concurrent.futures.as_completed`.
///
/// ```
/// use raceproof_suite::{native::ThreadPool, primitives::as_completed};
///
/// let pool = ThreadPool::new(2)?;
/// let tasks = [1, 2, 3].map(|n| pool.submit(move || n).expect("it is open"));
/// let results = as_completed(tasks).map(|task| task.result());
/// assert_eq!(results.sum::<Result<i32, _>>(), Ok(6));
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
#[track_caller]
pub fn as_completed<B: Backend, T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<B, T>>,
) -> AsCompleted<B, T> {
    let futures: Vec<_> = futures.into_iter().collect();
    AsCompleted { completed: completions(&futures), left: futures.len(), futures }
}

/// The iterator that [`as_completed`] returns.
#[derive(Debug)]
#[must_use = "it waits only when it is asked"]
pub struct AsCompleted<B: Backend, T: Send> {
    futures: Vec<Future<B, T>>,
    completed: Arc<Queue<B, usize>>,
    /// The number of futures that have not come out yet.
    left: usize,
}

impl<B: Backend, T: Send> AsCompleted<B, T> {
    /// The next future, if it is done within `timeout`. There must be one.
    #[track_caller]
    pub(in crate::primitives) fn next_timeout(
        &mut self,
        timeout: Duration,
    ) -> Option<Future<B, T>> {
        let next = self.completed.get_timeout(timeout).ok()?;
        self.left -= 1;
        Some(self.futures[next].clone())
    }
}

impl<B: Backend, T: Send> Iterator for AsCompleted<B, T> {
    type Item = Future<B, T>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let next = self.completed.get().ok()?;
        Some(self.futures[next].clone())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<B: Backend, T: Send> ExactSizeIterator for AsCompleted<B, T> {}

/// Like [`as_completed`], but for at most `timeout` from now in total. If the time limit passes before all
/// are done, the last item is the error.
///
/// Python's `as_completed` with a `timeout`.
///
/// ```
/// use raceproof_suite::{native::{Event, ThreadPool}, primitives::{Unfinished, as_completed_timeout}};
/// use std::{sync::Arc, time::Duration};
///
/// let pool = ThreadPool::new(2)?;
/// let go = Arc::new(Event::new());
/// let held = Arc::clone(&go);
/// let slow = pool.submit(move || held.wait()).expect("it is open");
/// let mut completed = as_completed_timeout([slow], Duration::from_millis(1));
/// assert_eq!(completed.next().and_then(Result::err), Some(Unfinished { left: 1, all: 1 }));
/// assert!(completed.next().is_none());
/// go.set();
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
#[track_caller]
pub fn as_completed_timeout<B: Backend, T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<B, T>>,
    timeout: Duration,
) -> AsCompletedTimeout<B, T> {
    let limit = Limit::of::<B>(timeout);
    AsCompletedTimeout { completed: as_completed(futures), limit, over: false }
}

/// The iterator that [`as_completed_timeout`] returns.
#[derive(Debug)]
#[must_use = "it waits only when it is asked"]
pub struct AsCompletedTimeout<B: Backend, T: Send> {
    completed: AsCompleted<B, T>,
    limit: Limit,
    /// Whether the time limit has passed.
    over: bool,
}

/// The time limit passed before all futures were done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{left} of {all} futures are not done yet")]
pub struct Unfinished {
    /// The number of futures that were not done.
    pub left: usize,
    /// The number of all futures.
    pub all: usize,
}

impl<B: Backend, T: Send> Iterator for AsCompletedTimeout<B, T> {
    type Item = Result<Future<B, T>, Unfinished>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        let left = self.completed.len();
        if left == 0 || self.over {
            return None;
        }
        let next = self.completed.next_timeout(self.limit.left());
        self.over = next.is_none();
        Some(next.ok_or(Unfinished { left, all: self.completed.futures.len() }))
    }
}
