//! Main waits until every item that was put into a queue has been *processed*, not merely taken
//! out.
//!
//! A queue counts the items that were put into it and for which `task_done` has not been called
//! yet; `join` waits until there are none. That is more than "the queue is empty", because the last
//! item is out of the queue while a consumer still works on it. It works only if every consumer
//! calls `task_done` exactly once for each item. If one forgets it, for example on the path of a
//! bad item, `join` waits forever. If one calls it twice, the queue counts below zero and refuses.
//! If other items are still under way, it is worse: the queue does not notice, and `join` returns
//! too early.
//!
//! The call belongs right after the work, on every path out of it. Consumers that serve the queue
//! for as long as the program lives need no sentinel: they are daemons, or a shutdown of the queue
//! after `join` tells them to end.

use super::sharing;
use crate::backend::Capability::{Daemons, Kill};
use crate::{
    backend::{
        Arc, AtomicUsize, Backend, Engine,
        execution::{outcome, refused},
        join_all,
    },
    primitives::{
        Queue,
        process::{self, Entry, Process, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "task-done",
    group: Group::Queues,
    lesson: "Call task_done once per item: too few calls hang, too many end the wait too early",
    source: include_str!("task_done.rs"),
    variants: &[
        Variant::new(
            "missing",
            &Missing { items: 1 },
            "The item is taken and worked on, but `task_done` is not called.",
        )
        .deadlocks("`main` waits for queue all done")
        .swept(sizes!(Missing { items: 1..=3 })),
        Variant::new(
            "too-often",
            &TooOften { items: 1 },
            "No task is left that the second call could refer to.",
        )
        .refuses("task_done called too many times")
        .swept(sizes!(TooOften { items: 1..=3 })),
        Variant::new(
            "too-often-unnoticed",
            &Unnoticed { items: 2 },
            "The second call for the first item counts for the other, which is still under way.",
        )
        .fails(FailureKind::Assertion, "joined before the work was done")
        .outcomes(&["1", "2"])
        .swept(sizes!(Unnoticed { items: 1..=3 } if items > 1)),
        Variant::new(
            "daemon-consumer",
            &DaemonConsumer { items: 2, consumers: 1 },
            "`join` returns when the last item has been worked on, and the consumer that waits for \
             another is stopped with the program.",
        )
        .needs(&[Daemons])
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &DaemonConsumer { items: 2, consumers: 2 })])
        .swept(sizes!(DaemonConsumer { items: 1..=2, consumers: 1..=2 })),
        Variant::new(
            "in-the-right-place",
            &RightPlace { items: 2, consumers: 1 },
            "`join` returns when the last item has been worked on, and then the consumers are told \
             to end.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &RightPlace { items: 2, consumers: 2 }),
            (Engine::Loom, &RightPlace { items: 1, consumers: 1 }),
        ])
        .swept(sizes!(RightPlace { items: 1..=2, consumers: 1..=2 })),
        Variant::new(
            "daemon-process",
            &DaemonProcess { items: 2, consumers: 1 },
            "The consumer is a daemon process: when all is done it waits for another item, and is \
             terminated.",
        )
        .needs(&[Kill])
        .outcomes(&["2"])
        .swept(sizes!(DaemonProcess { items: 1..=2, consumers: [1] })),
    ],
};

/// The queue, and the number of items that have been worked on.
struct Work<B: Backend> {
    queue: Queue<B, usize>,
    worked_on: AtomicUsize<B>,
}

impl<B: Backend> Work<B> {
    fn of(items: usize) -> Arc<Self> {
        let queue = Queue::named("queue", 0);
        (0..items).for_each(|item| queue.put(item).expect("open"));
        Arc::new(Self { queue, worked_on: AtomicUsize::named("worked on", 0) })
    }

    fn work(&self) {
        self.worked_on.fetch_add(1, SeqCst);
    }

    /// Waits until all is done, and checks whether it is.
    fn join(&self, items: usize) {
        self.queue.join();
        let worked_on = self.worked_on.load(SeqCst);
        outcome(worked_on);
        assert_eq!(worked_on, items, "joined before the work was done");
    }
}

#[derive(Debug)]
struct Missing {
    items: usize,
}

