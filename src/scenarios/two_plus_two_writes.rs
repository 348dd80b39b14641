//! Two threads write two variables in opposite orders, each first its own and then the other's. Can
//! both first writes be what remains?
//!
//! For a variable to keep its first write, the second write to it must have come earlier. If both
//! keep theirs, each thread's second write came before the other thread's first one, and so before
//! its own first: nonsense, if there is one order of all writes. There is none. Each variable has
//! an order of its own writes, and the two orders need not agree, even with `Release`, which orders
//! a write only for a thread that acquires it; here nobody reads.
//!
//! It is what goes wrong when two threads each write a pair of fields, "the last one wins", and the
//! fields end up from different threads. `SeqCst` stores, or a `SeqCst` fence between the two
//! stores of each thread, put the pairs in one order. To write both under one lock is better still.

use super::{AS_ACQ_REL, sharing};
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, execution::outcome, join_all},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{self, Relaxed, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "two-plus-two-writes",
    group: Group::Memory,
    lesson: "Each variable orders its own writes; only SeqCst makes the orders agree",
    source: include_str!("two_plus_two_writes.rs"),
    variants: &[
        Variant::new(
            "release",
            &WithRelease,
            "Each second write may come before the other thread's first write to the same variable.",
        )
        .outcomes(&["1, 2", "2, 1", "2, 2"])
        .under_c11(WEAK),
        Variant::new("seq-cst", &AllSeqCst, "All writes are in one order.")
            .outcomes(&["1, 2", "2, 1", "2, 2"])
            .imagined_by(Engine::Loom, WEAK, AS_ACQ_REL),
        Variant::new(
            "seq-cst-fences",
            &Fences,
            "What is written before the first fence comes before what is written after the second.",
        )
        .outcomes(&["1, 2", "2, 1", "2, 2"]),
    ],
};

/// What comes out where each variable has an order of its own.
const WEAK: Claim = Claim::fails(FailureKind::Assertion, "both first writes remain")
    .outcomes(&["1, 1", "1, 2", "2, 1", "2, 2"]);

/// The two variables.
type Both<B> = [AtomicI64<B>; 2];

fn run<B: Backend>(store: Ordering, fenced: bool) {
    let both: Arc<Both<B>> = Arc::new(["x", "y"].map(|name| AtomicI64::named(name, 0)));
    join_all([0, 1].map(|me| {
        let body = sharing(&both, move |both: &Both<B>| {
            both[me].store(1, store);
            if fenced {
                B::fence(SeqCst);
            }
            both[1 - me].store(2, store);
        });
        B::spawn(format!("writer {me}"), body)
    }));
    let [x, y] = both.each_ref().map(|variable| variable.load(Relaxed));
    outcome(format!("{x}, {y}"));
    assert_ne!((x, y), (1, 1), "both first writes remain");
}

#[derive(Debug)]
struct WithRelease;

impl Program for WithRelease {
    fn run<B: Backend>(&self) {
        run::<B>(Release, false);
    }
}

#[derive(Debug)]
struct AllSeqCst;

impl Program for AllSeqCst {
    fn run<B: Backend>(&self) {
        run::<B>(SeqCst, false);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        run::<B>(Relaxed, true);
    }
}
