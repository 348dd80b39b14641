//! Queues whose items are tasks.

use super::{
    Queue,
    items::{Items, Request},
};
use crate::{
    backend::Backend,
    primitives::process::{Item, TaskError, Unreachable, patience::Patience, remote::Remote},
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, ops::Deref, time::Duration};

/// A [`Queue`] that counts the items that were put and not yet reported done, so that a process can wait
/// for all of them. Like Python's `multiprocessing.JoinableQueue`, but its `join` can have a time limit.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::JoinableQueue};
///
/// let tasks = JoinableQueue::<Std, _>::new(0);
/// tasks.put(1)?;
/// assert_eq!(tasks.get(), Ok(1));
/// tasks.task_done()?;
/// tasks.join()?;
/// assert!(tasks.task_done().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct JoinableQueue<B: Backend, T: Item>(Queue<B, T>);

impl<B: Backend, T: Item> JoinableQueue<B, T> {
    /// The queue of these items.
    pub(in crate::primitives) fn of(items: Remote<B, Items<B, T>>) -> Self {
        Self(Queue::of(items))
    }

    /// An empty queue for at most `maxsize` items, or for any number if `maxsize` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::process::JoinableQueue;
    /// let queue = JoinableQueue::<u32>::new(10);
    /// assert_eq!(queue.qsize(), Ok(0));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new(maxsize: usize) -> Self {
        Self(Queue::new(maxsize))
    }

    /// Like [`new`](Self::new); traces call the queue `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::JoinableQueue;
    /// let queue = JoinableQueue::<u32>::named("tasks", 0);
    /// assert_eq!(queue.join(), Ok(()));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, maxsize: usize) -> Self {
        Self(Queue::named(name, maxsize))
    }

    /// Reports that an item taken from the queue has been processed. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`TaskError::NoSuchTask`] if every item has been reported done; then nothing changes.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::JoinableQueue, primitives::process::TaskError};
    /// let queue = JoinableQueue::new(0);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.task_done(), Ok(()));
    /// assert_eq!(queue.task_done(), Err(TaskError::NoSuchTask));
    /// ```
    #[track_caller]
    pub fn task_done(&self) -> Result<(), TaskError> {
        self.0.done(Request::TaskDone)?.then_some(()).ok_or(TaskError::NoSuchTask)
    }

    /// Blocks until every item that was put has been reported done.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::process::JoinableQueue};
    /// let queue = JoinableQueue::new(0);
    /// queue.put(1).unwrap();
    /// let tasks = queue.clone();
    /// let worker = Std::spawn("worker", move || {
    ///     tasks.get().unwrap();
    ///     tasks.task_done().unwrap();
    /// });
    /// assert_eq!(queue.join(), Ok(()));
    /// # worker.join().unwrap();
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), Unreachable> {
        self.0.done(Request::Join(Patience::Endless)).map(drop)
    }

    /// Like [`join`](Self::join), but blocks for at most `timeout`, and returns whether all is
    /// done.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::JoinableQueue;
    /// # use std::time::Duration;
    /// let queue = JoinableQueue::new(0);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.join_timeout(Duration::from_millis(1)), Ok(false));
    /// ```
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> Result<bool, Unreachable> {
        self.0.done(Request::Join(Patience::For(timeout)))
    }
}

impl<B: Backend, T: Item> Deref for JoinableQueue<B, T> {
    type Target = Queue<B, T>;

    fn deref(&self) -> &Queue<B, T> {
        &self.0
    }
}

impl<B: Backend, T: Item> Clone for JoinableQueue<B, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend, T: Item> fmt::Debug for JoinableQueue<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinableQueue").field(&self.0).finish()
    }
}
