//! The promises of a queue between processes: every item is got once and in order, no process waits for
//! an item that is there, and a terminated process takes neither an item nor a wake-up with it.

use super::{Of, aside};
use crate::{
    backend::{
        Arc, Backend,
        Capability::{Kill, Timeouts},
        execution::outcome,
    },
    primitives::process::{Entry, Item, JoinableQueue, Process, PutError, Task, entry},
    program::{Group, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// The contracts of [`Queue`](crate::primitives::process::Queue) and [`JoinableQueue`].
pub static SCENARIO: Scenario = scenario::<Real>("process-queue");

/// Names a type of queues for numbers.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`JoinableQueue`].
pub trait Subject: Item + Clone + Sync {
    /// An empty queue for `maxsize` items; zero for any number.
    fn new(maxsize: usize) -> Self;
    /// Blocks until there is room.
    fn put(&self, item: i64);
    /// Like [`put`](Self::put), but blocks for at most a short time; returns the item if it gave
    /// up.
    fn put_timeout(&self, item: i64) -> Result<(), i64>;
    /// Blocks until there is an item.
    fn get(&self) -> i64;
    /// Gets an item if there is one, without blocking.
    fn try_get(&self) -> Option<i64>;
    /// Whether it is empty.
    fn empty(&self) -> bool;
    /// Reports that the work on one item is done; returns whether there was an unfinished one.
    fn task_done(&self) -> bool;
    /// Blocks until all tasks are done.
    fn join(&self);
}

/// Names [`JoinableQueue`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = JoinableQueue<B, i64>;
}

impl<B: Backend> Subject for JoinableQueue<B, i64> {
    fn new(maxsize: usize) -> Self {
        Self::new(maxsize)
    }
    fn put(&self, item: i64) {
        (**self).put(item).expect("it is here");
    }
    fn put_timeout(&self, item: i64) -> Result<(), i64> {
        (**self).put_timeout(item, Duration::from_micros(20)).map_err(PutError::into_inner)
    }
    fn get(&self) -> i64 {
        (**self).get().expect("it is here")
    }
    fn try_get(&self) -> Option<i64> {
        (**self).try_get().ok()
    }
    fn empty(&self) -> bool {
        (**self).empty().expect("it is here")
    }
    fn task_done(&self) -> bool {
        self.task_done().is_ok()
    }
    fn join(&self) {
        self.join().expect("it is here");
    }
}

/// The contracts of queues of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Every item is got once and in order, whichever process is terminated";
    let source = include_str!("process_queue.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "in-order",
            &InOrder::<K>(Of::THIS),
            "Items are got in the order in which they were put, through a queue with room for one.",
        ),
        Variant::new("two-getters", &TwoGetters::<K>(Of::THIS), "Two that wait get one item each."),
        Variant::new(
            "tasks",
            &Tasks::<K>(Of::THIS),
            "A join of the queue waits until every item has been reported done.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A put that gives up returns its item, and has put nothing.",
        )
        .needs(&[Timeouts])
        .outcomes(&["gave up", "put"]),
        Variant::new(
            "terminated-getter",
            &TerminatedGetter::<K>(Of::THIS),
            "An item whose getter is gone is there for the next one.",
        )
        .needs(&[Kill]),
    ];
}

/// Passes an item on.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Gets<S: Subject> {
    items: S,
    got: S,
}

impl<S: Subject> Task for Gets<S> {
    fn run(self) {
        let item = self.items.get();
        self.got.put(item);
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Gets<JoinableQueue<B, i64>>>()]
}

programs! {
    <K: Kind>;

    InOrder<B> {
        let queue = Arc::new(K::On::<B>::new(1));
        let putter = aside::<B, _, _>(&queue, "putter", |queue| {
            queue.put(1);
            queue.put(2);
        });
        assert_eq!([queue.get(), queue.get()], [1, 2], "out of order");
        putter.join().unwrap();
        assert_eq!(queue.try_get(), None, "an item from nowhere");
    }

    TwoGetters<B> {
        let queue = Arc::new(K::On::<B>::new(0));
        let getters = [0, 1].map(|_| aside::<B, _, _>(&queue, "getter", Subject::get));
        queue.put(1);
        queue.put(2);
        let mut got = getters.map(|getter| getter.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2], "an item got twice, or not at all");
    }

    Tasks<B> {
        let queue = Arc::new(K::On::<B>::new(0));
        queue.put(1);
        queue.put(2);
        let worker = aside::<B, _, _>(&queue, "worker", |queue| {
            for item in [1, 2] {
                assert_eq!(queue.try_get(), Some(item), "out of order");
                assert!(queue.task_done(), "a task is missing");
            }
        });
        queue.join();
        assert_eq!(queue.try_get(), None, "joined before all was done");
        assert!(!queue.task_done(), "a task too many");
        worker.join().unwrap();
    }

    Timed<B> {
        let queue = Arc::new(K::On::<B>::new(1));
        queue.put(1);
        let putter = aside::<B, _, _>(&queue, "putter", |queue| queue.put_timeout(2));
        assert_eq!(queue.get(), 1, "out of order");
        let put = putter.join().unwrap();
        let kept = matches!((put, queue.try_get()), (Ok(()), Some(2)) | (Err(2), None));
        assert!(kept, "given back and put, or neither: {put:?}");
        outcome(if put.is_ok() { "put" } else { "gave up" });
    }

    TerminatedGetter<B> {
        let [items, got] = [0, 0].map(K::On::<B>::new);
        let task = || Gets { items: items.clone(), got: got.clone() };
        let [doomed, other] = ["doomed", "other"].map(|name| Process::<B>::new(name, task()));
        doomed.start().expect("nothing forbids it");
        other.start().expect("nothing forbids it");
        items.put(1);
        doomed.terminate().expect("it was started");
        // If the terminated process has taken the item, there is one more for the other.
        if items.empty() {
            items.put(2);
        }
        other.join().expect("it ends well");
    }
}
