//! A lock made of a single flag: swap it to "taken", and if it was free, the lock is yours.
//!
//! Taking the lock needs one atomic step, and `swap` is one, so no two threads ever hold it
//! together. Yet the lock can be useless. If it is released with a `Relaxed` store, nothing orders
//! the holder's writes before that store with the next holder's reads after its swap: the two
//! exclude each other in *time* but not in *memory*. The second may see the values from before the
//! first. In Rust that is a data race, which is undefined behaviour; an engine that tracks plain
//! memory finds it.
//!
//! The unlock must *release* and the lock must *acquire*: the orderings are named after their
//! purpose in a lock.
//!
//! (A real spinlock spins. Here a thread tries a few times and gives up, because an endless loop
//! has no finite set of executions to prove.)

use super::{SEQ_CST, sharing};
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, Shared, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "spinlock",
    group: Group::Memory,
    lesson: "A lock must order memory too: release when you unlock, acquire when you lock",
    source: include_str!("spinlock.rs"),
    variants: &[
        Variant::new(
            "relaxed-unlock",
            &RelaxedUnlock { threads: 2, attempts: 1 },
            "The second holder's access is not ordered after the first one's.",
        )
        .fails(FailureKind::DataRace, "balance")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)])
        .swept(sizes!(RelaxedUnlock { threads: 1..=2, attempts: 1..=2 } if threads > 1)),
        Variant::new(
            "release-acquire",
            &ReleaseAcquire { threads: 2, attempts: 2 },
            "The acquire that reads the release sees everything written before it.",
        )
        .outcomes(&["1", "2"])
        .sized(&[(Engine::Dpor, &ReleaseAcquire { threads: 3, attempts: 2 })])
        .swept(sizes!(ReleaseAcquire { threads: 1..=3, attempts: 1..=2 })),
    ],
};

/// A lock that unlocks with the given ordering, and the value it guards.
struct Guarded<B: Backend> {
    taken: AtomicBool<B>,
    balance: Shared<B, i64>,
    unlock: Ordering,
}

impl<B: Backend> Guarded<B> {
    /// Adds one, if the lock is free in one of so many attempts.
    fn add_one(&self, attempts: usize) {
        if (0..attempts).any(|_| !self.taken.swap(true, Acquire)) {
            self.balance.set(self.balance.get() + 1);
            self.taken.store(false, self.unlock);
        }
    }

    fn run(threads: usize, attempts: usize, unlock: Ordering) {
        let taken = AtomicBool::named("taken", false);
        let guarded = Arc::new(Self { taken, balance: Shared::named("balance", 0), unlock });
        join_all((0..threads).map(|n| {
            let body = sharing(&guarded, move |guarded| guarded.add_one(attempts));
            B::spawn(format!("thread {n}"), body)
        }));
        outcome(guarded.balance.get());
    }
}

#[derive(Debug)]
struct RelaxedUnlock {
    threads: usize,
    attempts: usize,
}

impl Program for RelaxedUnlock {
    fn run<B: Backend>(&self) {
        Guarded::<B>::run(self.threads, self.attempts, Relaxed);
    }
}

#[derive(Debug)]
struct ReleaseAcquire {
    threads: usize,
    attempts: usize,
}

impl Program for ReleaseAcquire {
    fn run<B: Backend>(&self) {
        Guarded::<B>::run(self.threads, self.attempts, Release);
    }
}
