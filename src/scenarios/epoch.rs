//! Memory that others may still read is freed by epochs. There is a global epoch, and each thread that
//! reads pins the epoch in which it began. The global epoch goes on only if every pinned thread has
//! seen it. What a thread takes out of a structure is labelled with an epoch, and freed when the
//! global one is two further: by then, every thread that may have seen it has left.
//!
//! Which epoch is the label? A thread that took something out used the one that it had pinned itself,
//! which it had at hand. The global epoch may be one further. A thread that pins now, and finds what
//! is about to be taken out, is in the later epoch: one more step, to which it does not object, and
//! what it reads is two epochs old by the label, and is freed (crossbeam PR #42; a nested pin that
//! moved the own epoch on was the next one, #105).
//!
//! The label is the global epoch at the time when nobody can find the thing any more.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, Shared},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "epoch",
    group: Group::Trackers,
    lesson: "Label what you retire with the global epoch: your own may be one behind",
    source: include_str!("epoch.rs"),
    variants: &[
        Variant::new(
            "own-epoch",
            &OwnEpoch,
            "The reader pins the next epoch, and the node is freed one epoch too early.",
        )
        .fails(FailureKind::DataRace, "node")
        .missed_by(&[(Engine::Shuttle, "it does not look for data races")]),
        Variant::new(
            "global-epoch",
            &GlobalEpoch,
            "The epoch in which the node is freed is not reached while the reader is pinned.",
        ),
    ],
};

/// A thread that is not pinned.
const UNPINNED: usize = usize::MAX;

/// The epoch that the writer has pinned when it began. The global one has gone on since.
const OWN: usize = 0;

/// A pointer to a node, and the epochs: the global one, and that which the reader has pinned.
struct Collector<B: Backend> {
    global: AtomicUsize<B>,
    pinned: AtomicUsize<B>,
    /// 1 while the node can be found.
    pointer: AtomicUsize<B>,
    node: Shared<B, i64>,
}

impl<B: Backend> Collector<B> {
    /// Pins the epoch and reads the node if it can be found.
    fn read(&self) {
        self.pinned.store(self.global.load(Relaxed), Relaxed);
        B::fence(SeqCst);
        if self.pointer.load(Acquire) == 1 {
            let _value = self.node.get();
        }
        self.pinned.store(UNPINNED, Release);
    }

    /// Moves the global epoch on, if the reader is not in an earlier one. Only one thread does.
    fn advance(&self) {
        let epoch = self.global.load(Relaxed);
        B::fence(SeqCst);
        let pinned = self.pinned.load(Acquire);
        if pinned == epoch || pinned == UNPINNED {
            self.global.store(epoch + 1, Release);
        }
    }

    /// Takes the node out, and frees it if it is old enough. (Otherwise it is kept for later.)
    fn replace(&self, own: bool) {
        self.pointer.store(0, Release);
        B::fence(SeqCst);
        let label = if own { OWN } else { self.global.load(Relaxed) };
        self.advance();
        self.advance();
        if self.global.load(Relaxed) >= label + 2 {
            self.node.set(0);
        }
    }

    fn run(own: bool) {
        let collector = Arc::new(Self {
            global: AtomicUsize::named("global epoch", OWN + 1),
            pinned: AtomicUsize::named("reader's epoch", UNPINNED),
            pointer: AtomicUsize::named("pointer", 1),
            node: Shared::named("node", 42),
        });
        let reader = B::spawn("reader", sharing(&collector, Self::read));
        collector.replace(own);
        reader.join().expect("no panic");
    }
}

#[derive(Debug)]
struct OwnEpoch;

impl Program for OwnEpoch {
    fn run<B: Backend>(&self) {
        Collector::<B>::run(true);
    }
}

#[derive(Debug)]
struct GlobalEpoch;

impl Program for GlobalEpoch {
    fn run<B: Backend>(&self) {
        Collector::<B>::run(false);
    }
}
