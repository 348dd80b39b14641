//! A configuration that is read all the time and replaced now and then. Readers follow a pointer; a
//! writer prepares a new version aside, publishes it with one store of the pointer, and frees the
//! old one when no reader is left in it: read, copy, update.
//!
//! Two things must be ordered. The new version must be complete before its pointer is seen:
//! `Release` and `Acquire`, as for any message. And the writer must see every reader that may have
//! the old pointer. A reader announces itself and then loads the pointer; the writer stores the
//! pointer and then looks for readers. That is the shape of `store-buffering`: without a `SeqCst`
//! fence on either side the reader is announced too late and the pointer is seen too late, both at
//! once, and the version that is being read is freed. Kernels spend their cleverness here on
//! sparing the readers that fence.

use super::{SEQ_CST, sharing};
use crate::{
    backend::{Arc, AtomicBool, AtomicUsize, Backend, Engine, Shared, execution::outcome},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "rcu",
    group: Group::Memory,
    lesson: "Publishing a version needs Release and Acquire; freeing the old one needs fences",
    source: include_str!("rcu.rs"),
    variants: &[
        Variant::new(
            "relaxed-pointer",
            &RelaxedPointer,
            "A reader may follow the new pointer to a version that is not written yet.",
        )
        .fails(FailureKind::DataRace, "version 1")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)]),
        Variant::new(
            "no-fences",
            &NoFences,
            "The writer sees no reader, the reader sees the old pointer, and its version is freed.",
        )
        .outcomes(&["1", "2"])
        .under_c11(Claim::fails(FailureKind::DataRace, "version 0")),
        Variant::new(
            "fences",
            &Fences,
            "A reader that the writer does not see has seen the new pointer.",
        )
        .outcomes(&["1", "2"]),
    ],
};

/// The versions, the pointer to the one in force, and whether there is a reader.
struct Versions<B: Backend> {
    values: [Shared<B, i64>; 2],
    pointer: AtomicUsize<B>,
    reading: AtomicBool<B>,
}

impl<B: Backend> Versions<B> {
    fn read(&self, load: Ordering, fenced: bool) -> i64 {
        self.reading.store(true, Relaxed);
        if fenced {
            B::fence(SeqCst);
        }
        let value = self.values[self.pointer.load(load)].get();
        self.reading.store(false, Release);
        value
    }

    /// Publishes the second version, and frees the first one if no reader is seen. (Otherwise it is freed later.)
    fn update(&self, store: Ordering, fenced: bool) {
        self.values[1].set(2);
        self.pointer.store(1, store);
        if fenced {
            B::fence(SeqCst);
        }
        if !self.reading.load(Acquire) {
            self.values[0].set(0);
        }
    }

    fn run((store, load): (Ordering, Ordering), fenced: bool) {
        let versions = Arc::new(Self {
            values: [Shared::named("version 0", 1), Shared::named("version 1", 0)],
            pointer: AtomicUsize::named("pointer", 0),
            reading: AtomicBool::named("reading", false),
        });
        let writer = sharing(&versions, move |versions: &Self| versions.update(store, fenced));
        let writer = B::spawn("writer", writer);
        let value = versions.read(load, fenced);
        writer.join().expect("no panic");
        assert_ne!(value, 0, "a version that is not there");
        outcome(value);
    }
}

#[derive(Debug)]
struct RelaxedPointer;

impl Program for RelaxedPointer {
    fn run<B: Backend>(&self) {
        Versions::<B>::run((Relaxed, Relaxed), true);
    }
}

#[derive(Debug)]
struct NoFences;

impl Program for NoFences {
    fn run<B: Backend>(&self) {
        Versions::<B>::run((Release, Acquire), false);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        Versions::<B>::run((Release, Acquire), true);
    }
}
