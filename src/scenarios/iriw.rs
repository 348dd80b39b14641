//! Two writers write two variables, one each. Two readers read both, in opposite orders. Can one
//! reader see the first write without the second, and the other the second without the first?
//!
//! They would disagree about which of two independent writes came first. There is no answer that
//! both could be given, so under sequential consistency it cannot be; on x86 and on today's ARM it
//! cannot be either. But `Release` and `Acquire` promise no common order of independent writes, and
//! on POWER, where two cores that share a cache see each other's writes before the rest does,
//! readers really disagree. Each pair of a store and a load is in order; there is no order of all.
//!
//! It matters where readers must come to the same decision from what they see. All accesses
//! `SeqCst` give one order, and so do `SeqCst` fences between the two loads of each reader,
//! whatever the loads and stores are.

use super::{AS_ACQ_REL, sharing};
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, join_all},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "iriw",
    group: Group::Memory,
    lesson: "Release and Acquire give independent writes no order on which all readers agree",
    source: include_str!("iriw.rs"),
    variants: &[
        Variant::new(
            "acquire-release",
            &AcquireRelease,
            "The readers may see the two writes in opposite orders.",
        )
        .under_c11(Claim::fails(FailureKind::Assertion, "the readers disagree")),
        Variant::new(
            "seq-cst",
            &AllSeqCst,
            "All accesses are in one order, so of two writes one is the first.",
        )
        .imagined_by(
            Engine::Loom,
            Claim::fails(FailureKind::Assertion, "the readers disagree"),
            AS_ACQ_REL,
        ),
        Variant::new(
            "seq-cst-fences",
            &Fences,
            "The reader whose fence comes second sees whatever the first one has seen before its own.",
        ),
    ],
};

/// The two variables.
type Flags<B> = [AtomicBool<B>; 2];

fn run<B: Backend>(store: Ordering, load: Ordering, fenced: bool) {
    let flags: Arc<Flags<B>> = Arc::new(["x", "y"].map(|name| AtomicBool::named(name, false)));
    let writer = sharing(&flags, move |flags: &Flags<B>| flags[0].store(true, store));
    let writer = B::spawn("writer", writer);
    let readers = [0, 1].map(|n| {
        let body = sharing(&flags, move |flags: &Flags<B>| {
            let first = flags[n].load(load);
            if fenced {
                B::fence(SeqCst);
            }
            first && !flags[1 - n].load(load)
        });
        B::spawn(format!("reader {n}"), body)
    });
    // The main thread is the other writer.
    flags[1].store(true, store);
    writer.join().expect("no panic");
    let saw_its_own_first = join_all(readers);
    assert!(saw_its_own_first.contains(&false), "the readers disagree");
}

#[derive(Debug)]
struct AcquireRelease;

impl Program for AcquireRelease {
    fn run<B: Backend>(&self) {
        run::<B>(Release, Acquire, false);
    }
}

#[derive(Debug)]
struct AllSeqCst;

impl Program for AllSeqCst {
    fn run<B: Backend>(&self) {
        run::<B>(SeqCst, SeqCst, false);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        run::<B>(Relaxed, Relaxed, true);
    }
}
