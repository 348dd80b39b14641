//! Producers put items into a queue; a special item, the *sentinel*, tells the consumers to stop.
//!
//! A consumer takes items until it takes the sentinel, and ends. The sentinel is then gone. Two
//! mistakes follow from that, and a third from the choice of the item:
//!
//! - *only-one*: one sentinel for two consumers. One of them ends, the other waits forever.
//! - *too-early*: a producer that has finished puts the sentinels while the other producer is still
//!   at work. The consumers leave, and later items stay in the queue.
//! - *falsy-item*: the sentinel is 0 (or an empty string, or `None` where that is a possible item),
//!   and one day an item has that very value. The consumer stops in the middle.
//!
//! The right way: wait until *all* producers have ended, then put one sentinel for *each* consumer,
//! and make it something that cannot be an item. In Rust that is `Option`: the type distinguishes
//! `None` from `Some(0)`.

use super::{processes, sharing};
use crate::{
    backend::{Arc, Backend, Engine, JoinHandle, execution::outcome, join_all},
    primitives::{
        Queue,
        process::{self, Entry, Process, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "sentinel",
    group: Group::Queues,
    lesson: "One sentinel per consumer, after the last producer, and never equal to an item",
    source: include_str!("sentinel.rs"),
    variants: &[
        Variant::new(
            "only-one",
            &OnlyOne { consumers: 2 },
            "The consumer that takes the only sentinel leaves none for the other.",
        )
        .deadlocks("waits for queue not empty")
        .swept(sizes!(OnlyOne { consumers: 1..=3 } if consumers > 1)),
        Variant::new(
            "too-early",
            &TooEarly { producers: 2 },
            "The consumer is told to stop while the other producer has an item yet to come.",
        )
        .fails(FailureKind::Assertion, "items left")
        .outcomes(&["[0, 1]", "[0]"])
        .swept(sizes!(TooEarly { producers: 1..=3 } if producers > 1)),
        Variant::new(
            "falsy-item",
            &FalsyItem { items: &[1, 0, 2] },
            "The item 0 is taken for the sentinel 0.",
        )
        .fails(FailureKind::Assertion, "items left")
        .outcomes(&["[1]"])
        .swept(sizes!(FalsyItem { items: [&[1][..], &[1, 0], &[1, 0, 2]] } if items.len() > 1)),
        Variant::new(
            "one-for-each-consumer",
            &OneForEach { producers: 2, consumers: 1 },
            "All items are in the queue before the sentinels, and there is a sentinel for each \
             consumer.",
        )
        .outcomes(&["[0, 1]"])
        .sized(&[
            (Engine::Dpor, &OneForEach { producers: 2, consumers: 2 }),
            (Engine::Loom, &OneForEach { producers: 1, consumers: 1 }),
        ])
        .swept(sizes!(OneForEach { producers: 1..=2, consumers: 1..=3 - producers })),
        Variant::new(
            "processes",
            &InProcesses { producers: 2, consumers: 1 },
            "Producers and consumers are processes: the producers are joined before the sentinels \
             are put.",
        )
        .outcomes(&["[0, 1]"])
        .sized(&[(Engine::Loom, &InProcesses { producers: 1, consumers: 1 })])
        .natively(&InProcesses { producers: 3, consumers: 2 })
        .swept(sizes!(InProcesses { producers: 1..=2, consumers: [1] })),
    ],
};

/// Items, and `None` as the sentinel.
type Items<B> = Queue<B, Option<usize>>;

/// Takes items until the sentinel comes.
fn consume<B: Backend>(queue: &Items<B>) -> Vec<usize> {
    std::iter::from_fn(|| queue.get().expect("open")).collect()
}

fn consumers<B: Backend>(
    queue: &Arc<Items<B>>,
    consumers: usize,
) -> Vec<JoinHandle<B, Vec<usize>>> {
    (0..consumers)
        .map(|n| B::spawn(format!("consumer {n}"), sharing(queue, consume::<B>)))
        .collect()
}

/// Whether every item was consumed exactly once.
fn check(mut consumed: Vec<usize>, items: usize) {
    consumed.sort();
    outcome(format!("{consumed:?}"));
    let left = items - consumed.len();
    assert_eq!(left, 0, "items left");
    assert!(consumed.into_iter().eq(0..items), "an item was consumed twice");
}

#[derive(Debug)]
struct OnlyOne {
    consumers: usize,
}

impl Program for OnlyOne {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Items::<B>::named("queue", 0));
        let consumers = consumers(&queue, self.consumers);
        queue.put(Some(0)).expect("open");
        queue.put(None).expect("open");
        check(join_all(consumers).concat(), 1);
    }
}

