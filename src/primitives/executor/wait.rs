//! Waiting for several futures at once.

use super::{Future, FutureError, completed::completions, limit::Limit};
use crate::backend::Backend;
use std::time::Duration;

/// What [`wait`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// One future that is done.
    First,
    /// One future whose task has failed: it panicked, or the pool broke before it began. If none fails,
    /// all futures. A cancelled future has not failed.
    FirstException,
    /// All futures.
    All,
}

/// Which futures were done when a [`wait`] returned.
#[derive(Debug)]
pub struct Waited<B: Backend, T: Send> {
    /// The futures that were done, in the order in which they were found done.
    pub done: Vec<Future<B, T>>,
    /// The others, in the order in which they were given.
    pub not_done: Vec<Future<B, T>>,
}

/// Blocks until the first or all of `futures` are done (ended or cancelled), or until the first has
/// failed. Returns at once if there are none.
///
/// Like Python's `concurrent.futures.wait`, with `FIRST_COMPLETED`, `FIRST_EXCEPTION` and
/// `ALL_COMPLETED`.
///
/// ```
/// use raceproof_suite::{native::{Event, ThreadPool}, primitives::{WaitFor, wait}};
/// use std::sync::Arc;
///
/// let pool = ThreadPool::new(2)?;
/// let go = Arc::new(Event::new());
/// let held = Arc::clone(&go);
/// let slow = pool.submit(move || held.wait()).expect("it is open");
/// let quick = pool.submit(|| ()).expect("it is open");
/// let waited = wait(&[slow, quick], WaitFor::First);
/// assert_eq!((waited.done.len(), waited.not_done.len()), (1, 1));
///
/// let unlucky = pool.submit(|| panic!("no luck")).expect("it is open");
/// let still_slow = waited.not_done[0].clone();
/// let waited = wait(&[still_slow, unlucky], WaitFor::FirstException);
/// assert!(waited.done[0].exception().is_some());
/// go.set();
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
/// ```
#[track_caller]
pub fn wait<B: Backend, T: Send + 'static>(
    futures: &[Future<B, T>],
    what: WaitFor,
) -> Waited<B, T> {
    until(futures, what, None)
}

/// Like [`wait`], but blocks for at most `timeout`.
///
/// ```
/// use raceproof_suite::{native::{Event, ThreadPool}, primitives::{WaitFor, wait_timeout}};
/// use std::{sync::Arc, time::Duration};
///
/// let pool = ThreadPool::new(1)?;
/// let go = Arc::new(Event::new());
/// let held = Arc::clone(&go);
/// let slow = [pool.submit(move || held.wait()).expect("it is open")];
/// assert!(wait_timeout(&slow, WaitFor::All, Duration::from_millis(1)).done.is_empty());
/// go.set();
/// assert_eq!(wait_timeout(&slow, WaitFor::All, Duration::MAX).done.len(), 1);
/// # Ok::<(), raceproof_suite::primitives::NoWorkers>(())
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
    let limit = timeout.map(Limit::of::<B>);
    let mut done = Vec::new();
    while done.len() < futures.len() && !suffices(&done, futures, what) {
        let next = match &limit {
            None => completed.get().ok(),
            Some(limit) => completed.get_timeout(limit.left()).ok(),
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

/// Whether no thread waits for more once the last of these indices is `done`.
#[track_caller]
fn suffices<B: Backend, T: Send + 'static>(
    done: &[usize],
    futures: &[Future<B, T>],
    what: WaitFor,
) -> bool {
    let failed = |&n: &usize| futures[n].exception().is_some_and(|e| e != FutureError::Cancelled);
    match what {
        WaitFor::First => !done.is_empty(),
        WaitFor::FirstException => done.last().is_some_and(failed),
        WaitFor::All => false,
    }
}
