//! Queues between processes.

use super::{
    GetError, PutError, TaskError, Unreachable,
    patience::{Client, Patience},
    remote::{Object, Remote, mismatch},
};
use crate::{backend::Backend, primitives};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{borrow::Cow, fmt, ops::Deref, time::Duration};

/// What can cross to another process.
///
/// Implemented by whatever serde can write and read, and by the handles of this module.
pub trait Item: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Item for T {}

/// A queue that several processes put items into and get items from, oldest first.
///
/// As Python's `multiprocessing.Queue`, but an item is in the queue when `put` returns (there is no feeder
/// thread that a process must outlive), its size is known everywhere, and a getter that is killed while it
/// waits takes no item with it. It lives in the process that made it; if that ends, every call elsewhere is
/// refused. Unlike [`Queue`](crate::primitives::Queue) it has no shutdown. A clone is the same queue.
///
/// ```
/// use raceproof::{backend::Std, primitives::process::{GetError, PutError, Queue}};
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

/// A [`Queue`] that counts the items that were got but not yet dealt with, as Python's
/// `multiprocessing.JoinableQueue`.
///
/// ```
/// use raceproof::{backend::Std, primitives::process::JoinableQueue};
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

/// The queue, where it lives.
struct Items<B: Backend, T: Item>(primitives::Queue<B, T>);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
enum Request<T: Item> {
    Put(T, Patience),
    Get(Patience),
    Size,
    Maxsize,
    TaskDone,
    Join(Patience),
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
enum Reply<T: Item> {
    Put(Result<(), T>),
    Got(Option<T>),
    Size(usize),
    Done(bool),
}

impl<B: Backend, T: Item> Object for Items<B, T> {
    type Request = Request<T>;
    type Reply = Reply<T>;

    #[track_caller]
    fn perform(&self, request: Request<T>, client: &Client<'_>) -> Reply<T> {
        match request {
            Request::Put(item, patience) => Reply::Put(self.put(item, patience, client)),
            Request::Get(patience) => {
                Reply::Got(client.wait(patience, |p| self.get(p, client), Option::is_none))
            }
            Request::Size => Reply::Size(self.0.qsize()),
            Request::Maxsize => Reply::Size(self.0.maxsize()),
            Request::TaskDone => Reply::Done(self.0.task_done().is_ok()),
            Request::Join(patience) => {
                Reply::Done(client.wait(patience, |p| self.join(p), |done| !done))
            }
        }
    }

    fn abandoned(&self) {
        self.0.rouse();
    }
}

impl<B: Backend, T: Item> Items<B, T> {
    #[track_caller]
    fn put(&self, item: T, patience: Patience, client: &Client<'_>) -> Result<(), T> {
        let mut kept = Some(item);
        let attempt = |patience| {
            let Some(item) = kept.take() else { return true };
            let result = match patience {
                Patience::None => self.0.try_put(item),
                Patience::For(timeout) => self.0.put_timeout(item, timeout),
                Patience::Endless => {
                    self.0.put(item).map_err(|down| primitives::PutError::ShutDown(down.0))
                }
            };
            kept = result.err().map(primitives::PutError::into_inner);
            kept.is_none()
        };
        client.wait(patience, attempt, |done| !done);
        kept.map_or(Ok(()), Err)
    }

    #[track_caller]
    fn get(&self, patience: Patience, client: &Client<'_>) -> Option<T> {
        match (client, patience) {
            (Client::Afar(_), Patience::For(slice)) => self.0.get_for(slice, || client.is_there()),
            (Client::Afar(_), _) => self.0.get_for(Duration::ZERO, || client.is_there()),
            (Client::Here, Patience::None) => self.0.try_get().ok(),
            (Client::Here, Patience::For(timeout)) => self.0.get_timeout(timeout).ok(),
            (Client::Here, Patience::Endless) => self.0.get().ok(),
        }
    }

