//! A queue of threads in which each wakes the one behind it (Mellor-Crummey and Scott). A thread
//! swaps itself in as the last of the queue. If there was one before it, it links itself behind
//! that one and waits for its own flag to go down. To unlock, a thread takes down the flag of the
//! thread that is linked behind it, or empties the queue.
//!
//! So the lock is handed on in two ways, and each must order memory. Through an empty queue: by the
//! compare-and-swap that empties it, and by the swap of whoever comes next. And through a link: the
//! thread behind raises its flag, then links itself, and the one before follows the link and takes
//! the flag down. If the link is `Relaxed`, the flag may be taken down, in the order of the writes
//! to it, *before* it was raised: it then stays up, and its thread waits for ever.

use super::{SEQ_CST, sharing};
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
    id: "mcs-lock",
    group: Group::Memory,
    lesson: "A lock that is handed on in two ways must order memory in both",
    source: include_str!("mcs_lock.rs"),
    variants: &[
        Variant::new(
            "relaxed-swap",
            &RelaxedSwap { threads: 2 },
            "A thread that finds the queue empty need not see what the last holder wrote.",
        )
        .fails(FailureKind::DataRace, "balance")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)])
        .swept(sizes!(RelaxedSwap { threads: 1..=2 } if threads > 1)),
        Variant::new(
            "relaxed-link",
            &RelaxedLink { threads: 2 },
            "The flag may be taken down before it is raised, and then stays up for good.",
        )
        .outcomes(&["2"])
        .under_c11(Claim::fails(FailureKind::StepLimit, "livelock"))
        .swept(sizes!(RelaxedLink { threads: 2..=2 })),
        Variant::new(
            "acquire-release",
            &AcquireRelease { threads: 2 },
            "The link publishes the raised flag, and the flag taken down what was done under the lock.",
        )
        .outcomes(&["2"])
        .swept(sizes!(AcquireRelease { threads: 1..=2 })),
    ],
};

/// The orderings of the swap and of the link, and of the load that follows it.
#[derive(Clone, Copy)]
struct Orders {
    swap: Ordering,
    link: Ordering,
    follow: Ordering,
}

/// A queue lock, and what it guards. Threads are numbered from 1, and 0 is none.
struct Queue<B: Backend> {
    flags: Vec<AtomicBool<B>>,
    /// The thread behind each thread.
    behind: Vec<AtomicUsize<B>>,
    last: AtomicUsize<B>,
    balance: Shared<B, i64>,
    orders: Orders,
}

impl<B: Backend> Queue<B> {
    fn lock(&self, me: usize) {
        self.flags[me].store(true, Relaxed);
        let before = self.last.swap(me, self.orders.swap);
        if before != 0 {
            self.behind[before].store(me, self.orders.link);
            while self.flags[me].load(Acquire) {
                B::yield_now();
            }
        }
    }

    fn unlock(&self, me: usize) {
        let mut behind = self.behind[me].load(self.orders.follow);
        if behind == 0 {
            if self.last.compare_exchange(me, 0, Release, Relaxed).is_ok() {
                return;
            }
            while behind == 0 {
                B::yield_now();
                behind = self.behind[me].load(self.orders.follow);
            }
        }
        self.flags[behind].store(false, Release);
    }

    fn run(threads: usize, orders: Orders) {
        let flag = |n| AtomicBool::named(format!("flag {n}"), false);
        let behind = |n| AtomicUsize::named(format!("behind {n}"), 0);
        let queue = Arc::new(Self {
            flags: (0..=threads).map(flag).collect(),
            behind: (0..=threads).map(behind).collect(),
            last: AtomicUsize::named("last", 0),
            balance: Shared::named("balance", 0),
            orders,
        });
        join_all((1..=threads).map(|me| {
            let body = sharing(&queue, move |queue: &Self| {
                queue.lock(me);
                queue.balance.set(queue.balance.get() + 1);
                queue.unlock(me);
            });
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
        Queue::<B>::run(self.threads, Orders { swap: Relaxed, link: Release, follow: Acquire });
    }
}

#[derive(Debug)]
struct RelaxedLink {
    threads: usize,
}

impl Program for RelaxedLink {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(self.threads, Orders { swap: AcqRel, link: Relaxed, follow: Relaxed });
    }
}

#[derive(Debug)]
struct AcquireRelease {
    threads: usize,
}

impl Program for AcquireRelease {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(self.threads, Orders { swap: AcqRel, link: Release, follow: Acquire });
    }
}
