//! A fair lock, as at a counter: draw a number, wait until it is called, and when you are done call
//! the next one.
//!
//! Drawing a number is one `fetch_add`, and `Relaxed` is enough for it: it must only be that no two
//! threads draw the same. It is tempting to take the call for a number as well, since a thread that
//! finds its own number called knows that it is alone. It is, in time. But what the thread before
//! it wrote need not be visible yet: the call is what hands the lock on, so it must be stored with
//! `Release`, and the waiting load must be `Acquire`.

use super::{SEQ_CST, sharing};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, Shared, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "ticket-lock",
    group: Group::Memory,
    lesson: "Drawing a ticket may be relaxed; the call of the next one hands the lock on",
    source: include_str!("ticket_lock.rs"),
    variants: &[
        Variant::new(
            "relaxed",
            &WithRelaxed { threads: 2 },
            "The thread that is called need not see what the one before it wrote.",
        )
        .fails(FailureKind::DataRace, "balance")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)])
        .swept(sizes!(WithRelaxed { threads: 1..=2 } if threads > 1)),
        Variant::new(
            "release-acquire",
            &ReleaseAcquire { threads: 2 },
            "The thread that acquires the call sees all that was written before its release.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &ReleaseAcquire { threads: 3 }),
            (Engine::C11, &ReleaseAcquire { threads: 3 }),
        ])
        .swept(sizes!(ReleaseAcquire { threads: 1..=3 })),
    ],
};

/// A lock with tickets, and what it guards.
struct Counter<B: Backend> {
    next: AtomicUsize<B>,
    called: AtomicUsize<B>,
    balance: Shared<B, i64>,
}

impl<B: Backend> Counter<B> {
    fn add_one(&self, wait: Ordering, call: Ordering) {
        let ticket = self.next.fetch_add(1, Relaxed);
        while self.called.load(wait) != ticket {
            B::yield_now();
        }
        self.balance.set(self.balance.get() + 1);
        self.called.store(ticket + 1, call);
    }

    fn run(threads: usize, wait: Ordering, call: Ordering) {
        let (next, called) = (AtomicUsize::named("next", 0), AtomicUsize::named("called", 0));
        let counter = Arc::new(Self { next, called, balance: Shared::named("balance", 0) });
        join_all((0..threads).map(|n| {
            let body = sharing(&counter, move |counter: &Self| counter.add_one(wait, call));
            B::spawn(format!("thread {n}"), body)
        }));
        outcome(counter.balance.get());
    }
}

#[derive(Debug)]
struct WithRelaxed {
    threads: usize,
}

impl Program for WithRelaxed {
    fn run<B: Backend>(&self) {
        Counter::<B>::run(self.threads, Relaxed, Relaxed);
    }
}

#[derive(Debug)]
struct ReleaseAcquire {
    threads: usize,
}

impl Program for ReleaseAcquire {
    fn run<B: Backend>(&self) {
        Counter::<B>::run(self.threads, Acquire, Release);
    }
}
