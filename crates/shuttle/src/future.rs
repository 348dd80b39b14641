//! Futures and tasks.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use raceproof::future;

pub use raceproof::future::{AbortHandle, block_on, yield_now};

/// Starts a task.
///
/// ```
/// use shuttle::future::{block_on, spawn};
///
/// shuttle::check_dfs(|| assert_eq!(block_on(spawn(async { 5 })).unwrap(), 5), None);
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    JoinHandle(future::spawn(future))
}

/// As [`spawn`], of a future that need not be `Send`. Its task runs at the same time as others all the same.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    JoinHandle(future::spawn_local(future))
}

/// A handle to a task. Awaited, it returns what the task's future comes to. Dropped, it leaves the task alone.
#[derive(Debug)]
pub struct JoinHandle<T>(future::JoinHandle<T>);

impl<T> JoinHandle<T> {
    /// Has the task drop its future, when it is next taken up or waits.
    #[track_caller]
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Another handle, which can only abort the task.
    pub fn abort_handle(&self) -> AbortHandle {
        self.0.abort_handle()
    }

    /// Is the task over?
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Leaves the task alone.
    pub fn detach(self) {}
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    ///
    /// If the task has panicked, with what it has panicked with.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(context)) {
            Ok(value) => Ok(value),
            Err(error) if error.is_cancelled() => Err(JoinError::Cancelled),
            Err(error) => resume_unwind(error.into_panic()),
        })
    }
}

/// Why a task comes to nothing.
#[derive(Debug)]
pub enum JoinError {
    /// It was aborted.
    Cancelled,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("task was cancelled"),
        }
    }
}

impl std::error::Error for JoinError {}
