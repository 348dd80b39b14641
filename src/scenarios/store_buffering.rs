//! Two threads raise a flag each and then look at the other's flag. Can both find the other's flag
//! down?
//!
//! If each step took effect at once, no: the thread that raises its flag second sees the first
//! one's flag. Dekker's and Peterson's algorithms rely on this: they let a thread in if the other's
//! flag is down. But a processor does not write to memory at once. It puts the write into a store
//! buffer and goes on to read. Both writes can still be in their buffers when both reads are done,
//! and both threads enter. This happens on every x86 machine, thousands of times a second: it is
//! the one reordering that x86 does.
//!
//! `Release` and `Acquire` do not help. They order what comes before a store and after a load, but
//! here a *later load* must not overtake a store. That takes sequential consistency: a `SeqCst`
//! fence between the two, which drains the buffer, or `SeqCst` for all four accesses. (loom 0.7
//! treats such accesses as weaker than they are, and reports a failure that cannot happen.)

use super::{AS_ACQ_REL, sharing};
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, execution::outcome, join_all},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, Acquire, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "store-buffering",
    group: Group::Memory,
    lesson: "A load may overtake an earlier store, and only a SeqCst fence stops it",
    source: include_str!("store_buffering.rs"),
    variants: &[
        Variant::new(
            "release-acquire",
            &ReleaseAcquire { fenced: false },
            "Each thread may look before its own flag is visible to the other.",
        )
        .outcomes(&["both seen", "one seen"])
        .under_c11(WEAK)
        .swept(sizes!(ReleaseAcquire { fenced: [false] })),
        Variant::new(
            "seq-cst-fences",
            &SeqCstFences { fenced: true },
            "A flag raised before the first fence is visible after the second, whichever thread \
             comes first.",
        )
        .outcomes(&["both seen", "one seen"])
        .swept(sizes!(SeqCstFences { fenced: [true] })),
        Variant::new("seq-cst", &AllSeqCst, "All four accesses are in one order.")
            .outcomes(&["both seen", "one seen"])
            .imagined_by(Engine::Loom, WEAK, AS_ACQ_REL),
    ],
};

/// What comes out if both threads look too early.
const WEAK: Claim = Claim::fails(FailureKind::Assertion, "neither saw the other").outcomes(&[
    "both seen",
    "none seen",
    "one seen",
]);

/// The two flags.
type Flags<B> = [AtomicBool<B>; 2];

/// Raises this thread's flag, and looks at the other.
fn raise_and_look<B: Backend>(
    flags: &Flags<B>,
    me: usize,
    (store, load): (Ordering, Ordering),
    fenced: bool,
) -> bool {
    flags[me].store(true, store);
    if fenced {
        B::fence(SeqCst);
    }
    flags[1 - me].load(load)
}

fn run<B: Backend>(orders: (Ordering, Ordering), fenced: bool) {
    let flags: Arc<Flags<B>> = Arc::new(["flag 0", "flag 1"].map(|n| AtomicBool::named(n, false)));
    let seen = join_all([0, 1].map(|me| {
        let body =
            sharing(&flags, move |flags: &Flags<B>| raise_and_look(flags, me, orders, fenced));
        B::spawn(format!("thread {me}"), body)
    }));
    outcome(match seen.iter().filter(|&&seen| seen).count() {
        0 => "none seen",
        1 => "one seen",
        _ => "both seen",
    });
    assert!(seen.contains(&true), "neither saw the other");
}

#[derive(Debug)]
struct ReleaseAcquire {
    fenced: bool,
}

impl Program for ReleaseAcquire {
    fn run<B: Backend>(&self) {
        run::<B>((Release, Acquire), self.fenced);
    }
}

#[derive(Debug)]
struct SeqCstFences {
    fenced: bool,
}

impl Program for SeqCstFences {
    fn run<B: Backend>(&self) {
        run::<B>((Release, Acquire), self.fenced);
    }
}

#[derive(Debug)]
struct AllSeqCst;

impl Program for AllSeqCst {
    fn run<B: Backend>(&self) {
        run::<B>((SeqCst, SeqCst), false);
    }
}
