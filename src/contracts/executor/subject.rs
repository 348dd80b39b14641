//! The primitives under contract: pools and futures.

use crate::{
    backend::Backend,
    primitives::{Future, FutureError, ThreadPool, WaitFor, wait},
};
use std::{fmt, time::Duration};

/// Names a type of pools.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The body of a task.
pub type Task = Box<dyn FnOnce() -> i64 + Send>;

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned this.
    Returned(i64),
    /// It panicked.
    Panicked,
    /// It was cancelled before it began.
    Cancelled,
    /// It never began, because an initialiser panicked.
    Broken,
    /// It has not ended.
    NotYet,
}

/// The methods that the contracts call; meanings as for [`ThreadPool`] and [`Future`].
pub trait Subject: Send + Sync + 'static {
    /// The type of a future.
    type Future: Clone + Send + Sync + 'static;
    /// A pool of at most `workers` workers, each of which first calls `initialiser`.
    fn new(workers: usize, initialiser: fn()) -> Self;
    /// Submits a task; returns `None` if it was refused.
    fn submit(&self, task: Task) -> Option<Self::Future>;
    /// The results for these items, in their order.
    fn map(&self, task: fn(i64) -> i64, items: Vec<i64>) -> Vec<i64>;
    /// Accepts no more tasks.
    fn shutdown(&self);
    /// Accepts no more tasks, and cancels those that have not begun.
    fn shutdown_now(&self);
    /// Waits for the workers' end; returns whether it was accepted.
    fn join(&self) -> bool;
    /// Cancels a task; returns whether it is cancelled.
    fn cancel(future: &Self::Future) -> bool;
    /// Blocks until a task is done.
    fn result(future: &Self::Future) -> Ending;
    /// Like [`result`](Self::result), but blocks for at most a short time.
    fn result_timeout(future: &Self::Future) -> Ending;
    /// Calls `callback` when the task is done.
    fn on_done(future: &Self::Future, callback: Box<dyn FnOnce() + Send>);
    /// Blocks until the awaited ones of these tasks are done; returns how many are.
    fn wait(futures: Vec<Self::Future>, what: WaitFor) -> usize;
}

/// Names [`ThreadPool`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = ThreadPool<B>;
}

fn ending(result: Result<i64, FutureError>) -> Ending {
    match result {
        Ok(value) => Ending::Returned(value),
        Err(FutureError::Panicked(_)) => Ending::Panicked,
        Err(FutureError::Cancelled) => Ending::Cancelled,
        Err(FutureError::BrokenPool(_)) => Ending::Broken,
        Err(FutureError::TimedOut | FutureError::Taken) => Ending::NotYet,
        Err(error @ (FutureError::Died(_) | FutureError::BrokenProcessPool(_))) => {
            panic!("a pool of threads says: {error}")
        }
    }
}

impl<B: Backend> Subject for ThreadPool<B> {
    type Future = Future<B, i64>;

    fn new(workers: usize, initialiser: fn()) -> Self {
        Self::builder(workers).initialiser(initialiser).build().expect("some workers")
    }
    fn submit(&self, task: Task) -> Option<Future<B, i64>> {
        self.submit(task).ok()
    }
    fn map(&self, task: fn(i64) -> i64, items: Vec<i64>) -> Vec<i64> {
        let results = self.map(task, items).expect("open");
        results.map(|result| result.expect("no panic")).collect()
    }
    fn shutdown(&self) {
        self.shutdown();
    }
    fn shutdown_now(&self) {
        self.shutdown_now();
    }
    fn join(&self) -> bool {
        self.join().is_ok()
    }
    fn cancel(future: &Future<B, i64>) -> bool {
        future.cancel()
    }
    fn result(future: &Future<B, i64>) -> Ending {
        ending(future.result())
    }
    fn result_timeout(future: &Future<B, i64>) -> Ending {
        ending(future.result_timeout(Duration::from_micros(20)))
    }
    fn on_done(future: &Future<B, i64>, callback: Box<dyn FnOnce() + Send>) {
        future.add_done_callback(|_| callback());
    }
    fn wait(futures: Vec<Future<B, i64>>, what: WaitFor) -> usize {
        wait(&futures, what).done.len()
    }
}
