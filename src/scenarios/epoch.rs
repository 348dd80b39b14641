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
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

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

/// A pointer to a node, and the epochs: the global one, and those that the writer and the reader have pinned.
struct Collector<B: Backend> {
    global: AtomicUsize<B>,
    pinned: [AtomicUsize<B>; 2],
    /// 1 while the node can be found.
    pointer: AtomicUsize<B>,
    node: Shared<B, i64>,
}

impl<B: Backend> Collector<B> {
    fn pin(&self, thread: usize) -> usize {
        let epoch = self.global.load(Relaxed);
        self.pinned[thread].store(epoch, Relaxed);
        B::fence(SeqCst);
        epoch
    }

    fn unpin(&self, thread: usize) {
        self.pinned[thread].store(UNPINNED, Release);
    }

    /// Moves the global epoch on, if the other thread is not in an earlier one.
    fn advance(&self, other: usize) {
        let epoch = self.global.load(Acquire);
        B::fence(SeqCst);
        let pinned = self.pinned[other].load(Acquire);
        if pinned == epoch || pinned == UNPINNED {
            let _ = self.global.compare_exchange(epoch, epoch + 1, AcqRel, Relaxed);
        }
    }

    fn read(&self) {
        self.advance(0);
        self.pin(1);
        if self.pointer.load(Acquire) == 1 {
            let _value = self.node.get();
        }
        self.unpin(1);
    }

    /// Takes the node out, and frees it if it is old enough. (Otherwise it is kept for later.)
    fn replace(&self, own: bool) {
        let mine = self.pin(0);
        self.pointer.store(0, Release);
        B::fence(SeqCst);
        let label = if own { mine } else { self.global.load(Acquire) };
        self.unpin(0);
        self.advance(1);
        self.advance(1);
        if self.global.load(Acquire) >= label + 2 {
            self.node.set(0);
        }
    }

    fn run(own: bool) {
        let collector = Arc::new(Self {
            global: AtomicUsize::named("global epoch", 0),
            pinned: ["writer's epoch", "reader's epoch"]
                .map(|name| AtomicUsize::named(name, UNPINNED)),
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
