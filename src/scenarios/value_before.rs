//! Several threads finish a piece of work each and lower a counter. The last one, which brings it
//! to zero, wakes the thread that waits for all of them.
//!
//! An atomic subtraction returns the value *before* it, so the last one sees one, and not zero. The
//! code compared with zero; no thread ever saw that, and the waiter slept for good (asterinas
//! #1303). It had been written with a function in mind that returns the value after it, as other
//! languages have one, and it read quite naturally.
//!
//! This is a mistake of logic that every execution has in which the waiter sleeps at all. That
//! makes it look like a rare race: on a fast machine the work is done before anybody waits.

use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, Thread, join_all},
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "value-before",
    group: Group::Trackers,
    lesson: "An atomic subtraction returns the value before it: the last one sees one",
    source: include_str!("value_before.rs"),
    variants: &[
        Variant::new(
            "compares-with-zero",
            &ComparesWithZero { workers: 2 },
            "No worker sees the value after its own subtraction, so none wakes the waiter.",
        )
        .deadlocks("`main` waits for unparked")
        .swept(sizes!(ComparesWithZero { workers: 1..=3 })),
        Variant::new(
            "compares-with-one",
            &ComparesWithOne { workers: 2 },
            "The worker that lowers the counter from one to zero wakes the waiter.",
        )
        .sized(&[
            (Engine::Dpor, &ComparesWithOne { workers: 3 }),
            (Engine::Loom, &ComparesWithOne { workers: 2 }),
        ])
        .swept(sizes!(ComparesWithOne { workers: 1..=3 })),
    ],
};

/// Has `workers` threads lower a counter; the one that reads `last` wakes this one.
fn wait_for_all<B: Backend>(workers: usize, last: usize) {
    let left = Arc::new(AtomicUsize::<B>::named("left", workers));
    let waiter: Thread<B> = B::current();
    let workers: Vec<_> = (0..workers)
        .map(|n| {
            let (left, waiter) = (Arc::clone(&left), waiter.clone());
            B::spawn(format!("worker {n}"), move || {
                if left.fetch_sub(1, SeqCst) == last {
                    waiter.unpark();
                }
            })
        })
        .collect();
    while left.load(SeqCst) > 0 {
        B::park();
    }
    join_all(workers);
}

#[derive(Debug)]
struct ComparesWithZero {
    workers: usize,
}

impl Program for ComparesWithZero {
    fn run<B: Backend>(&self) {
        wait_for_all::<B>(self.workers, 0);
    }
}

#[derive(Debug)]
struct ComparesWithOne {
    workers: usize,
}

impl Program for ComparesWithOne {
    fn run<B: Backend>(&self) {
        wait_for_all::<B>(self.workers, 1);
    }
}
