//! Several threads add one to the same counter.
//!
//! `count += 1` looks like one step but is three: read the count, add one, write the sum. Two
//! threads that both read 5 both write 6, and one of the two increments is gone: a *lost update*.
//! There is no crash and no error, only a count that is too low, and only now and then, because the
//! second thread has to read in the short moment between the first one's read and its write. The
//! tests pass; page views and stock levels drift.
//!
//! No data race is involved, which shows how little atomic variables help by themselves: every single
//! access here is atomic, but the *increment* is not. It becomes atomic when a lock spans both
//! accesses, or when the hardware does both in one instruction, `fetch_add`. Not sharing is the
//! cheapest: each thread counts for itself and adds its result once.

use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "counter",
    group: Group::Counters,
    lesson: "An increment is a read and a write; a thread that reads in between loses an update",
    source: include_str!("counter.rs"),
    variants: &[
        Variant::new(
            "unlocked",
            &Unlocked { threads: 2, increments: 1 },
            "Both threads can read the same count before either has written its sum.",
        )
        .fails(FailureKind::Assertion, "lost update")
        .natively(&Unlocked { threads: 2, increments: 100_000 })
        .outcomes(&["1", "2"])
        .swept(sizes!(Unlocked { threads: 1..=2, increments: 1..=2 } if threads > 1)),
        Variant::new(
            "locked",
            &Locked { threads: 2, increments: 1 },
            "The thread that holds the lock reads and writes, and no other thread runs in between.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &Locked { threads: 4, increments: 2 }),
            (Engine::Loom, &Locked { threads: 3, increments: 1 }),
        ])
        .swept(sizes!(Locked { threads: 1..=3, increments: 1..=2 })),
        Variant::new(
            "atomic",
            &Atomic { threads: 2, increments: 1 },
            "`fetch_add` reads and writes in one indivisible step.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &Atomic { threads: 4, increments: 2 }),
            (Engine::Loom, &Atomic { threads: 3, increments: 1 }),
        ])
        .swept(sizes!(Atomic { threads: 1..=3, increments: 1..=2 })),
        Variant::new(
            "local-then-merge",
            &LocalThenMerge { threads: 2, increments: 2 },
            "Nothing is shared while counting, and the single addition at the end holds the lock.",
        )
        .outcomes(&["4"])
        .sized(&[
            (Engine::Dpor, &LocalThenMerge { threads: 5, increments: 2 }),
            (Engine::Loom, &LocalThenMerge { threads: 3, increments: 2 }),
        ])
        .swept(sizes!(LocalThenMerge { threads: 1..=3, increments: 1..=2 })),
    ],
};

fn check(count: i64, threads: usize, increments: i64) {
    outcome(count);
    assert_eq!(count, threads as i64 * increments, "lost update");
}

#[derive(Debug)]
struct Unlocked {
    threads: usize,
    increments: i64,
}

impl Program for Unlocked {
    fn run<B: Backend>(&self) {
        let count = Arc::new(AtomicI64::<B>::named("count", 0));
        let increments = self.increments;
        join_all((0..self.threads).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("adder {n}"), move || {
                for _ in 0..increments {
                    let seen = count.load(SeqCst);
                    count.store(seen + 1, SeqCst);
                }
            })
        }));
        check(count.load(SeqCst), self.threads, increments);
    }
}

#[derive(Debug)]
struct Locked {
    threads: usize,
    increments: i64,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        let count = Arc::new(Mutex::<B, _>::named("count", 0));
        let increments = self.increments;
        join_all((0..self.threads).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("adder {n}"), move || {
                for _ in 0..increments {
                    *count.lock() += 1;
                }
            })
        }));
        check(*count.lock(), self.threads, increments);
    }
}

#[derive(Debug)]
struct Atomic {
    threads: usize,
    increments: i64,
}

impl Program for Atomic {
    fn run<B: Backend>(&self) {
        let count = Arc::new(AtomicI64::<B>::named("count", 0));
        let increments = self.increments;
        join_all((0..self.threads).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("adder {n}"), move || {
                for _ in 0..increments {
                    count.fetch_add(1, SeqCst);
                }
            })
        }));
        check(count.load(SeqCst), self.threads, increments);
    }
}

#[derive(Debug)]
struct LocalThenMerge {
    threads: usize,
    increments: i64,
}

impl Program for LocalThenMerge {
    fn run<B: Backend>(&self) {
        let count = Arc::new(Mutex::<B, _>::named("count", 0));
        let increments = self.increments;
        join_all((0..self.threads).map(|n| {
            let count = Arc::clone(&count);
            B::spawn(format!("adder {n}"), move || {
                let mut mine = 0;
                for _ in 0..increments {
                    mine += 1;
                }
                *count.lock() += mine;
            })
        }));
        check(*count.lock(), self.threads, increments);
    }
}
