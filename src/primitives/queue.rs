//! A queue that threads put items into and get items from, in one of three orders.
//!
//! Unlike a channel it has no ends to close: any thread may put and get, a [shutdown](OrderedQueue::shutdown)
//! tells all of them at once, and it counts the items that were got but not yet dealt with.

use crate::backend::{Backend, Condvar, Mutex, MutexGuard};
use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    fmt,
    time::Duration,
};

/// In which order a queue gives its items back.
pub trait Order: Default + Send {
    /// What the queue holds.
    type Item: Send;

    /// Takes an item in.
    fn push(&mut self, item: Self::Item);
    /// Gives the next item back.
    fn pop(&mut self) -> Option<Self::Item>;
    /// How many items there are.
    fn count(&self) -> usize;
}

/// First in, first out.
impl<T: Send> Order for VecDeque<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop_front()
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }
}

/// Last in, first out.
impl<T: Send> Order for Vec<T> {
    type Item = T;

    fn push(&mut self, item: T) {
        self.push(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.pop()
    }

    fn count(&self) -> usize {
        self.len()
    }
}

/// The smallest first.
impl<T: Ord + Send> Order for BinaryHeap<Reverse<T>> {
    type Item = T;

    fn push(&mut self, item: T) {
        self.push(Reverse(item));
    }

    fn pop(&mut self) -> Option<T> {
        self.pop().map(|Reverse(item)| item)
    }

    fn count(&self) -> usize {
        self.len()
    }
}

/// A queue whose oldest item is got first, as Python's `queue.Queue`.
pub type Queue<B, T> = OrderedQueue<B, VecDeque<T>>;

/// A queue whose newest item is got first, as Python's `queue.LifoQueue`.
///
/// ```
/// use raceproof::{backend::Std, primitives::LifoQueue};
///
/// let queue = LifoQueue::<Std, _>::new(0);
/// for item in [1, 3, 2] {
///     queue.put(item)?;
/// }
/// assert_eq!([queue.get(), queue.get(), queue.get()], [Ok(2), Ok(3), Ok(1)]);
/// # Ok::<(), raceproof::primitives::QueueShutDown<i32>>(())
/// ```
pub type LifoQueue<B, T> = OrderedQueue<B, Vec<T>>;

/// A queue whose smallest item is got first, as Python's `queue.PriorityQueue`. Which of several equal
/// items comes first is open.
///
/// ```
/// use raceproof::{backend::Std, primitives::PriorityQueue};
///
/// let queue = PriorityQueue::<Std, _>::new(0);
/// for item in [(2, "later"), (1, "now")] {
///     queue.put(item)?;
/// }
/// assert_eq!(queue.get(), Ok((1, "now")));
/// # Ok::<(), raceproof::primitives::QueueShutDown<(i32, &str)>>(())
/// ```
pub type PriorityQueue<B, T> = OrderedQueue<B, BinaryHeap<Reverse<T>>>;

/// A queue; what sets [`Queue`], [`LifoQueue`] and [`PriorityQueue`] apart is the [`Order`] of its items.
///
/// As the queues of Python's `queue` (with the `shutdown` that they have from 3.13 on, except that an
/// [immediate one](Self::shutdown_now) hands back what was left). Unlike [`std::sync::mpsc`] any number
/// of threads may get, and a get may be waited for after a shutdown only while items are left.
///
/// ```
/// use raceproof::{backend::Std, primitives::{GetError, PutError, Queue}};
///
/// let queue = Queue::<Std, _>::new(2);
/// queue.put("a")?;
/// queue.put("b")?;
/// assert_eq!(queue.try_put("c"), Err(PutError::Full("c")));
/// assert_eq!(queue.get(), Ok("a"));
/// queue.shutdown();
/// assert_eq!([queue.try_get(), queue.try_get()], [Ok("b"), Err(GetError::ShutDown)]);
/// # Ok::<(), raceproof::primitives::QueueShutDown<&str>>(())
/// ```
pub struct OrderedQueue<B: Backend, O: Order> {
    /// How many items there may be; zero for any number.
    maxsize: usize,
    state: Mutex<B, State<O>>,
    /// There is an item to get, or the queue is shut down.
    not_empty: Condvar<B>,
    /// There is room for an item, or the queue is shut down.
    not_full: Condvar<B>,
    /// No task is unfinished.
    all_done: Condvar<B>,
}

struct State<O> {
    items: O,
    /// How many items were put and not yet reported done. Never fewer than there are items.
    unfinished: usize,
    shut_down: bool,
    /// How many threads are in a wait for an item, woken ones included until they run.
    getting: usize,
    /// How many threads are in a wait for room, woken ones included until they run.
    putting: usize,
}

/// The queue is shut down; here is the item that was to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue is shut down")]
pub struct QueueShutDown<T = ()>(pub T);

/// Why an item could not be put. It comes back in the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutError<T> {
    /// There is no room, or there was none in time.
    #[error("the queue is full")]
    Full(T),
    /// The queue is shut down.
    #[error("the queue is shut down")]
    ShutDown(T),
}

