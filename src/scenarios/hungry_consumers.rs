//! One producer makes n items; each of three consumers insists on n.
//!
//! The producer makes n items, and each consumer calls `get` n times, as it did when there was only
//! one consumer. Now three consumers want 3n items together, and there are n. The items are shared
//! out somehow, and then all consumers wait, in every interleaving. This needs no race. The mistake
//! is that the program fixes the *number* of items for each consumer, which only the scheduler
//! knows.
//!
//! A consumer must not count. It takes items until it is told that there are no more: by one
//! sentinel for each consumer, or by a shutdown of the queue, which tells all of them at once.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, execution::outcome, join_all},
    primitives::Queue,
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "hungry-consumers",
    group: Group::Queues,
    lesson: "The scheduler decides how many items a consumer gets, so it must not count them",
    source: include_str!("hungry_consumers.rs"),
    variants: &[
        Variant::new(
            "each-insists",
            &EachInsists { items: 1, consumers: 3 },
            "The consumers want three times as many items as there are.",
        )
        .deadlocks("waits for queue not empty")
        .swept(sizes!(EachInsists { items: 1..=2, consumers: 1..=3 } if consumers > 1)),
        Variant::new(
            "sentinel",
            &Sentinel { items: 2, consumers: 2 },
            "Each consumer takes items until it gets a sentinel.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Loom, &Sentinel { items: 1, consumers: 1 })])
        .swept(sizes!(Sentinel { items: 1..=2, consumers: 1..=2 })),
        Variant::new(
            "shutdown",
            &Shutdown { items: 2, consumers: 2 },
            "Once the queue is shut down and empty, `get` tells every consumer so.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &Shutdown { items: 1, consumers: 3 }),
            (Engine::Loom, &Shutdown { items: 1, consumers: 1 }),
        ])
        .swept(sizes!(Shutdown { items: 1..=2, consumers: 1..=4 - items })),
    ],
};

#[derive(Debug)]
struct EachInsists {
    items: usize,
    consumers: usize,
}

impl Program for EachInsists {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, usize>::named("queue", 0));
        let items = self.items;
        let consumers: Vec<_> = (0..self.consumers)
            .map(|n| {
                let body = sharing(&queue, move |queue: &Queue<B, usize>| {
                    assert!((0..items).all(|_| queue.get().is_ok()));
                });
                B::spawn(format!("consumer {n}"), body)
            })
            .collect();
        (0..items).for_each(|item| queue.put(item).expect("open"));
        join_all(consumers);
    }
}

#[derive(Debug)]
struct Sentinel {
    items: usize,
    consumers: usize,
}

impl Program for Sentinel {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, Option<usize>>::named("queue", 0));
        let consumers: Vec<_> = (0..self.consumers)
            .map(|n| {
                let body = sharing(&queue, |queue: &Queue<B, Option<usize>>| {
                    std::iter::from_fn(|| queue.get().expect("open")).count()
                });
                B::spawn(format!("consumer {n}"), body)
            })
            .collect();
        (0..self.items).for_each(|item| queue.put(Some(item)).expect("open"));
        (0..self.consumers).for_each(|_| queue.put(None).expect("open"));
        outcome(join_all(consumers).into_iter().sum::<usize>());
    }
}

#[derive(Debug)]
struct Shutdown {
    items: usize,
    consumers: usize,
}

impl Program for Shutdown {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, usize>::named("queue", 0));
        let consumers: Vec<_> = (0..self.consumers)
            .map(|n| {
                let body = sharing(&queue, |queue: &Queue<B, usize>| {
                    std::iter::from_fn(|| queue.get().ok()).count()
                });
                B::spawn(format!("consumer {n}"), body)
            })
            .collect();
        (0..self.items).for_each(|item| queue.put(item).expect("open"));
        queue.shutdown();
        outcome(join_all(consumers).into_iter().sum::<usize>());
    }
}
