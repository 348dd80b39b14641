//! The promises of a queue: every item is got once and in order, it never holds more than its size,
//! no thread waits for an item that is there, and a shutdown reaches all.

use super::{Of, aside, together};
use crate::{
    backend::{Arc, Backend, Capability::Timeouts, execution::outcome, join_all},
    primitives::{LifoQueue, PriorityQueue, PutError, Queue},
    program::{Group, Scenario, Variant},
};
use std::{fmt, time::Duration};

/// The contracts of [`Queue`], [`LifoQueue`] and [`PriorityQueue`].
pub static SCENARIO: Scenario = scenario::<Real>("queue");

/// Names a type of queues for numbers, in three orders.
pub trait Kind: fmt::Debug + 'static {
    /// First in, first out.
    type Fifo<B: Backend>: Subject;
    /// Last in, first out.
    type Lifo<B: Backend>: Subject;
    /// Smallest first.
    type Priority<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Queue`].
pub trait Subject: Send + Sync + 'static {
    /// An empty queue for `maxsize` items; zero for any number.
    fn new(maxsize: usize) -> Self;
    /// Blocks until there is room; returns whether it is open.
    fn put(&self, item: i64) -> bool;
    /// Puts the item if there is room, without blocking; returns it if there is none.
    fn try_put(&self, item: i64) -> Result<(), i64>;
    /// Like [`put`](Self::put), but blocks for at most a short time; returns the item if it gave
    /// up.
    fn put_timeout(&self, item: i64) -> Result<(), i64>;
    /// Blocks until there is an item; returns `None` after a shutdown.
    fn get(&self) -> Option<i64>;
    /// Gets an item if there is one, without blocking.
    fn try_get(&self) -> Option<i64>;
    /// Like [`get`](Self::get), but blocks for at most a short time.
    fn get_timeout(&self) -> Option<i64>;
    /// Reports that the work on one item is done; returns whether there was an unfinished one.
    fn task_done(&self) -> bool;
    /// Blocks until all tasks are done.
    fn join(&self);
    /// Shuts it down.
    fn shutdown(&self);
    /// Shuts it down and returns the remaining items, which count as done.
    fn shutdown_now(&self) -> Vec<i64>;
    /// The number of items.
    fn qsize(&self) -> usize;
}

/// Names [`Queue`], [`LifoQueue`] and [`PriorityQueue`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type Fifo<B: Backend> = Queue<B, i64>;
    type Lifo<B: Backend> = LifoQueue<B, i64>;
    type Priority<B: Backend> = PriorityQueue<B, i64>;
}

/// Long enough for real threads to do something, short enough to pass.
const MOMENT: Duration = Duration::from_micros(20);

impl<B: Backend, O> Subject for crate::primitives::OrderedQueue<B, O>
where
    O: crate::primitives::Order<Item = i64> + 'static,
{
    fn new(maxsize: usize) -> Self {
        Self::new(maxsize)
    }
    fn put(&self, item: i64) -> bool {
        self.put(item).is_ok()
    }
    fn try_put(&self, item: i64) -> Result<(), i64> {
        self.try_put(item).map_err(PutError::into_inner)
    }
    fn put_timeout(&self, item: i64) -> Result<(), i64> {
        self.put_timeout(item, MOMENT).map_err(PutError::into_inner)
    }
    fn get(&self) -> Option<i64> {
        self.get().ok()
    }
    fn try_get(&self) -> Option<i64> {
        self.try_get().ok()
    }
    fn get_timeout(&self) -> Option<i64> {
        self.get_timeout(MOMENT).ok()
    }
    fn task_done(&self) -> bool {
        self.task_done().is_ok()
    }
    fn join(&self) {
        self.join();
    }
    fn shutdown(&self) {
        self.shutdown();
    }
    fn shutdown_now(&self) -> Vec<i64> {
        self.shutdown_now()
    }
    fn qsize(&self) -> usize {
        self.qsize()
    }
}

/// The contracts of queues of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Every item is got once, and no thread waits for an item that is there";
    let source = include_str!("queue.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "every-item-once",
            &EveryItemOnce::<K>(Of::THIS),
            "Two getters get the two items, one each, whenever they come.",
        ),
        Variant::new(
            "never-above-its-size",
            &NeverAbove::<K>(Of::THIS),
            "Of two items for one place the second waits until the first is got.",
        ),
        Variant::new(
            "fifo",
            &Fifo::<K>(Of::THIS),
            "Another thread gets items in the order in which one thread put them, through a queue \
             of one.",
        ),
        Variant::new(
            "every-item-in-order",
            &InOrder::<K>(Of::THIS),
            "Another thread gets items in the order in which one thread put them, even if it comes \
             late.",
        ),
        Variant::new(
            "lifo-and-priority",
            &LifoAndPriority::<K>(Of::THIS),
            "The newest first, and the smallest first, whichever thread put it and when.",
        ),
        Variant::new(
            "join-waits-for-all-tasks",
            &JoinWaits::<K>(Of::THIS),
            "A join returns when every item has been processed, not when every item has been got.",
        ),
        Variant::new(
            "shutdown-wakes-getters",
            &ShutdownGet::<K>(Of::THIS),
            "A shutdown wakes every waiting getter, without an item.",
        ),
        Variant::new(
            "shutdown-wakes-putters",
            &ShutdownPut::<K>(Of::THIS),
            "A shutdown wakes every waiting putter, with its item.",
        ),
        Variant::new(
            "shutdown-now-finishes-tasks",
            &ShutdownNow::<K>(Of::THIS),
            "The items that the shutdown takes out count as done, so that a join can end.",
        ),
        Variant::new(
            "timed-get",
            &TimedGet::<K>(Of::THIS),
            "A timed get gets the item, or gives up and leaves it to others.",
        )
        .needs(&[Timeouts])
        .outcomes(&["gave up", "got"]),
        Variant::new(
            "timed-put",
            &TimedPut::<K>(Of::THIS),
            "A timed put has put the item, or gives up and returns it.",
        )
        .needs(&[Timeouts])
        .outcomes(&["gave up", "put"]),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "A put into a full queue returns the item, and no task is done twice.",
        ),
    ];
}

/// Puts 1 and then 2.
#[track_caller]
fn put_both<B: Backend, K: Kind>(queue: &K::Fifo<B>) {
    assert!(queue.put(1) && queue.put(2), "shut down");
}

programs! {
    <K: Kind>;

    EveryItemOnce<B> {
        let queue = Arc::new(K::Fifo::<B>::new(0));
        let getters = [0, 1].map(|_| {
            aside::<B, _, _>(&queue, "getter", |queue| queue.get().expect("an item for each"))
        });
        put_both::<B, K>(&queue);
        let mut got = join_all(getters);
        got.sort_unstable();
        assert_eq!(got, [1, 2], "an item got twice, or not at all");
        assert_eq!(queue.qsize(), 0, "an item got and still there");
    }

    NeverAbove<B> {
        let queue = Arc::new(K::Fifo::<B>::new(1));
        let putters = [1, 2].map(|item| {
            let queue = Arc::clone(&queue);
            B::spawn(format!("putter {item}"), move || assert!(queue.put(item), "shut down"))
        });
        assert!(queue.qsize() <= 1, "more items than room");
        let got = [queue.get(), queue.get()];
        let once = got == [Some(1), Some(2)] || got == [Some(2), Some(1)];
        assert!(once, "an item got twice, or not at all: {got:?}");
        join_all(putters);
        assert_eq!(queue.try_get(), None, "an item from nowhere");
    }

    Fifo<B> {
        let queue = Arc::new(K::Fifo::<B>::new(1));
        let putter = aside::<B, _, _>(&queue, "putter", |queue| {
            assert!((1..=2).all(|item| queue.put(item)), "shut down");
        });
        assert_eq!([queue.get(), queue.get()], [Some(1), Some(2)], "out of order");
        putter.join().unwrap();
    }

    InOrder<B> {
        let queue = Arc::new(K::Fifo::<B>::new(0));
        let getter = aside::<B, _, _>(&queue, "getter", |queue| [queue.get(), queue.get()]);
        put_both::<B, K>(&queue);
        assert_eq!(getter.join(), Ok([Some(1), Some(2)]), "out of order");
    }

    LifoAndPriority<B> {
        let queues = Arc::new((K::Lifo::<B>::new(0), K::Priority::<B>::new(0)));
        together::<B, _, _>(&queues, 2, |(lifo, priority), n| {
            let item = 2 - i64::try_from(n).expect("few threads");
            assert!(lifo.put(item) && priority.put(item), "shut down for the threads");
        });
        assert!(queues.0.put(3) && queues.1.put(3), "shut down for the main thread");
        assert_eq!(queues.0.get(), Some(3), "not the newest");
        let sorted = [Some(1), Some(2), Some(3)];
        assert_eq!([(); 3].map(|()| queues.1.get()), sorted, "not the smallest");
    }

    JoinWaits<B> {
        let queue = Arc::new(K::Fifo::<B>::new(0));
        put_both::<B, K>(&queue);
        let worker = aside::<B, _, _>(&queue, "worker", |queue| {
            for _ in 0..2 {
                assert!(queue.get().is_some() && queue.task_done(), "a task that is not there");
            }
        });
        queue.join();
        assert_eq!(queue.qsize(), 0, "joined before all was done: an item is left");
        assert!(!queue.task_done(), "joined before all was done: a task is left");
        worker.join().unwrap();
    }

    ShutdownGet<B> {
        let queue = Arc::new(K::Fifo::<B>::new(0));
        let getters = [0, 1].map(|_| aside::<B, _, _>(&queue, "getter", |queue| queue.get()));
        queue.shutdown();
        assert_eq!(join_all(getters), [None, None], "an item from nowhere");
    }

    ShutdownPut<B> {
        let queue = Arc::new(K::Fifo::<B>::new(1));
        assert!(queue.put(1), "shut down");
        let putters = [0, 1].map(|_| aside::<B, _, _>(&queue, "putter", |queue| queue.put(2)));
        queue.shutdown();
        assert_eq!(join_all(putters), [false, false], "put after the shutdown");
        assert_eq!([queue.get(), queue.get()], [Some(1), None], "an item was lost");
    }

    ShutdownNow<B> {
        let queue = Arc::new(K::Fifo::<B>::new(0));
        put_both::<B, K>(&queue);
        let joiner = aside::<B, _, _>(&queue, "joiner", |queue| queue.join());
        assert_eq!(queue.shutdown_now(), [1, 2], "an item was lost");
        joiner.join().unwrap();
        assert_eq!(queue.get(), None, "an item that was taken out");
    }

    TimedGet<B> {
        let queue = Arc::new(K::Fifo::<B>::new(1));
        let getter = aside::<B, _, _>(&queue, "getter", |queue| queue.get_timeout());
        assert!(queue.put(7), "shut down");
        let got = getter.join().unwrap();
        let left = queue.try_get();
        assert!((got, left) == (Some(7), None) || (got, left) == (None, Some(7)), "an item was lost");
        outcome(if got.is_some() { "got" } else { "gave up" });
    }

    TimedPut<B> {
        let queue = Arc::new(K::Fifo::<B>::new(1));
        assert!(queue.put(1), "shut down");
        let putter = aside::<B, _, _>(&queue, "putter", |queue| queue.put_timeout(7));
        assert_eq!(queue.get(), Some(1), "out of order");
        let put = putter.join().unwrap();
        let left = queue.try_get();
        let kept = matches!((put, left), (Ok(()), Some(7)) | (Err(7), None));
        assert!(kept, "given back and put, or neither: {put:?}, {left:?}");
        outcome(if put.is_ok() { "put" } else { "gave up" });
    }

    Refuses<B> {
        let queue = K::Fifo::<B>::new(1);
        assert!(!queue.task_done(), "a task that is not there");
        assert_eq!([queue.try_put(1), queue.try_put(2)], [Ok(()), Err(2)], "room for two");
        assert_eq!([queue.try_get(), queue.try_get()], [Some(1), None], "another item");
        assert!(queue.task_done(), "refused a task that is done");
        assert!(!queue.task_done(), "a task that is not there any more");
        queue.shutdown();
        assert_eq!(queue.try_put(3), Err(3), "put after the shutdown at once");
        assert!(!queue.put(3) && queue.get().is_none(), "put after the shutdown by a blocking call");
    }
}
