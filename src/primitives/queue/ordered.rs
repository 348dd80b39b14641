//! The queue itself: its items and its properties.

use super::Order;
use crate::backend::{Backend, Condvar, Mutex};
use std::{borrow::Cow, fmt};

/// A queue. The [`Order`] of its items distinguishes [`Queue`](super::Queue),
/// [`LifoQueue`](super::LifoQueue) and [`PriorityQueue`](super::PriorityQueue).
///
/// Like the queues of Python's `queue` (with the `shutdown` that they have since 3.13, except that an
/// [immediate one](Self::shutdown_now) returns the remaining items). Unlike with [`std::sync::mpsc`]
/// any number of threads may get. After a shutdown a get waits only while items are left.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::{GetError, PutError, Queue}};
///
/// let queue = Queue::<Std, _>::new(2);
/// queue.put("a")?;
/// queue.put("b")?;
/// assert_eq!(queue.try_put("c"), Err(PutError::Full("c")));
/// assert_eq!(queue.get(), Ok("a"));
/// queue.shutdown();
/// assert_eq!([queue.try_get(), queue.try_get()], [Ok("b"), Err(GetError::ShutDown)]);
/// # Ok::<(), raceproof_suite::primitives::QueueShutDown<&str>>(())
/// ```
pub struct OrderedQueue<B: Backend, O: Order> {
    /// The largest number of items; zero for no limit.
    pub(super) maxsize: usize,
    pub(super) state: Mutex<B, State<O>>,
    /// There is an item to get, or the queue is shut down.
    pub(super) not_empty: Condvar<B>,
    /// There is room for an item, or the queue is shut down.
    pub(super) not_full: Condvar<B>,
    /// No task is unfinished.
    pub(super) all_done: Condvar<B>,
}

#[derive(Default)]
pub(super) struct State<O> {
    pub(super) items: O,
    /// The number of items that were put and not yet reported done. A task may be reported done
    /// before its item is taken, so this number says nothing about the number of items.
    pub(super) unfinished: usize,
    pub(super) shut_down: bool,
    /// How many threads are in a wait for an item, woken ones included until they run.
    pub(super) getting: usize,
    /// How many threads are in a wait for room, woken ones included until they run.
    pub(super) putting: usize,
}

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// An empty queue for at most `maxsize` items, or for any number if `maxsize` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::<&str>::new(10);
    /// assert!(queue.empty());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new(maxsize: usize) -> Self {
        Self::named("queue", maxsize)
    }

    /// Like [`new`](Self::new); traces call the queue `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::<u32>::named("inbox", 0);
    /// assert!(format!("{queue:?}").contains("inbox"));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, maxsize: usize) -> Self {
        let name = name.into();
        Self {
            maxsize,
            not_empty: Condvar::named(format!("{name} not empty")),
            not_full: Condvar::named(format!("{name} not full")),
            all_done: Condvar::named(format!("{name} all done")),
            state: Mutex::named(name, State::default()),
        }
    }

    /// The number of items at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::new(0);
    /// queue.put("a").unwrap();
    /// assert_eq!(queue.qsize(), 1);
    /// ```
    #[track_caller]
    pub fn qsize(&self) -> usize {
        self.state.lock().items.count()
    }

    /// Whether the queue is empty at this moment. This may change before the answer is used.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::new(0);
    /// assert!(queue.empty());
    /// queue.put("a").unwrap();
    /// assert!(!queue.empty());
    /// ```
    #[track_caller]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Whether the queue is full at this moment. This may change before the answer is used.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// let queue = Queue::new(1);
    /// queue.put("a").unwrap();
    /// assert!(queue.full());
    /// ```
    #[track_caller]
    pub fn full(&self) -> bool {
        self.maxsize > 0 && self.qsize() >= self.maxsize
    }

    /// The largest number of items; zero for no limit.
    ///
    /// ```
    /// # use raceproof_suite::native::Queue;
    /// assert_eq!(Queue::<u32>::new(3).maxsize(), 3);
    /// ```
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
