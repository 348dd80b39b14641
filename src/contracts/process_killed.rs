//! What a process that is killed leaves to the others: all that it had no hold on any more.

use super::aside;
use crate::{
    backend::{Backend, Capability::Kill},
    primitives::process::{Entry, Lock, Pipe, PipeEnd, Process, Queue, Task, entry},
    program::{Group, Program, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The contracts of processes that are killed. No copy knows what this crate's own processes hold, so they are
/// about these alone.
pub static SCENARIO: Scenario = Scenario {
    id: "process-killed",
    group: Group::Contracts,
    lesson: "Whoever is killed takes nothing along that others wait for",
    source: include_str!("process_killed.rs"),
    variants: &[
        Variant::new(
            "wakes-another",
            &WakesAnother,
            "If it was woken for a lock that it will never take, another waiter is woken.",
        )
        .needs(&[Kill]),
        Variant::new(
            "handed-its-end-on",
            &HandedOn,
            "An end of a pipe that another process has by now stays open.",
        )
        .needs(&[Kill]),
    ],
};

/// Takes a lock, and keeps it.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Acquires<B: Backend>(Lock<B>);

impl<B: Backend> Task for Acquires<B> {
    fn run(self) {
        self.0.acquire().expect("the parent is there");
    }
}

/// Hands on its end of a pipe.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Passes<B: Backend>(PipeEnd<B, i64>, Queue<B, PipeEnd<B, i64>>);

impl<B: Backend> Task for Passes<B> {
    fn run(self) {
        self.1.put(self.0).expect("the parent is there");
    }
}

/// Sends a message.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Sends<B: Backend>(PipeEnd<B, i64>);

impl<B: Backend> Task for Sends<B> {
    fn run(self) {
        self.0.send(1).expect("the parent is there");
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Acquires<B>>(), entry::<Passes<B>>(), entry::<Sends<B>>()]
}

#[derive(Debug)]
struct WakesAnother;

impl Program for WakesAnother {
    fn run<B: Backend>(&self) {
        let lock = Arc::new(Lock::<B>::named("lock"));
        lock.acquire().expect("it is here");
        let doomed = Process::<B>::new("doomed", Acquires(Lock::clone(&lock)));
        doomed.start().expect("nothing forbids it");
        let other = aside::<B, _, _>(&lock, "other", |lock| {
            lock.acquire().expect("it is here");
            // Unless that was done for it below.
            let _ = lock.release();
        });
        lock.release().expect("it is held");
        doomed.terminate().expect("it was started");
        // If the one that was terminated has the lock, nobody else releases it.
        if lock.locked() == Ok(true) {
            let _ = lock.release();
        }
        other.join().unwrap();
    }
}

#[derive(Debug)]
struct HandedOn;

impl Program for HandedOn {
    fn run<B: Backend>(&self) {
        let (mine, theirs) = Pipe::<B, _>::duplex(1).expect("room for one");
        let passed = Queue::<B, _>::named("passed", 0);
        let first = Process::<B>::new("first", Passes(theirs, passed.clone()));
        first.start().expect("nothing forbids it");
        let end = passed.get().expect("it is here");
        let second = Process::<B>::new("second", Sends(end));
        second.start().expect("nothing forbids it");
        first.terminate().expect("it was started");
        assert_eq!(mine.recv(), Ok(1), "closed with who had it before");
        second.join().expect("it ends well");
    }
}
