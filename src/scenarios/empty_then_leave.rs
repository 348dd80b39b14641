//! A reader takes items out of a queue until the queue is empty, and leaves.
//!
//! `while !queue.empty() { queue.get() }` reads well and is wrong twice. "Empty" is not "finished":
//! a reader that is faster than the writer finds the queue empty between two items, or before the
//! first, and leaves. The items that come later are never read. With *two* readers the answer is
//! out of date before it is used: both see one item, both call `get`, one gets it and the other
//! waits forever. The documentation of every queue warns about `empty`, `full` and `qsize`: they
//! are good for a progress bar.
//!
//! Only the writer knows that no more items will come, so the writer must say it, with an item that
//! means "the end" for each reader.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, execution::outcome, join_all},
    primitives::Queue,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "empty-then-leave",
    group: Group::Queues,
    lesson: "An empty queue is not a finished one, and an item seen may be gone a moment later",
    source: include_str!("empty_then_leave.rs"),
    variants: &[
        Variant::new(
            "leave",
            &Leave { items: 2 },
            "The queue is empty because the writer is slow, and the reader mistakes that for the \
             end.",
        )
        .fails(FailureKind::Assertion, "items lost")
        .outcomes(&["0", "1", "2"])
        .swept(sizes!(Leave { items: 1..=3 })),
        Variant::new(
            "empty-then-get",
            &EmptyThenGet { readers: 2 },
            "Both readers see the same item, and the slower one waits for another.",
        )
        .deadlocks("waits for queue not empty")
        .swept(sizes!(EmptyThenGet { readers: 1..=3 } if readers > 1)),
        Variant::new(
            "sentinel",
            &Sentinel { items: 2, readers: 1 },
            "The readers leave when the writer says that nothing more will come.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &Sentinel { items: 2, readers: 2 }),
            (Engine::Loom, &Sentinel { items: 1, readers: 1 }),
        ])
        .swept(sizes!(Sentinel { items: 1..=2, readers: 1..=2 })),
    ],
};

fn check(read: usize, items: usize) {
    outcome(read);
    assert_eq!(read, items, "items lost");
}

#[derive(Debug)]
struct Leave {
    items: usize,
}

impl Program for Leave {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, usize>::named("queue", 0));
        let reader = sharing(&queue, |queue: &Queue<B, usize>| {
            let mut read = 0;
            while !queue.empty() {
                queue.get().expect("open");
                read += 1;
            }
            read
        });
        let reader = B::spawn("reader", reader);
        (0..self.items).for_each(|item| queue.put(item).expect("open"));
        check(reader.join().expect("no panic"), self.items);
    }
}

#[derive(Debug)]
struct EmptyThenGet {
    readers: usize,
}

impl Program for EmptyThenGet {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, usize>::named("queue", 0));
        queue.put(1).expect("open");
        join_all((0..self.readers).map(|n| {
            let body = sharing(&queue, |queue: &Queue<B, usize>| {
                while !queue.empty() {
                    queue.get().expect("open");
                }
            });
            B::spawn(format!("reader {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct Sentinel {
    items: usize,
    readers: usize,
}

impl Program for Sentinel {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, Option<usize>>::named("queue", 0));
        let readers: Vec<_> = (0..self.readers)
            .map(|n| {
                let body = sharing(&queue, |queue: &Queue<B, Option<usize>>| {
                    std::iter::from_fn(|| queue.get().expect("open")).count()
                });
                B::spawn(format!("reader {n}"), body)
            })
            .collect();
        (0..self.items).for_each(|item| queue.put(Some(item)).expect("open"));
        (0..self.readers).for_each(|_| queue.put(None).expect("open"));
        check(join_all(readers).into_iter().sum(), self.items);
    }
}