impl Program for Missing {
    fn run<B: Backend>(&self) {
        let (work, items) = (Work::<B>::of(self.items), self.items);
        let consumer = B::spawn(
            "consumer",
            sharing(&work, move |work: &Work<B>| {
                for _ in 0..items {
                    work.queue.get().expect("open");
                    work.work();
                }
            }),
        );
        work.join(items);
        consumer.join().expect("no panic");
    }
}

#[derive(Debug)]
struct TooOften {
    items: usize,
}

impl Program for TooOften {
    fn run<B: Backend>(&self) {
        let (work, items) = (Work::<B>::of(self.items), self.items);
        let consumer = B::spawn(
            "consumer",
            sharing(&work, move |work: &Work<B>| {
                for _ in 0..items {
                    work.queue.get().expect("open");
                    work.work();
                    work.queue.task_done().expect("one is under way");
                }
                if let Err(error) = work.queue.task_done() {
                    refused(error);
                }
            }),
        );
        consumer.join().expect("no panic");
        work.queue.join();
    }
}

#[derive(Debug)]
struct Unnoticed {
    items: usize,
}

impl Program for Unnoticed {
    fn run<B: Backend>(&self) {
        let (work, items) = (Work::<B>::of(self.items), self.items);
        let consumer = B::spawn(
            "consumer",
            sharing(&work, move |work: &Work<B>| {
                for _ in 0..items {
                    work.queue.get().expect("open");
                    work.work();
                    let _ = work.queue.task_done();
                    let _ = work.queue.task_done();
                }
            }),
        );
        work.join(items);
        consumer.join().expect("no panic");
    }
}

#[derive(Debug)]
struct DaemonConsumer {
    items: usize,
    consumers: usize,
}

impl Program for DaemonConsumer {
    fn run<B: Backend>(&self) {
        let work = Work::<B>::of(self.items);
        for n in 0..self.consumers {
            let body = sharing(&work, |work: &Work<B>| {
                loop {
                    work.queue.get().expect("open");
                    work.work();
                    work.queue.task_done().expect("one is under way");
                }
            });
            B::spawn_daemon(format!("consumer {n}"), body);
        }
        work.join(self.items);
    }
}

#[derive(Debug)]
struct RightPlace {
    items: usize,
    consumers: usize,
}

impl Program for RightPlace {
    fn run<B: Backend>(&self) {
        let work = Work::<B>::of(self.items);
        let consumers: Vec<_> = (0..self.consumers)
            .map(|n| {
                let body = sharing(&work, |work: &Work<B>| {
                    while work.queue.get().is_ok() {
                        work.work();
                        work.queue.task_done().expect("one is under way");
                    }
                });
                B::spawn(format!("consumer {n}"), body)
            })
            .collect();
        work.join(self.items);
        work.queue.shutdown();
        join_all(consumers);
    }
}

/// Works on items as long as there are any, in a process of its own.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Consumes<B: Backend> {
    queue: process::JoinableQueue<B, usize>,
    worked_on: process::Queue<B, usize>,
}

impl<B: Backend> Task for Consumes<B> {
    fn run(self) {
        loop {
            let item = self.queue.get().expect("the parent is there");
            self.worked_on.put(item).expect("the parent is there");
            self.queue.task_done().expect("one is under way");
        }
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Consumes<B>>()]
}

#[derive(Debug)]
struct DaemonProcess {
    items: usize,
    consumers: usize,
}

impl Program for DaemonProcess {
    fn run<B: Backend>(&self) {
        let queue = process::JoinableQueue::<B, _>::named("queue", 0);
        let worked_on = process::Queue::<B, _>::named("worked on", 0);
        let consumers = (0..self.consumers).map(|n| {
            let consumer = Consumes { queue: queue.clone(), worked_on: worked_on.clone() };
            let consumer = Process::<B>::daemon(format!("consumer {n}"), consumer);
            consumer.start().expect("nothing forbids it");
            consumer
        });
        let consumers: Vec<_> = consumers.collect();
        (0..self.items).for_each(|item| queue.put(item).expect("it is here"));
        queue.join().expect("it is here");
        let done = worked_on.qsize().expect("it is here");
        outcome(done);
        assert_eq!(done, self.items, "joined before the work was done");
        // The end of a program does this with its daemons; a checked program is within another.
        consumers.iter().for_each(|consumer| consumer.terminate().expect("it was started"));
    }
}
