//! A program fills a bounded queue before it starts the thread that empties it.
//!
//! The main thread puts three items into a queue with `maxsize` 2 before it starts the consumer.
//! The third `put` waits for room, and no thread is there yet to make any: the program hangs before
//! it has begun. It worked with two items, and with a larger `maxsize` it will work until there are
//! more items. A bounded queue ties the two sides together. That is its purpose, and both sides
//! must be running.
//!
//! A thread that must not wait uses `try_put`, which reports *full* at once and hands the item
//! back, so that nothing is lost. Whatever its size, the queue also promises an order: last in,
//! first out for a stack; smallest first for a priority queue.

use super::sharing;
use crate::{
    backend::{
        Arc, Backend, Engine, Mutex,
        execution::{outcome, refused},
        join_all,
    },
    primitives::{LifoQueue, Order, OrderedQueue, PriorityQueue, PutError, Queue},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "full-queue",
    group: Group::Queues,
    lesson: "A put into a full queue waits for a consumer, so a consumer must be running",
    source: include_str!("full_queue.rs"),
    variants: &[
        Variant::new(
            "put",
            &Put { maxsize: 2 },
            "The third item waits for room, and the consumer would be started on the next line.",
        )
        .deadlocks("`main` waits for queue not full")
        .swept(sizes!(Put { maxsize: 1..=3 })),
        Variant::new(
            "nowait",
            &NoWait { maxsize: 2 },
            "`try_put` refuses the third item and hands it back; the first two are still there.",
        )
        .refuses("the queue is full")
        .swept(sizes!(NoWait { maxsize: 1..=3 })),
        Variant::new(
            "lifo",
            &Lifo { items: &[2, 3, 1], getters: 1 },
            "The last item in is the first out.",
        )
        .outcomes(&["[1, 3, 2]"])
        .sized(&[(Engine::Dpor, &Lifo { items: &[2, 3, 1], getters: 3 })])
        .swept(sizes!(Lifo { items: [&[2][..], &[2, 3], &[2, 3, 1]], getters: 1..=3 })),
        Variant::new(
            "priority",
            &Priority { items: &[2, 3, 1], getters: 1 },
            "The smallest item comes out first.",
        )
        .outcomes(&["[1, 2, 3]"])
        .sized(&[(Engine::Dpor, &Priority { items: &[2, 3, 1], getters: 3 })])
        .swept(sizes!(Priority { items: [&[2][..], &[2, 3], &[2, 3, 1]], getters: 1..=3 })),
    ],
};

#[derive(Debug)]
struct Put {
    maxsize: usize,
}

impl Program for Put {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, usize>::named("queue", self.maxsize));
        let items = 0..=self.maxsize;
        items.clone().for_each(|item| queue.put(item).expect("open"));
        let consumer =
            B::spawn("consumer", move || items.for_each(|item| assert_eq!(queue.get(), Ok(item))));
        consumer.join().expect("no panic");
    }
}

#[derive(Debug)]
struct NoWait {
    maxsize: usize,
}

impl Program for NoWait {
    fn run<B: Backend>(&self) {
        let queue = Queue::<B, usize>::named("queue", self.maxsize);
        for item in 0..=self.maxsize {
            if let Err(error) = queue.try_put(item) {
                refused(error);
                assert_eq!(error, PutError::Full(self.maxsize), "another item came back");
            }
        }
        let consumer = B::spawn("consumer", move || {
            std::iter::from_fn(|| queue.try_get().ok()).collect::<Vec<_>>()
        });
        let consumed = consumer.join().expect("no panic");
        assert!(consumed.into_iter().eq(0..self.maxsize), "an item was lost");
    }
}

/// Puts `items`, has `getters` threads get them one by one, and reports the order.
fn reorder<B, O>(queue: OrderedQueue<B, O>, items: &[usize], getters: usize)
where
    B: Backend,
    O: Order<Item = usize> + 'static,
{
    items.iter().for_each(|&item| queue.put(item).expect("open"));
    let got = Mutex::<B, _>::named("got", Vec::new());
    let (share, both) = (items.len() / getters, Arc::new((queue, got)));
    join_all((0..getters).map(|n| {
        let body = sharing(&both, move |(queue, got): &(OrderedQueue<B, O>, Mutex<B, Vec<_>>)| {
            for _ in 0..share {
                let mut got = got.lock();
                got.push(queue.get().expect("open"));
            }
        });
        B::spawn(format!("getter {n}"), body)
    }));
    outcome(format!("{:?}", *both.1.lock()));
}

#[derive(Debug)]
struct Lifo {
    items: &'static [usize],
    getters: usize,
}

impl Program for Lifo {
    fn run<B: Backend>(&self) {
        reorder(LifoQueue::<B, _>::named("stack", 0), self.items, self.getters);
    }
}

#[derive(Debug)]
struct Priority {
    items: &'static [usize],
    getters: usize,
}

impl Program for Priority {
    fn run<B: Backend>(&self) {
        reorder(PriorityQueue::<B, _>::named("queue", 0), self.items, self.getters);
    }
}
