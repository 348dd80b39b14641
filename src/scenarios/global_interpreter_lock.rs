//! Threads of an interpreter hold one big lock for every single step.
//!
//! A global interpreter lock (GIL) lets one thread run at a time, so it seems that nothing can go
//! wrong. But the lock is released *between* steps, and `count += 1` is several: load the count,
//! add one, store the sum. Each step holds the lock. Between the load and the store another thread
//! may take it and do a whole increment, which is then overwritten. The lock protects the
//! interpreter, not the program.
//!
//! A lock helps only if it is held over everything that must not be interrupted. A big lock in the
//! language, atomic or `volatile` accesses, a "thread-safe" map: all of these make promises about
//! single operations, and a program consists of several.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "global-interpreter-lock",
    group: Group::Counters,
    lesson: "A lock around every step does not protect an operation of two steps",
    source: include_str!("global_interpreter_lock.rs"),
    variants: &[
        Variant::new(
            "per-step",
            &PerStep { threads: 2, counts: 1 },
            "The lock is free between the read and the write, and the other thread gets in.",
        )
        .fails(FailureKind::Assertion, "lost update")
        .natively(&PerStep { threads: 2, counts: 10_000 })
        .outcomes(&["1", "2"])
        .swept(sizes!(PerStep { threads: 1..=3, counts: [1] } if threads > 1)),
        Variant::new(
            "whole-step",
            &WholeStep { threads: 2 },
            "The lock is held from the read to the write.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &WholeStep { threads: 5 }),
            (Engine::Loom, &WholeStep { threads: 3 }),
        ])
        .swept(sizes!(WholeStep { threads: 1..=4 })),
    ],
};

fn check(count: usize, threads: usize) {
    outcome(count);
    assert_eq!(count, threads, "lost update");
}

#[derive(Debug)]
struct PerStep {
    threads: usize,
    counts: usize,
}

impl Program for PerStep {
    fn run<B: Backend>(&self) {
        let count = Arc::new(Mutex::<B, _>::named("the big lock", 0));
        let Self { threads, counts } = *self;
        join_all((0..threads).map(|n| {
            let body = sharing(&count, move |count| {
                for _ in 0..counts {
                    let seen = *count.lock();
                    *count.lock() = seen + 1;
                }
            });
            B::spawn(format!("thread {n}"), body)
        }));
        check(*count.lock(), threads * counts);
    }
}

#[derive(Debug)]
struct WholeStep {
    threads: usize,
}

impl Program for WholeStep {
    fn run<B: Backend>(&self) {
        let count = Arc::new(Mutex::<B, _>::named("the big lock", 0));
        join_all((0..self.threads).map(|n| {
            let body = sharing(&count, |count| {
                let mut count = count.lock();
                let seen = *count;
                *count = seen + 1;
            });
            B::spawn(format!("thread {n}"), body)
        }));
        check(*count.lock(), self.threads);
    }
}