impl<T> PutError<T> {
    /// The item that was to be put.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::ShutDown(item) => item,
        }
    }
}

/// Why no item could be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GetError {
    /// There is none, or there was none in time.
    #[error("the queue is empty")]
    Empty,
    /// There is none, and the queue is shut down.
    #[error("the queue is shut down")]
    ShutDown,
}

/// More tasks were reported done than items were put. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("task_done called too many times")]
pub struct NoSuchTask;

impl<O: Order> State<O> {
    /// Whether a putter has to wait in a queue of this size.
    fn blocks_put(&self, maxsize: usize) -> bool {
        maxsize > 0 && self.items.count() >= maxsize && !self.shut_down
    }

    /// Whether a getter has to wait.
    fn blocks_get(&self) -> bool {
        self.items.count() == 0 && !self.shut_down
    }
}

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// An empty queue for at most `maxsize` items; for any number if that is zero.
    #[track_caller]
    #[must_use]
    pub fn new(maxsize: usize) -> Self {
        Self::named("queue", maxsize)
    }

    /// As [`new`](Self::new); traces call the queue `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, maxsize: usize) -> Self {
        let name = name.into();
        let state =
            State { items: O::default(), unfinished: 0, shut_down: false, getting: 0, putting: 0 };
        Self {
            maxsize,
            not_empty: Condvar::named(format!("{name} not empty")),
            not_full: Condvar::named(format!("{name} not full")),
            all_done: Condvar::named(format!("{name} all done")),
            state: Mutex::named(name, state),
        }
    }

    /// Blocks until there is room, and puts `item` into the queue.
    ///
    /// # Errors
    ///
    /// [`QueueShutDown`] with the item if the queue is shut down, before or while this blocks.
    #[track_caller]
    #[inline]
    pub fn put(&self, item: O::Item) -> Result<(), QueueShutDown<O::Item>> {
        let mut state = self.state.lock();
        if state.blocks_put(self.maxsize) {
            state.putting += 1;
            state = self.not_full.wait_while(state, |state| state.blocks_put(self.maxsize));
            state.putting -= 1;
        }
        if state.shut_down {
            return Err(QueueShutDown(item));
        }
        self.push(state, item);
        Ok(())
    }

    /// Puts `item` into the queue if there is room; never waits for room.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    #[track_caller]
    #[inline]
    pub fn try_put(&self, item: O::Item) -> Result<(), PutError<O::Item>> {
        let state = self.state.lock();
        if state.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if state.blocks_put(self.maxsize) {
            return Err(PutError::Full(item));
        }
        self.push(state, item);
        Ok(())
    }

    /// As [`put`](Self::put), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`PutError`] with the item.
    #[track_caller]
    pub fn put_timeout(&self, item: O::Item, timeout: Duration) -> Result<(), PutError<O::Item>> {
        let mut state = self.state.lock();
        state.putting += 1;
        let (mut state, timed_out) =
            self.not_full.wait_timeout_while(state, timeout, |s| s.blocks_put(self.maxsize));
        state.putting -= 1;
        if timed_out {
            return Err(PutError::Full(item));
        }
        if state.shut_down {
            return Err(PutError::ShutDown(item));
        }
        self.push(state, item);
        Ok(())
    }

    /// Adds an item, for which there is room, and wakes a getter.
    #[track_caller]
    #[inline]
    fn push(&self, mut state: MutexGuard<'_, B, State<O>>, item: O::Item) {
        state.items.push(item);
        state.unfinished += 1;
        // One getter for one item. One that finds it taken by a newcomer waits on; one that gives up
        // at this moment finds it and takes it. So no item lies idle while a getter sleeps.
        let wake = state.getting > 0;
        drop(state);
        if wake {
            self.not_empty.notify_one();
        }
    }

    /// Blocks until there is an item, and takes it.
    ///
    /// # Errors
    ///
    /// [`QueueShutDown`] if there is no item and the queue is shut down, before or while this blocks.
    #[track_caller]
    #[inline]
    pub fn get(&self) -> Result<O::Item, QueueShutDown> {
        let mut state = self.state.lock();
        if state.blocks_get() {
            state.getting += 1;
            state = self.not_empty.wait_while(state, |state| state.blocks_get());
            state.getting -= 1;
        }
        self.pop(state).ok_or(QueueShutDown(()))
    }

    /// Takes an item if there is one; never waits for one.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    #[track_caller]
    #[inline]
    pub fn try_get(&self) -> Result<O::Item, GetError> {
        let state = self.state.lock();
        let none = if state.shut_down { GetError::ShutDown } else { GetError::Empty };
        self.pop(state).ok_or(none)
    }

    /// As [`get`](Self::get), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<O::Item, GetError> {
        let mut state = self.state.lock();
        state.getting += 1;
        let (mut state, timed_out) =
            self.not_empty.wait_timeout_while(state, timeout, |state| state.blocks_get());
        state.getting -= 1;
        let none = if timed_out { GetError::Empty } else { GetError::ShutDown };
        self.pop(state).ok_or(none)
    }

    /// Takes the next item, if there is one, and wakes a putter.
    #[track_caller]
    #[inline]
    fn pop(&self, mut state: MutexGuard<'_, B, State<O>>) -> Option<O::Item> {
        let item = state.items.pop()?;
        // One putter for one place, as in `push`.
        let wake = state.putting > 0;
        drop(state);
        if wake {
            self.not_full.notify_one();
        }
        Some(item)
    }

    /// Reports that an item which was got has been dealt with. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`NoSuchTask`] if that has been reported for every item; then nothing changes.
    ///
    /// ```
    /// # use raceproof::{backend::Std, primitives::Queue};
    /// let queue = Queue::<Std, _>::new(0);
    /// queue.put("task").unwrap();
    /// queue.get().unwrap();
    /// queue.task_done()?;
    /// queue.join();
    /// assert!(queue.task_done().is_err());
    /// # Ok::<(), raceproof::primitives::NoSuchTask>(())
    /// ```
    #[track_caller]
    pub fn task_done(&self) -> Result<(), NoSuchTask> {
        let mut state = self.state.lock();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(NoSuchTask)?;
        let done = state.unfinished == 0;
        drop(state);
        if done {
            self.all_done.notify_all();
        }
        Ok(())
    }

    /// Blocks until every item that was put has been reported done.
    #[track_caller]
    pub fn join(&self) {
        drop(self.all_done.wait_while(self.state.lock(), |state| state.unfinished > 0));
    }

    /// As [`join`](Self::join), but blocks at most for `timeout`, and says whether all is done.
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        let unfinished = |state: &mut State<O>| state.unfinished > 0;
        !self.all_done.wait_timeout_while(self.state.lock(), timeout, unfinished).1
    }

    /// Shuts the queue down: no item can be put any more, and once those it has are gone, none got.
    /// Every thread that waits in vain is woken. Never blocks for long.
    #[track_caller]
    pub fn shutdown(&self) {
        self.state.lock().shut_down = true;
        // Each waiter tests the flag under the mutex it was set under, so it sees it or is woken; all
        // of them, since no later put or get would wake the rest.
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }

    /// Shuts the queue down and returns the items it had, in the order they would have been got. They
    /// count as done, so a [`join`](Self::join) waits only for those that were got before.
    ///
    /// ```
    /// # use raceproof::{backend::Std, primitives::Queue};
    /// let queue = Queue::<Std, _>::new(0);
    /// queue.put(1).unwrap();
    /// queue.put(2).unwrap();
    /// assert_eq!(queue.shutdown_now(), [1, 2]);
    /// queue.join();
    /// assert!(queue.get().is_err());
    /// ```
    #[track_caller]
    pub fn shutdown_now(&self) -> Vec<O::Item> {
        let mut state = self.state.lock();
        state.shut_down = true;
        let items: Vec<_> = std::iter::from_fn(|| state.items.pop()).collect();
        // A task that was reported done before its item was got leaves fewer unfinished than items.
        state.unfinished = state.unfinished.saturating_sub(items.len());
        let done = state.unfinished == 0;
        drop(state);
        self.not_empty.notify_all();
        self.not_full.notify_all();
        if done {
            self.all_done.notify_all();
        }
        items
    }

    /// How many items there are at this moment.
    #[track_caller]
    pub fn qsize(&self) -> usize {
        self.state.lock().items.count()
    }

    /// Whether there is no item at this moment. By the time the answer is used there may be one.
    #[track_caller]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Whether there is no room at this moment. By the time the answer is used there may be some.
    #[track_caller]
    pub fn full(&self) -> bool {
        self.maxsize > 0 && self.qsize() >= self.maxsize
    }

    /// How many items there may be; zero for any number.
    #[must_use]
    pub fn maxsize(&self) -> usize {
        self.maxsize
    }
}

