//! Spawned tasks, and the handles to them.
#![allow(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use super::task::Task;
use crate::execution::{is_outside, misuse};
use crate::sync::{Arc, Mutex};
use crate::thread;

/// Starts a task: a thread that polls the future until it is ready.
///
/// An execution waits for the end of each task, and a task that waits for ever is a deadlock, whether its handle is
/// kept or not. A task's panic fails the model unless a handle is awaited, which returns it.
///
/// ```
/// use raceproof::future::{block_on, spawn};
///
/// raceproof::model(|| {
///     let task = spawn(async { 2 + 3 });
///     assert_eq!(block_on(task).unwrap(), 5);
/// });
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    // SAFETY: both may be sent.
    unsafe { start(future) }
}

/// As [`spawn`], of a future that stays in its thread: all threads of a model run on one thread of the system.
#[doc(hidden)]
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    if is_outside() {
        misuse("a task is spawned outside of a model whose future need not be `Send`");
    }
    // SAFETY: in a model no thread of the system is left.
    unsafe { start(future) }
}

/// What goes to another thread, and comes back.
struct Sent<T>(T);

// SAFETY: only `start` makes them, whose caller promises it.
unsafe impl<T> Send for Sent<T> {}

/// # Safety
///
/// The future and what it comes to may be sent, or the task runs on the running thread of the system.
#[track_caller]
unsafe fn start<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let shared =
        Arc::new(Shared { task: Task::new(), end: Mutex::named("task end", End::default()) });
    let (theirs, future) = (Arc::clone(&shared), Sent(future));
    let thread = thread::spawn(move || {
        let future = future;
        let _over = Over(&theirs);
        Sent(theirs.task.run(future.0))
    });
    JoinHandle { thread: Some(thread), shared }
}

/// What a task has in common with the handles to it.
struct Shared {
    task: Task,
    end: Mutex<End>,
}

/// How far a task is.
#[derive(Default)]
struct End {
    is_over: bool,
    /// Of the task that awaits it.
    awaited_by: Option<Waker>,
}

impl Shared {
    fn with_end<R>(&self, f: impl FnOnce(&mut End) -> R) -> R {
        f(&mut self.end.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says that a task is over, also if it panics.
struct Over<'a>(&'a Shared);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let waiter = self.0.with_end(|end| {
            end.is_over = true;
            end.awaited_by.take()
        });
        // The lock is free by now.
        waiter.into_iter().for_each(Waker::wake);
    }
}

/// A handle to a task. Awaited, it returns what the task's future comes to. Dropped, it leaves the task alone.
pub struct JoinHandle<T> {
    /// Until it has been awaited.
    thread: Option<thread::JoinHandle<Sent<Option<T>>>>,
    shared: Arc<Shared>,
}

// SAFETY: what the task comes to is the only value in it that need not be sent, and sharing gives no access to it.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: likewise.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

// What the task comes to is not in it.
impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Has the task drop its future, when it is next taken up or waits. It wakes it for that. Nothing happens to a
    /// task that is over, and one that is being polled goes on until it waits.
    ///
    /// ```
    /// use raceproof::future::{block_on, spawn};
    ///
    /// raceproof::model(|| {
    ///     let task = spawn(std::future::pending::<()>());
    ///     task.abort();
    ///     assert!(block_on(task).unwrap_err().is_cancelled());
    /// });
    /// ```
    #[track_caller]
    pub fn abort(&self) {
        self.shared.task.abort();
    }

    /// Another handle, which can only abort the task.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle(Arc::clone(&self.shared))
    }

    /// Is the task over: ready, dropped or panicked?
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.shared.with_end(|end| end.is_over)
    }

    /// Leaves the task alone, as a drop does.
    pub fn detach(self) {}

    /// The thread that polls it.
    #[doc(hidden)]
    pub fn thread(&self) -> Option<&thread::Thread> {
        self.thread.as_ref().map(thread::JoinHandle::thread)
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    ///
    /// If it has been ready before.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = context.waker().clone();
        let (is_over, earlier) = self.shared.with_end(|end| {
            let waker = (!end.is_over).then_some(waker);
            (end.is_over, mem::replace(&mut end.awaited_by, waker))
        });
        drop(earlier);
        if !is_over {
            return Poll::Pending;
        }
        let thread = self.thread.take().expect("a handle is not polled after it was ready");
        Poll::Ready(match thread.join() {
            Ok(Sent(Some(value))) => Ok(value),
            Ok(Sent(None)) => Err(JoinError(None)),
            Err(payload) => Err(JoinError(Some(payload))),
        })
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// A handle by which a task can be aborted, and nothing else.
#[derive(Clone)]
pub struct AbortHandle(Arc<Shared>);

impl AbortHandle {
    /// As [`JoinHandle::abort`].
    #[track_caller]
    pub fn abort(&self) {
        self.0.task.abort();
    }

    /// As [`JoinHandle::is_finished`].
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.with_end(|end| end.is_over)
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").finish_non_exhaustive()
    }
}

/// Why a task comes to nothing.
pub struct JoinError(Option<Box<dyn Any + Send>>);

impl JoinError {
    /// Was its future dropped before it was ready?
    pub fn is_cancelled(&self) -> bool {
        self.0.is_none()
    }

    /// Did it panic?
    pub fn is_panic(&self) -> bool {
        self.0.is_some()
    }

    /// What it panicked with.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        self.0.expect("the task was cancelled, and did not panic")
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As a thread's: a panic that is passed on is told as what it is.
        match &self.0 {
            Some(payload) => write!(f, "JoinError::Panic({payload:?})"),
            None => f.write_str("JoinError::Cancelled"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_panic() { "the task panicked" } else { "the task was cancelled" })
    }
}

impl std::error::Error for JoinError {}