    #[track_caller]
    fn join(&self, patience: Patience) -> bool {
        match patience {
            Patience::None => self.0.join_timeout(Duration::ZERO),
            Patience::For(timeout) => self.0.join_timeout(timeout),
            Patience::Endless => {
                self.0.join();
                true
            }
        }
    }
}

impl<B: Backend, T: Item> Queue<B, T> {
    /// An empty queue for at most `maxsize` items; for any number if that is zero.
    #[track_caller]
    #[must_use]
    pub fn new(maxsize: usize) -> Self {
        Self::named("process queue", maxsize)
    }

    /// As [`new`](Self::new); traces call the queue `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, maxsize: usize) -> Self {
        Self(Remote::new(Items(primitives::Queue::named(name, maxsize))))
    }

    /// Blocks until there is room, and puts `item` in.
    ///
    /// # Errors
    ///
    /// [`PutError::Unreachable`] with the item.
    #[track_caller]
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.offer(item, Patience::Endless)
    }

    /// Puts `item` in if there is room; never waits for room.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    #[track_caller]
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.offer(item, Patience::None)
    }

    /// As [`put`](Self::put), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    #[track_caller]
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.offer(item, Patience::For(timeout))
    }

    #[track_caller]
    fn offer(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        match self.0.call(Request::Put(item, patience)) {
            Ok(Reply::Put(put)) => put.map_err(PutError::Full),
            Err(undelivered) => match undelivered.request {
                Request::Put(item, _) => Err(PutError::Unreachable(item, undelivered.why)),
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    /// Blocks until there is an item, and takes it.
    ///
    /// # Errors
    ///
    /// [`GetError::Unreachable`].
    #[track_caller]
    pub fn get(&self) -> Result<T, GetError> {
        self.take(Patience::Endless)
    }

    /// Takes an item if there is one; never waits for one.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    #[track_caller]
    pub fn try_get(&self) -> Result<T, GetError> {
        self.take(Patience::None)
    }

    /// As [`get`](Self::get), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.take(Patience::For(timeout))
    }

    #[track_caller]
    fn take(&self, patience: Patience) -> Result<T, GetError> {
        match self.0.ask(Request::Get(patience))? {
            Reply::Got(item) => item.ok_or(GetError::Empty),
            _ => mismatch(),
        }
    }

    /// How many items there are at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    #[track_caller]
    pub fn qsize(&self) -> Result<usize, Unreachable> {
        self.size(Request::Size)
    }

    /// Whether there is no item at this moment. By the time the answer is used there may be one.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    #[track_caller]
    pub fn empty(&self) -> Result<bool, Unreachable> {
        Ok(self.qsize()? == 0)
    }

    /// Whether there is no room at this moment. By the time the answer is used there may be some.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
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
    fn done(&self, request: Request<T>) -> Result<bool, Unreachable> {
        match self.0.ask(request)? {
            Reply::Done(done) => Ok(done),
            _ => mismatch(),
        }
    }
}

impl<B: Backend, T: Item> JoinableQueue<B, T> {
    /// An empty queue for at most `maxsize` items; for any number if that is zero.
    #[track_caller]
    #[must_use]
    pub fn new(maxsize: usize) -> Self {
        Self(Queue::new(maxsize))
    }

    /// As [`new`](Self::new); traces call the queue `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, maxsize: usize) -> Self {
        Self(Queue::named(name, maxsize))
    }

    /// Reports that an item which was got has been dealt with. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`TaskError::NoSuchTask`] if that has been reported for every item; then nothing changes.
    #[track_caller]
    pub fn task_done(&self) -> Result<(), TaskError> {
        self.0.done(Request::TaskDone)?.then_some(()).ok_or(TaskError::NoSuchTask)
    }

    /// Blocks until every item that was put has been reported done.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    #[track_caller]
    pub fn join(&self) -> Result<(), Unreachable> {
        self.0.done(Request::Join(Patience::Endless)).map(drop)
    }

    /// As [`join`](Self::join), but blocks at most for `timeout`, and says whether all is done.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
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

impl<B: Backend, T: Item> Clone for Queue<B, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend, T: Item> Clone for JoinableQueue<B, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend, T: Item> fmt::Debug for Queue<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.0).finish()
    }
}

impl<B: Backend, T: Item> fmt::Debug for JoinableQueue<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinableQueue").field(&self.0.0).finish()
    }
}
