//! A lock for two threads out of nothing but loads and stores: each says that it wants in, and
//! gives the other the turn. It may enter if the other does not want in, or if the turn is its own.
//!
//! Peterson's argument is about the order of four steps: if neither sees that the other wants in,
//! each must have looked before the other spoke, and so before itself. It holds if all steps are in
//! one order. With `Acquire` and `Release` they are not: a load may overtake the store before it,
//! both threads look too early, and both enter.
//!
//! A `SeqCst` fence between speaking and looking seems to mend it, as in `store-buffering`, and
//! does not. The turn is a second variable: one thread may enter because it sees the turn that the
//! other gave it, although the other has not seen that anybody wants in. Either all accesses are
//! `SeqCst`, or the turn is *swapped*: swaps of one variable are in one order whatever their
//! ordering, and the second one, with `AcqRel`, sees all that the first thread had said.
//!
//! (A thread looks once and gives up here. With a loop nothing else would go wrong.)

use super::{AS_ACQ_REL, sharing};
use crate::{
    backend::{Arc, AtomicBool, AtomicI64, Backend, Engine, Shared, execution::outcome, join_all},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "peterson",
    group: Group::Memory,
    lesson: "A proof about the order of steps is void where steps have no one order",
    source: include_str!("peterson.rs"),
    variants: &[
        Variant::new(
            "acquire-release",
            &AcquireRelease,
            "Each thread may look before the other sees that it wants in.",
        )
        .outcomes(&["0", "1", "2"])
        .under_c11(Claim::fails(FailureKind::DataRace, "balance")),
        Variant::new(
            "one-fence",
            &OneFence,
            "A thread that comes first to its fence need not see the other, which sees its own turn.",
        )
        .outcomes(&["0", "1", "2"])
        .under_c11(Claim::fails(FailureKind::DataRace, "balance")),
        Variant::new("seq-cst", &AllSeqCst, "All steps are in one order, as the argument needs.")
            .outcomes(&["0", "1", "2"])
            .imagined_by(Engine::Loom, Claim::fails(FailureKind::DataRace, "balance"), AS_ACQ_REL),
        Variant::new(
            "swap",
            &Swap,
            "The thread that swaps second sees that the first wants in, and that the turn is the first's.",
        )
        .outcomes(&["0", "1", "2"]),
    ],
};

/// How a thread gives the other the turn.
#[derive(Clone, Copy)]
enum Give {
    Store(Ordering),
    StoreAndFence,
    Swap,
}

/// A lock for two threads, and what it guards.
struct Lock<B: Backend> {
    wants: [AtomicBool<B>; 2],
    turn: AtomicI64<B>,
    balance: Shared<B, i64>,
}

impl<B: Backend> Lock<B> {
    /// Adds one, if the other thread does not keep it out.
    fn add_one(&self, me: usize, give: Give) {
        let (other, strong) = (1 - me, matches!(give, Give::Store(SeqCst)));
        let (load, store) = if strong { (SeqCst, SeqCst) } else { (Acquire, Release) };
        self.wants[me].store(true, store);
        match give {
            Give::Store(order) => self.turn.store(other as i64, order),
            Give::StoreAndFence => {
                self.turn.store(other as i64, Release);
                B::fence(SeqCst);
            }
            Give::Swap => {
                self.turn.swap(other as i64, AcqRel);
            }
        }
        if !self.wants[other].load(load) || self.turn.load(load) == me as i64 {
            self.balance.set(self.balance.get() + 1);
        }
        self.wants[me].store(false, store);
    }

    fn run(give: Give) {
        let lock = Arc::new(Self {
            wants: ["thread 0 wants in", "thread 1 wants in"].map(|n| AtomicBool::named(n, false)),
            turn: AtomicI64::named("turn", 0),
            balance: Shared::named("balance", 0),
        });
        join_all([0, 1].map(|me| {
            let body = sharing(&lock, move |lock: &Self| lock.add_one(me, give));
            B::spawn(format!("thread {me}"), body)
        }));
        outcome(lock.balance.get());
    }
}

#[derive(Debug)]
struct AcquireRelease;

impl Program for AcquireRelease {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(Give::Store(Release));
    }
}

#[derive(Debug)]
struct OneFence;

impl Program for OneFence {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(Give::StoreAndFence);
    }
}

#[derive(Debug)]
struct AllSeqCst;

impl Program for AllSeqCst {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(Give::Store(SeqCst));
    }
}

#[derive(Debug)]
struct Swap;

impl Program for Swap {
    fn run<B: Backend>(&self) {
        Lock::<B>::run(Give::Swap);
    }
}
