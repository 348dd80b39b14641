//! A reader uses a node that a writer may replace and free at any time. Before it does, it writes
//! down which node it is about to use: its *hazard pointer*. The writer frees an old node only if
//! no reader has it written down.
//!
//! Between reading the pointer and writing it down the node may be freed, so the reader looks at
//! the pointer again: if it is still the same, the writer has not replaced the node, and will see
//! the hazard pointer when it does. That is a store followed by a load of something else, on either
//! side: the reader writes its hazard and reads the pointer, the writer writes the pointer and
//! reads the hazard. As in `store-buffering`, both may read too early: the reader finds the pointer
//! unchanged, the writer finds no hazard, and the reader uses memory that is freed.
//!
//! Each side needs a `SeqCst` fence between its store and its load. A fence in the reader alone
//! does not help, and that is where it is dear: libraries take it from there with a barrier that
//! the writer asks the system for.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Shared, execution::outcome},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "hazard-pointer",
    group: Group::Memory,
    lesson: "A hazard that is written but not yet seen protects nothing: fence it with SeqCst",
    source: include_str!("hazard_pointer.rs"),
    variants: &[
        Variant::new(
            "no-fences",
            &NoFences,
            "The reader sees the old pointer, the writer sees no hazard, and the node is freed in use.",
        )
        .outcomes(&["another node", "the node"])
        .under_c11(Claim::fails(FailureKind::DataRace, "node")),
        Variant::new(
            "fence-of-the-reader",
            &FenceOfTheReader,
            "The writer may look for hazards before its new pointer is seen.",
        )
        .outcomes(&["another node", "the node"])
        .under_c11(Claim::fails(FailureKind::DataRace, "node")),
        Variant::new(
            "fences",
            &Fences,
            "Of the hazard and the new pointer, at least one is seen by the other side.",
        )
        .outcomes(&["another node", "the node"]),
    ],
};

/// No node.
const NONE: usize = 0;
/// The node that is replaced.
const OLD: usize = 1;
/// The node in its place.
const NEW: usize = 2;

/// A pointer, the hazard pointer of one reader, and the node that is replaced.
struct List<B: Backend> {
    head: AtomicUsize<B>,
    hazard: AtomicUsize<B>,
    node: Shared<B, i64>,
}

impl<B: Backend> List<B> {
    /// Reads the node, if it is safe from being freed.
    fn read(&self, fenced: bool) -> bool {
        let head = self.head.load(Acquire);
        self.hazard.store(head, Release);
        if fenced {
            B::fence(SeqCst);
        }
        let safe = head == OLD && self.head.load(Acquire) == head;
        if safe {
            assert_eq!(self.node.get(), 42, "the node is freed");
        }
        self.hazard.store(NONE, Release);
        safe
    }

    /// Replaces the node, and frees it if no reader uses it. (A list keeps it for later otherwise.)
    fn replace(&self, fenced: bool) {
        self.head.store(NEW, Release);
        if fenced {
            B::fence(SeqCst);
        }
        if self.hazard.load(Acquire) != OLD {
            self.node.set(0);
        }
    }

    fn run(reader_fenced: bool, writer_fenced: bool) {
        let list = Arc::new(Self {
            head: AtomicUsize::named("head", OLD),
            hazard: AtomicUsize::named("hazard", NONE),
            node: Shared::named("node", 42),
        });
        let writer = sharing(&list, move |list: &Self| list.replace(writer_fenced));
        let writer = B::spawn("writer", writer);
        let read = list.read(reader_fenced);
        writer.join().expect("no panic");
        outcome(if read { "the node" } else { "another node" });
    }
}

#[derive(Debug)]
struct NoFences;

impl Program for NoFences {
    fn run<B: Backend>(&self) {
        List::<B>::run(false, false);
    }
}

#[derive(Debug)]
struct FenceOfTheReader;

impl Program for FenceOfTheReader {
    fn run<B: Backend>(&self) {
        List::<B>::run(true, false);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        List::<B>::run(true, true);
    }
}
