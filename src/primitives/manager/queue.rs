//! Managed queues.

use crate::{
    backend::Backend,
    primitives::process::{
        GetError, Item, JoinableQueue, PutError, TaskError, Unreachable, kept::Stored,
        patience::Patience, queue::items::Items, remote::Remote,
    },
};
use serde::{Deserialize, Serialize};
use std::{fmt, marker::PhantomData, time::Duration};

/// A queue that a manager keeps, for several processes.
///
/// Like the proxy of Python's `Manager().Queue()` and `Manager().JoinableQueue()`, which are the same. Unlike a
/// [`process::Queue`](crate::primitives::process::Queue) it outlives the process that asked for it, and it counts
/// unfinished tasks. An item can have handles of other objects in it. A getter that is killed while it waits takes
/// no item with it; when the manager is shut down, every call fails, including those that wait.
///
/// ```standalone_crate
/// # use raceproof_suite::{backend::Std, primitives::{manager::*, process}};
/// process::serve(&[]);
/// let manager = Manager::<Std>::start()?;
/// let tasks = manager.queue(1)?;
/// tasks.put("wash".to_string()).unwrap();
/// assert!(tasks.try_put("rinse".into()).is_err());
/// assert_eq!(tasks.get(), Ok("wash".into()));
/// assert_eq!(tasks.task_done(), Ok(()));
/// assert_eq!(tasks.join(), Ok(()));
/// # Ok::<(), ManagerError>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Queue<B: Backend, T: Item>(JoinableQueue<B, Stored>, PhantomData<fn(T) -> T>);

impl<B: Backend, T: Item> Queue<B, T> {
    pub(super) fn new(items: Remote<B, Items<B, Stored>>) -> Self {
        Self(JoinableQueue::of(items), PhantomData)
    }

    /// Blocks until there is room, and puts `item` in.
    ///
    /// # Errors
    ///
    /// [`PutError::Unreachable`] with the item.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(0).unwrap();
    /// assert_eq!(queue.put(1), Ok(()));
    /// # });
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
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::{manager::Manager, process::PutError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(1).unwrap();
    /// assert_eq!(queue.try_put(1), Ok(()));
    /// assert_eq!(queue.try_put(2), Err(PutError::Full(2)));
    /// # });
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
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::{manager::Manager, process::PutError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// # use std::time::Duration;
    /// let queue = manager.queue(1).unwrap();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.put_timeout(2, Duration::from_millis(1)), Err(PutError::Full(2)));
    /// # });
    /// ```
    #[track_caller]
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.offer(item, Patience::For(timeout))
    }

    #[track_caller]
    fn offer(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        let copy = Stored::of(&item).map_err(Unreachable::from);
        match copy.and_then(|copy| self.0.admits(copy, patience)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(PutError::Full(item)),
            Err(why) => Err(PutError::Unreachable(item, why)),
        }
    }

    /// Blocks until there is an item, and takes it.
    ///
    /// # Errors
    ///
    /// [`GetError::Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(0).unwrap();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.get(), Ok(1));
    /// # });
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
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::{manager::Manager, process::GetError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// assert_eq!(manager.queue::<u32>(0).unwrap().try_get(), Err(GetError::Empty));
    /// # });
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
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::{manager::Manager, process::GetError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// # use std::time::Duration;
    /// let queue = manager.queue::<u32>(0).unwrap();
    /// assert_eq!(queue.get_timeout(Duration::from_millis(1)), Err(GetError::Empty));
    /// # });
    /// ```
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.take(Patience::For(timeout))
    }

    #[track_caller]
    fn take(&self, patience: Patience) -> Result<T, GetError> {
        Ok(self.0.take(patience)?.value().map_err(Unreachable::from)?)
    }

    /// The number of items at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(0).unwrap();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.qsize(), Ok(1));
    /// # });
    /// ```
    #[track_caller]
    pub fn qsize(&self) -> Result<usize, Unreachable> {
        self.0.qsize()
    }

    /// Whether the queue is empty at this moment. This may change before the answer is used.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// assert_eq!(manager.queue::<u32>(0).unwrap().empty(), Ok(true));
    /// # });
    /// ```
    #[track_caller]
    pub fn empty(&self) -> Result<bool, Unreachable> {
        self.0.empty()
    }

    /// Whether the queue is full at this moment. This may change before the answer is used.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(1).unwrap();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.full(), Ok(true));
    /// # });
    /// ```
    #[track_caller]
    pub fn full(&self) -> Result<bool, Unreachable> {
        self.0.full()
    }

    /// Reports that an item taken from the queue has been processed. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`TaskError::NoSuchTask`] if every item has been reported done; then nothing changes.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::{manager::Manager, process::TaskError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(0).unwrap();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.task_done(), Ok(()));
    /// assert_eq!(queue.task_done(), Err(TaskError::NoSuchTask));
    /// # });
    /// ```
    #[track_caller]
    pub fn task_done(&self) -> Result<(), TaskError> {
        self.0.task_done()
    }

    /// Blocks until every item that was put has been reported done.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let queue = manager.queue(0).unwrap();
    /// queue.put(1).unwrap();
    /// queue.task_done().unwrap();
    /// assert_eq!(queue.join(), Ok(()));
    /// # });
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), Unreachable> {
        self.0.join()
    }

    /// Like [`join`](Self::join), but blocks for at most `timeout`, and returns whether all is done.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::Manager};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// # use std::time::Duration;
    /// let queue = manager.queue(0).unwrap();
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.join_timeout(Duration::from_millis(1)), Ok(false));
    /// # });
    /// ```
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> Result<bool, Unreachable> {
        self.0.join_timeout(timeout)
    }
}

impl<B: Backend, T: Item> Clone for Queue<B, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<B: Backend, T: Item> fmt::Debug for Queue<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.0).finish()
    }
}