impl<B: Backend, O: Order> fmt::Debug for OrderedQueue<B, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.state).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

    const SHORT: Duration = Duration::from_millis(1);

    fn drained<O: Order<Item = i32>>(items: &[i32]) -> Vec<i32> {
        let queue = OrderedQueue::<Std, O>::new(0);
        for &item in items {
            queue.put(item).unwrap();
        }
        (0..items.len()).map(|_| queue.get().unwrap()).collect()
    }

    #[test]
    fn three_orders() {
        assert_eq!(drained::<VecDeque<_>>(&[2, 3, 1]), [2, 3, 1]);
        assert_eq!(drained::<Vec<_>>(&[2, 3, 1]), [1, 3, 2]);
        assert_eq!(drained::<BinaryHeap<_>>(&[2, 3, 1]), [1, 2, 3]);
    }

    #[test]
    fn a_full_queue_gives_the_item_back() {
        let queue = Queue::<Std, _>::new(1);
        assert!(queue.empty() && !queue.full());
        queue.put("a").unwrap();
        assert!(queue.full() && queue.qsize() == 1);
        assert_eq!(queue.try_put("b"), Err(PutError::Full("b")));
        assert_eq!(queue.put_timeout("b", SHORT), Err(PutError::Full("b")));
        assert_eq!(queue.get_timeout(Duration::ZERO), Ok("a"));
        assert_eq!(queue.put_timeout("b", Duration::ZERO), Ok(()));
        assert_eq!([queue.try_get(), queue.try_get()], [Ok("b"), Err(GetError::Empty)]);
        assert_eq!(queue.get_timeout(SHORT), Err(GetError::Empty));
    }

    #[test]
    fn every_item_is_a_task() {
        let queue = Queue::<Std, _>::new(0);
        assert_eq!(queue.task_done(), Err(NoSuchTask));
        queue.put(1).unwrap();
        assert!(!queue.join_timeout(SHORT));
        assert_eq!(queue.task_done(), Ok(()));
        assert!(queue.join_timeout(Duration::ZERO));
        queue.put(2).unwrap();
        assert_eq!(queue.shutdown_now(), [1, 2]);
        queue.join();
    }

    #[test]
    fn after_a_shutdown_only_what_is_left_can_be_got() {
        let queue = Queue::<Std, _>::new(1);
        queue.put(1).unwrap();
        queue.shutdown();
        assert_eq!(queue.put(2), Err(QueueShutDown(2)));
        assert_eq!(queue.try_put(2), Err(PutError::ShutDown(2)));
        assert_eq!(queue.put_timeout(2, SHORT).map_err(PutError::into_inner), Err(2));
        assert_eq!([queue.get(), queue.get()], [Ok(1), Err(QueueShutDown(()))]);
        assert_eq!(queue.try_get(), Err(GetError::ShutDown));
        assert_eq!(queue.get_timeout(SHORT), Err(GetError::ShutDown));
    }
}
