//! What a process that is killed leaves to the others: all that it had no hold on any more.

use crate::{
    backend::{Backend, Capability::Kill},
    primitives::process::{Entry, Pipe, PipeEnd, Process, Queue, Task, entry},
    program::{Group, Program, Scenario, Variant},
};
use serde::{Deserialize, Serialize};

/// The contracts of processes that are killed. No copy knows what this crate's own processes hold, so they are
/// about these alone.
pub static SCENARIO: Scenario = Scenario {
    id: "process-killed",
    group: Group::Contracts,
    lesson: "Whoever is killed takes nothing along that was handed on",
    source: include_str!("process_killed.rs"),
    variants: &[Variant::new(
        "handed-its-end-on",
        &HandedOn,
        "An end of a pipe that another process has by now stays open.",
    )
    .needs(&[Kill])],
};

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
    vec![entry::<Passes<B>>(), entry::<Sends<B>>()]
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
