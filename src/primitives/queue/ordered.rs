//! The queue itself: what it holds, and what can be seen of it.

use super::Order;
use crate::backend::{Backend, Condvar, Mutex};
use std::{borrow::Cow, fmt};

/// A queue; what sets [`Queue`](super::Queue), [`LifoQueue`](super::LifoQueue) and
/// [`PriorityQueue`](super::PriorityQueue) apart is the [`Order`] of its items.
///
/// As the queues of Python's `queue` (with the `shutdown` that they have from 3.13 on, except that an
/// [immediate one](Self::shutdown_now) hands back what was left). Unlike [`std::sync::mpsc`] any number
/// of threads may get, and a get may be waited for after a shutdown only while items are left.
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
    /// How many items there may be; zero for any number.
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
    /// How many items were put and not yet reported done. A task may be reported before its item is
    /// got, so this says nothing of how many items there are.
    pub(super) unfinished: usize,
    pub(super) shut_down: bool,
    /// How many threads are in a wait for an item, woken ones included until they run.
    pub(super) getting: usize,
    /// How many threads are in a wait for room, woken ones included until they run.
    pub(super) putting: usize,
}

impl<B: Backend, O: Order> OrderedQueue<B, O> {
    /// An empty queue for at most `maxsize` items; for any number if that is zero.
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

    /// As [`new`](Self::new); traces call the queue `name`.
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

    /// How many items there are at this moment.
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

    /// Whether there is no item at this moment. By the time the answer is used there may be one.
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

    /// Whether there is no room at this moment. By the time the answer is used there may be some.
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

    /// How many items there may be; zero for any number.
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
