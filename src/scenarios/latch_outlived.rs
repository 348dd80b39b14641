//! A thread hands a job to another and waits at a latch that lives in its own stack frame. The
//! other does the job, sets the latch, and then wakes the first thread, for which it reads from the
//! latch whom to wake.
//!
//! But the latch is no longer there. Its owner has seen that it is set without having slept, has
//! returned, and uses the stack for something else. The bug was in a well-known library for
//! parallel loops (rayon #929) and needed a waiter that looks in the one instant between the
//! setter's two lines. The same shape is in every reference-counted object that is unlocked by its
//! last user, and in mutexes that are destroyed by the thread that just got them.
//!
//! The store that lets another thread go on must be the last access to what that thread may free:
//! read whatever is needed afterwards before it.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, Shared},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "latch-outlived",
    group: Group::Trackers,
    lesson: "Do not touch what you have just allowed another thread to free",
    source: include_str!("latch_outlived.rs"),
    variants: &[
        Variant::new(
            "reads-after-the-set",
            &ReadsAfterTheSet,
            "The owner frees the latch while the setter reads from it whom to wake.",
        )
        .fails(FailureKind::DataRace, "latch's memory")
        .missed_by(&[(Engine::Shuttle, "it does not look for data races")]),
        Variant::new(
            "reads-before-the-set",
            &ReadsBeforeTheSet,
            "The set is the last that the setter does with the latch.",
        ),
    ],
};

/// A latch in the stack frame of the thread that waits for it.
struct Latch<B: Backend> {
    set: AtomicBool<B>,
    /// The rest of the latch: whom to wake. To free it is to write to it.
    memory: Shared<B, i64>,
}

impl<B: Backend> Latch<B> {
    fn run(reads_before: bool) {
        let set = AtomicBool::named("set", false);
        let latch = Arc::new(Self { set, memory: Shared::named("latch's memory", 1) });
        let body = sharing(&latch, move |latch: &Self| {
            let sleeper = reads_before.then(|| latch.memory.get());
            latch.set.store(true, Release);
            let _wakes = sleeper.unwrap_or_else(|| latch.memory.get());
        });
        let setter = B::spawn("setter", body);
        while !latch.set.load(Acquire) {
            B::yield_now();
        }
        // The owner returns, and its stack frame is used for something else.
        latch.memory.set(0);
        setter.join().expect("no panic");
    }
}

#[derive(Debug)]
struct ReadsAfterTheSet;

impl Program for ReadsAfterTheSet {
    fn run<B: Backend>(&self) {
        Latch::<B>::run(false);
    }
}

#[derive(Debug)]
struct ReadsBeforeTheSet;

impl Program for ReadsBeforeTheSet {
    fn run<B: Backend>(&self) {
        Latch::<B>::run(true);
    }
}
