//! Waiting for several futures at once.

use super::Future;
use crate::{backend::Backend, primitives::Queue};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What [`wait`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// One future that is done.
    First,
    /// All of them.
    All,
}

/// Which futures were done when a [`wait`] returned.
#[derive(Debug)]
pub struct Waited<B: Backend, T: Send> {
    /// Those that were, in the order in which they were found so.
    pub done: Vec<Future<B, T>>,
    /// The others, in the order in which they were given.
    pub not_done: Vec<Future<B, T>>,
}

/// Blocks until the first or all of `futures` are done: have ended, or were cancelled. With none of them it
/// returns at once.
///
/// As Python's `concurrent.futures.wait`.
///
/// ```
/// use raceproof::{native::{Event, ThreadPool}, primitives::{WaitFor, wait}};
/// use std::sync::Arc;
///
/// let pool = ThreadPool::new(2)?;
/// let go = Arc::new(Event::new());
/// let held = Arc::clone(&go);
/// let slow = pool.submit(move || held.wait()).expect("it is open");
/// let quick = pool.submit(|| ()).expect("it is open");
/// let waited = wait(&[slow, quick], WaitFor::First);
/// assert_eq!((waited.done.len(), waited.not_done.len()), (1, 1));
/// go.set();
/// # Ok::<(), raceproof::primitives::NoWorkers>(())
/// ```
#[track_caller]
pub fn wait<B: Backend, T: Send + 'static>(
    futures: &[Future<B, T>],
    what: WaitFor,
) -> Waited<B, T> {
    until(futures, what, None)
}

/// As [`wait`], but blocks at most for `timeout`.
///
/// ```
/// use raceproof::{native::{Event, ThreadPool}, primitives::{WaitFor, wait_timeout}};
/// use std::{sync::Arc, time::Duration};
///
/// let pool = ThreadPool::new(1)?;
/// let go = Arc::new(Event::new());
/// let held = Arc::clone(&go);
/// let slow = [pool.submit(move || held.wait()).expect("it is open")];
/// assert!(wait_timeout(&slow, WaitFor::All, Duration::from_millis(1)).done.is_empty());
/// go.set();
/// assert_eq!(wait_timeout(&slow, WaitFor::All, Duration::MAX).done.len(), 1);
/// # Ok::<(), raceproof::primitives::NoWorkers>(())
/// ```
#[track_caller]
pub fn wait_timeout<B: Backend, T: Send + 'static>(
    futures: &[Future<B, T>],
    what: WaitFor,
    timeout: Duration,
) -> Waited<B, T> {
    until(futures, what, Some(timeout))
}

#[track_caller]
fn until<B: Backend, T: Send + 'static>(
    futures: &[Future<B, T>],
    what: WaitFor,
    timeout: Option<Duration>,
) -> Waited<B, T> {
    let completed = completions(futures);
    let wanted = if what == WaitFor::All { futures.len() } else { futures.len().min(1) };
    let start = B::raw_now();
    let mut done = Vec::new();
    while done.len() < wanted {
        let next = match timeout {
            None => completed.get().ok(),
            Some(timeout) => completed.get_timeout(timeout.saturating_sub(elapsed(start))).ok(),
        };
        let Some(next) = next else { break };
        done.push(next);
    }
    // The others that are done by now.
    done.extend(std::iter::from_fn(|| completed.try_get().ok()));
    let mut is_done = vec![false; futures.len()];
    done.iter().for_each(|&n| is_done[n] = true);
    let not_done = futures.iter().zip(is_done).filter(|(_, done)| !done);
    Waited {
        not_done: not_done.map(|(future, _)| future.clone()).collect(),
        done: done.into_iter().map(|n| futures[n].clone()).collect(),
    }
}

fn elapsed(start: Option<Instant>) -> Duration {
    start.map_or(Duration::ZERO, |start| start.elapsed())
}

/// The indices of `futures`, as they are done.
#[track_caller]
fn completions<B: Backend, T: Send + 'static>(futures: &[Future<B, T>]) -> Arc<Queue<B, usize>> {
    let completed = Arc::new(Queue::named("completed", 0));
    for (n, future) in futures.iter().enumerate() {
        let completed = Arc::clone(&completed);
        // Nobody shuts the queue down.
        future.add_done_callback(move |_| completed.put(n).unwrap_or_default());
    }
    completed
}

/// The futures in the order in which they are done; each blocks until the next one is.
///
/// As Python's `concurrent.futures.as_completed`.
///
/// ```
/// use raceproof::{native::ThreadPool, primitives::as_completed};
///
/// let pool = ThreadPool::new(2)?;
/// let tasks = [1, 2, 3].map(|n| pool.submit(move || n).expect("it is open"));
/// let results = as_completed(tasks).map(|task| task.result());
/// assert_eq!(results.sum::<Result<i32, _>>(), Ok(6));
/// # Ok::<(), raceproof::primitives::NoWorkers>(())
/// ```
#[track_caller]
pub fn as_completed<B: Backend, T: Send + 'static>(
    futures: impl IntoIterator<Item = Future<B, T>>,
) -> AsCompleted<B, T> {
    let futures: Vec<_> = futures.into_iter().collect();
    AsCompleted { completed: completions(&futures), left: futures.len(), futures }
}

/// What [`as_completed`] returns.
#[derive(Debug)]
#[must_use = "it waits only when it is asked"]
pub struct AsCompleted<B: Backend, T: Send> {
    futures: Vec<Future<B, T>>,
    completed: Arc<Queue<B, usize>>,
    /// How many have not come out yet.
    left: usize,
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
