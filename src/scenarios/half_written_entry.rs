//! A library gives each thread a value of its own and can iterate over the values of all. A thread
//! that comes for the first time writes its value into a free entry of the table and sets the
//! entry's flag. The iterator visits the entries whose flag is set.
//!
//! The flag was set and read with `Relaxed` ordering. So the iterator may see the flag and not yet
//! the value: it reads an entry that is still being written. On x86 the bug does not show, on ARM
//! it does, and by the rules of the language it is undefined behaviour everywhere. It became a
//! security advisory (RUSTSEC-2022-0006, thread_local).
//!
//! A flag that says "this is written" publishes what was written: Release where it is set, Acquire
//! where it is read.

use super::{SEQ_CST, sharing};
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, Shared},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::{
    Ordering,
    Ordering::{Acquire, Relaxed, Release},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "half-written-entry",
    group: Group::Trackers,
    lesson: "An iterator over what others still fill in needs flags that publish",
    source: include_str!("half_written_entry.rs"),
    variants: &[
        Variant::new(
            "relaxed-flag",
            &RelaxedFlag,
            "The flag orders nothing, so the iterator reads the value while it is written.",
        )
        .fails(FailureKind::DataRace, "value")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)]),
        Variant::new(
            "publishing-flag",
            &PublishingFlag,
            "Whoever sees the flag sees the value that was written before it was set.",
        ),
    ],
};

/// A table with one entry.
struct Table<B: Backend> {
    present: AtomicBool<B>,
    value: Shared<B, i64>,
}

impl<B: Backend> Table<B> {
    /// One thread fills the entry in while another iterates.
    fn run(set: Ordering, look: Ordering) {
        let present = AtomicBool::named("present", false);
        let table = Arc::new(Self { present, value: Shared::named("value", 0) });
        let fill = sharing(&table, move |table: &Self| {
            table.value.set(7);
            table.present.store(true, set);
        });
        let newcomer = B::spawn("newcomer", fill);
        if table.present.load(look) {
            assert_eq!(table.value.get(), 7, "half written");
        }
        newcomer.join().expect("no panic");
    }
}

#[derive(Debug)]
struct RelaxedFlag;

impl Program for RelaxedFlag {
    fn run<B: Backend>(&self) {
        Table::<B>::run(Relaxed, Relaxed);
    }
}

#[derive(Debug)]
struct PublishingFlag;

impl Program for PublishingFlag {
    fn run<B: Backend>(&self) {
        Table::<B>::run(Release, Acquire);
    }
}
