//! A queue of threads in which each waits for the one before it (Craig; Landin and Hagersten). A
//! thread raises its own flag, swaps itself in as the last of the queue, and waits until the flag
//! of the thread that it has found there is down. To unlock, it takes its own flag down.
//!
//! The swap is one atomic step, so the queue is never torn. Yet the flag is raised *before* the
//! swap by a store of its own, and the thread behind finds out about the flag only by way of the
//! swap. With a `Relaxed` swap it may know whose flag to look at and not see yet that the flag was
//! raised: it sees it down, as it was in the beginning, and enters. The swap must release the flag
//! that was raised, and acquire the one of the thread before.

use super::sharing;
use crate::{
    backend::{
        Arc, AtomicBool, AtomicUsize, Backend, Engine, Shared, execution::outcome, join_all,
    },
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "clh-lock",
    group: Group::Memory,
    lesson: "To join a queue is to publish a node and to read another: swap with AcqRel",
    source: include_str!("clh_lock.rs"),
    variants: &[
        Variant::new(
            "relaxed-swap",
            &RelaxedSwap { threads: 2 },
            "The thread behind sees the flag down, as it was before it was raised.",
        )
        .outcomes(&["2"])
        .under_c11(Claim::fails(FailureKind::DataRace, "balance"))
        .swept(sizes!(RelaxedSwap { threads: 2..=3 })),
        Variant::new(
            "acquire-release",
            &AcquireRelease { threads: 2 },
            "A thread sees the flag raised, or else taken down after all that was done under the lock.",
        )
        .outcomes(&["2"])
        .sized(&[
            (Engine::Dpor, &AcquireRelease { threads: 3 }),
            (Engine::C11, &AcquireRelease { threads: 3 }),
        ])
        .swept(sizes!(AcquireRelease { threads: 1..=3 })),
    ],
};

/// A queue lock, and what it guards.
struct Queue<B: Backend> {
    /// A flag for each thread, and one that is down for the first to find.
    flags: Vec<AtomicBool<B>>,
    last: AtomicUsize<B>,
    balance: Shared<B, i64>,
}

impl<B: Backend> Queue<B> {
    fn add_one(&self, me: usize, swap: Ordering) {
        self.flags[me].store(true, Relaxed);
        let before = self.last.swap(me, swap);
        while self.flags[before].load(Acquire) {
            B::yield_now();
        }
        self.balance.set(self.balance.get() + 1);
        self.flags[me].store(false, Release);
    }

    fn run(threads: usize, swap: Ordering) {
        let flag = |n| AtomicBool::named(format!("flag {n}"), false);
        let flags = (0..=threads).map(flag).collect();
        let last = AtomicUsize::named("last", threads);
        let queue = Arc::new(Self { flags, last, balance: Shared::named("balance", 0) });
        join_all((0..threads).map(|me| {
            let body = sharing(&queue, move |queue: &Self| queue.add_one(me, swap));
            B::spawn(format!("thread {me}"), body)
        }));
        outcome(queue.balance.get());
    }
}

#[derive(Debug)]
struct RelaxedSwap {
    threads: usize,
}

impl Program for RelaxedSwap {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(self.threads, Relaxed);
    }
}

#[derive(Debug)]
struct AcquireRelease {
    threads: usize,
}

impl Program for AcquireRelease {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(self.threads, AcqRel);
    }
}
