//! The errors of a queue. An item that was not put is returned.

/// The queue is shut down. The error returns the item that was not put.
///
/// A refused [`get`](super::OrderedQueue::get) has no item to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue is shut down")]
pub struct QueueShutDown<T = ()>(pub T);

/// Why an item could not be put. The error returns the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutError<T> {
    /// There is no room, or none came free in time.
    #[error("the queue is full")]
    Full(T),
    /// The queue is shut down.
    #[error("the queue is shut down")]
    ShutDown(T),
}

impl<T> PutError<T> {
    /// The item that was not put.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::new(1);
    /// queue.put("a").unwrap();
    /// let error = queue.try_put("b").unwrap_err();
    /// assert_eq!(error.into_inner(), "b");
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::ShutDown(item) => item,
        }
    }
}

/// Why no item could be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GetError {
    /// There is no item, or none came in time.
    #[error("the queue is empty")]
    Empty,
    /// There is no item, and the queue is shut down.
    #[error("the queue is shut down")]
    ShutDown,
}

/// More tasks were reported done than items were put. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("task_done called too many times")]
pub struct NoSuchTask;
