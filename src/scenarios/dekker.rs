//! The first lock that was ever proved, out of loads and stores: a thread raises its flag, and
//! enters if the other's flag is down. If both are up, the thread whose turn it is not takes its
//! flag down and waits for its turn.
//!
//! Nothing in it is a read-modify-write, so it stands and falls with one promise: a thread that has
//! raised its flag and finds the other's down is seen by the other. `Release` and `Acquire` do not
//! give it. Each flag may still be on its way while its thread looks at the other, both find a flag
//! that is down, and both enter.
//!
//! The promise is that of a `SeqCst` fence between raising the flag and every look at the other's.
//! In the lock of `peterson` such a fence is not enough; here the turn decides only who waits, and
//! who enters has always seen a flag that is down. `SeqCst` for all accesses does as well.

use super::{AS_ACQ_REL, sharing};
use crate::{
    backend::{
        Arc, AtomicBool, AtomicUsize, Backend, Engine, Shared, execution::outcome, join_all,
    },
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "dekker",
    group: Group::Memory,
    lesson: "Raise a flag, then look at another: without SeqCst the look may come first",
    source: include_str!("dekker.rs"),
    variants: &[
        Variant::new(
            "acquire-release",
            &AcquireRelease,
            "Both threads may find the other's flag down, and both enter.",
        )
        .outcomes(&["2"])
        .under_c11(Claim::fails(FailureKind::DataRace, "balance")),
        Variant::new(
            "seq-cst-fences",
            &Fences,
            "The thread that comes to its fence second sees the first one's flag.",
        )
        .outcomes(&["2"]),
        Variant::new("seq-cst", &AllSeqCst, "All steps are in one order, as the argument needs.")
            .outcomes(&["2"])
            .imagined_by(Engine::Loom, Claim::fails(FailureKind::DataRace, "balance"), AS_ACQ_REL),
    ],
};

/// What makes the steps of the lock strong enough.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Nothing,
    Fences,
    SeqCst,
}

/// A lock for two threads, and what it guards.
struct Lock<B: Backend> {
    flags: [AtomicBool<B>; 2],
    turn: AtomicUsize<B>,
    balance: Shared<B, i64>,
}

impl<B: Backend> Lock<B> {
    fn raise(&self, me: usize, by: By) {
        self.flags[me].store(true, if by == By::SeqCst { SeqCst } else { Release });
        if by == By::Fences {
            B::fence(SeqCst);
        }
    }

    fn add_one(&self, me: usize, by: By) {
        let (load, store) = if by == By::SeqCst { (SeqCst, SeqCst) } else { (Acquire, Release) };
        let other = 1 - me;
        self.raise(me, by);
        while self.flags[other].load(load) {
            if self.turn.load(load) == me {
                B::yield_now();
                continue;
            }
            self.flags[me].store(false, store);
            while self.turn.load(load) != me {
                B::yield_now();
            }
            self.raise(me, by);
        }
        self.balance.set(self.balance.get() + 1);
        self.turn.store(other, store);
        self.flags[me].store(false, store);
    }

    fn run(by: By) {
        let lock = Arc::new(Self {
            flags: ["flag 0", "flag 1"].map(|name| AtomicBool::named(name, false)),
            turn: AtomicUsize::named("turn", 0),
            balance: Shared::named("balance", 0),
        });
        join_all([0, 1].map(|me| {
            let body = sharing(&lock, move |lock: &Self| lock.add_one(me, by));
            B::spawn(format!("thread {me}"), body)
        }));
        outcome(lock.balance.get());
    }
}

#[derive(Debug)]
struct AcquireRelease;

impl Program for AcquireRelease {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(By::Nothing);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(By::Fences);
    }
}

#[derive(Debug)]
struct AllSeqCst;

impl Program for AllSeqCst {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(By::SeqCst);
    }
}