#[derive(Debug)]
struct TooEarly {
    producers: usize,
}

impl Program for TooEarly {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Items::<B>::named("queue", 0));
        let producers: Vec<_> = (0..self.producers)
            .map(|n| {
                let body = sharing(&queue, move |queue: &Items<B>| {
                    queue.put(Some(n)).expect("open");
                    // The first producer wrongly thinks that it is the last.
                    if n == 0 {
                        queue.put(None).expect("open");
                    }
                });
                B::spawn(format!("producer {n}"), body)
            })
            .collect();
        let consumed = consume(&queue);
        join_all(producers);
        check(consumed, self.producers);
    }
}

#[derive(Debug)]
struct FalsyItem {
    items: &'static [usize],
}

impl Program for FalsyItem {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Queue::<B, usize>::named("queue", 0));
        let consumer = sharing(&queue, |queue: &Queue<B, usize>| {
            let item = || Some(queue.get().expect("open")).filter(|&item| item != 0);
            std::iter::from_fn(item).collect::<Vec<_>>()
        });
        let consumer = B::spawn("consumer", consumer);
        for &item in self.items.iter().chain(&[0]) {
            queue.put(item).expect("open");
        }
        let consumed = consumer.join().expect("no panic");
        outcome(format!("{consumed:?}"));
        assert_eq!(consumed, self.items, "items left");
    }
}

#[derive(Debug)]
struct OneForEach {
    producers: usize,
    consumers: usize,
}

impl Program for OneForEach {
    fn run<B: Backend>(&self) {
        let queue = Arc::new(Items::<B>::named("queue", 0));
        let consumers = consumers(&queue, self.consumers);
        join_all((0..self.producers).map(|n| {
            let body = sharing(&queue, move |queue: &Items<B>| queue.put(Some(n)).expect("open"));
            B::spawn(format!("producer {n}"), body)
        }));
        (0..self.consumers).for_each(|_| queue.put(None).expect("open"));
        check(join_all(consumers).concat(), self.producers);
    }
}

/// Puts an item, in a process of its own.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Produces<B: Backend>(process::Queue<B, Option<usize>>, usize);

impl<B: Backend> Task for Produces<B> {
    fn run(self) {
        self.0.put(Some(self.1)).expect("the parent is there");
    }
}

/// Passes items on until the sentinel comes, in a process of its own.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Consumes<B: Backend> {
    queue: process::Queue<B, Option<usize>>,
    consumed: process::Queue<B, usize>,
}

impl<B: Backend> Task for Consumes<B> {
    fn run(self) {
        while let Some(item) = self.queue.get().expect("the parent is there") {
            self.consumed.put(item).expect("the parent is there");
        }
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Produces<B>>(), entry::<Consumes<B>>()]
}

#[derive(Debug)]
struct InProcesses {
    producers: usize,
    consumers: usize,
}

impl Program for InProcesses {
    fn run<B: Backend>(&self) {
        let queue = process::Queue::<B, _>::named("queue", 0);
        let consumed = process::Queue::<B, _>::named("consumed", 0);
        let consumers = (0..self.consumers).map(|n| {
            let consumer = Consumes { queue: queue.clone(), consumed: consumed.clone() };
            let consumer = Process::<B>::new(format!("consumer {n}"), consumer);
            consumer.start().expect("nothing forbids it");
            consumer
        });
        let consumers: Vec<_> = consumers.collect();
        let producers = (0..self.producers).map(|item| Produces(queue.clone(), item));
        processes::<B, _>("producer", producers);
        (0..self.consumers).for_each(|_| queue.put(None).expect("it is here"));
        consumers.iter().for_each(|consumer| consumer.join().expect("it ends well"));
        check(std::iter::from_fn(|| consumed.try_get().ok()).collect(), self.producers);
    }
}
