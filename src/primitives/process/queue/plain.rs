//! Handles of a queue.

use super::items::{Items, Reply, Request};
use crate::{
    backend::Backend,
    primitives::{
        self,
        process::{
            GetError, Item, PutError, Unreachable,
            patience::Patience,
            remote::{Remote, mismatch},
        },
    },
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, time::Duration};

/// A queue that several processes put items into and get items from, oldest first.
///
/// Like Python's `multiprocessing.Queue`, but an item is in the queue when `put` returns (there is no
/// feeder thread that a process must outlive), its size is known on every system, and a getter that is
/// killed while it waits takes no item with it. The queue is in the process that made it; when that process
/// ends, every call from another process is refused. Unlike [`Queue`](crate::primitives::Queue) it has no
/// shutdown. A clone is the same queue.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::{GetError, PutError, Queue}};
///
/// let queue = Queue::<Std, _>::new(1);
/// queue.put("a".to_string())?;
/// assert_eq!(queue.try_put("b".into()), Err(PutError::Full("b".into())));
/// assert_eq!(queue.clone().get(), Ok("a".into()));
/// assert_eq!(queue.try_get(), Err(GetError::Empty));
/// # Ok::<(), PutError<String>>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Queue<B: Backend, T: Item>(Remote<B, Items<B, T>>);

impl<B: Backend, T: Item> Queue<B, T> {
    /// An empty queue for at most `maxsize` items, or for any number if `maxsize` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// let queue = Queue::<u32>::new(10);
    /// assert_eq!(queue.empty(), Ok(true));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new(maxsize: usize) -> Self {
        Self::named("process queue", maxsize)
    }

    /// Like [`new`](Self::new); traces call the queue `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// let queue = Queue::<u32>::named("inbox", 1);
    /// assert_eq!(queue.full(), Ok(false));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, maxsize: usize) -> Self {
        Self(Remote::new(Items(primitives::Queue::named(name, maxsize))))
    }

    /// Blocks until there is room, and puts `item` in.
    ///
    /// # Errors
    ///
    /// [`PutError::Unreachable`] with the item.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// let queue = Queue::new(0);
    /// assert_eq!(queue.put(1), Ok(()));
    /// ```
    #[track_caller]
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.offer(item, Patience::Endless)
    }

    /// Puts `item` in if there is room. Does not wait for room.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::Queue, primitives::process::PutError};
    /// let queue = Queue::new(1);
    /// assert_eq!(queue.try_put(1), Ok(()));
    /// assert_eq!(queue.try_put(2), Err(PutError::Full(2)));
    /// ```
    #[track_caller]
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.offer(item, Patience::None)
    }

    /// Like [`put`](Self::put), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::Queue, primitives::process::PutError};
    /// # use std::time::Duration;
    /// let queue = Queue::new(1);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.put_timeout(2, Duration::from_millis(1)), Err(PutError::Full(2)));
    /// ```
    #[track_caller]
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.offer(item, Patience::For(timeout))
    }

    /// The queue of these items.
    pub(super) fn of(items: Remote<B, Items<B, T>>) -> Self {
        Self(items)
    }

    #[track_caller]
    fn offer(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        match self.0.call(Request::Put(item, patience)) {
            Ok(Reply::Put(put)) => put.map_err(PutError::Full),
            Err(undelivered) => match undelivered.request {
                Some(Request::Put(item, _)) => Err(PutError::Unreachable(item, undelivered.why)),
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    /// Puts an item of which the caller has a copy, if there is room: whether there was.
    #[track_caller]
    pub(in crate::primitives) fn admits(
        &self,
        copy: T,
        patience: Patience,
    ) -> Result<bool, Unreachable> {
        match self.0.ask(Request::Put(copy, patience))? {
            Reply::Put(put) => Ok(put.is_ok()),
            _ => mismatch(),
        }
    }

    /// Blocks until there is an item, and takes it.
    ///
    /// # Errors
    ///
    /// [`GetError::Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// let queue = Queue::new(0);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.get(), Ok(1));
    /// ```
    #[track_caller]
    pub fn get(&self) -> Result<T, GetError> {
        self.take(Patience::Endless)
    }

    /// Takes an item if there is one. Does not wait for one.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::process::Queue, primitives::process::GetError};
    /// assert_eq!(Queue::<u32>::new(0).try_get(), Err(GetError::Empty));
    /// ```
    #[track_caller]
    pub fn try_get(&self) -> Result<T, GetError> {
        self.take(Patience::None)
    }

    /// Like [`get`](Self::get), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::process::Queue, primitives::process::GetError};
    /// # use std::time::Duration;
    /// let queue = Queue::<u32>::new(0);
    /// assert_eq!(queue.get_timeout(Duration::from_millis(1)), Err(GetError::Empty));
    /// ```
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.take(Patience::For(timeout))
    }

    #[track_caller]
    pub(in crate::primitives) fn take(&self, patience: Patience) -> Result<T, GetError> {
        match self.0.ask(Request::Get(patience))? {
            Reply::Got(item) => item.ok_or(GetError::Empty),
            _ => mismatch(),
        }
    }

    /// The number of items at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// let queue = Queue::new(0);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.qsize(), Ok(1));
    /// ```
    #[track_caller]
    pub fn qsize(&self) -> Result<usize, Unreachable> {
        self.size(Request::Size)
    }

    /// Whether the queue is empty at this moment. This may change before the answer is used.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// assert_eq!(Queue::<u32>::new(0).empty(), Ok(true));
    /// ```
    #[track_caller]
    pub fn empty(&self) -> Result<bool, Unreachable> {
        Ok(self.qsize()? == 0)
    }

    /// Whether the queue is full at this moment. This may change before the answer is used.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// let queue = Queue::new(1);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.full(), Ok(true));
    /// ```
    #[track_caller]
    pub fn full(&self) -> Result<bool, Unreachable> {
        let maxsize = self.size(Request::Maxsize)?;
        Ok(maxsize > 0 && self.qsize()? >= maxsize)
    }

    #[track_caller]
    fn size(&self, request: Request<T>) -> Result<usize, Unreachable> {
        match self.0.ask(request)? {
            Reply::Size(size) => Ok(size),
            _ => mismatch(),
        }
    }

    #[track_caller]
    pub(super) fn done(&self, request: Request<T>) -> Result<bool, Unreachable> {
        match self.0.ask(request)? {
            Reply::Done(done) => Ok(done),
            _ => mismatch(),
        }
    }
}

impl<B: Backend, T: Item> Clone for Queue<B, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend, T: Item> fmt::Debug for Queue<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.0).finish()
    }
}
