//! The effects of a killed process on others: it takes nothing along that it had passed on.

use crate::{
    backend::{Backend, Capability::Kill},
    primitives::process::{Entry, Pipe, PipeEnd, Process, Queue, Task, entry},
    program::{Group, Program, Scenario, Variant},
};
use serde::{Deserialize, Serialize};

/// The contracts of killed processes. No broken copy can know what this crate's own processes hold, so these
/// contracts are about them alone.
pub static SCENARIO: Scenario = Scenario {
    id: "process-killed",
    group: Group::Contracts,
    lesson: "A killed process takes nothing along that it had passed on",
    source: include_str!("process_killed.rs"),
    variants: &[
        Variant::new(
            "handed-its-end-on",
            &HandedOn,
            "An end of a pipe that another process owns by now stays open.",
        )
        .needs(&[Kill]),
        Variant::new(
            "gave-its-end-back",
            &GaveBack,
            "An end of a pipe that the process has put into a queue stays open.",
        )
        .needs(&[Kill]),
        Variant::new(
            "got-its-end",
            &Got,
            "An end of a pipe that the process got from a queue is closed.",
        )
        .needs(&[Kill]),
    ],
};

/// Passes its end of a pipe on.
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

/// Gets its end of a pipe, reports that, and waits for a message.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Gets<B: Backend>(Queue<B, PipeEnd<B, i64>>, Queue<B, ()>);

impl<B: Backend> Task for Gets<B> {
    fn run(self) {
        let end = self.0.get().expect("the parent is there");
        self.1.put(()).expect("the parent is there");
        let _ = end.recv();
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Passes<B>>(), entry::<Sends<B>>(), entry::<Gets<B>>()]
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
        assert_eq!(mine.recv(), Ok(1), "closed with its previous owner");
        second.join().expect("it ends well");
    }
}

#[derive(Debug)]
struct GaveBack;

impl Program for GaveBack {
    fn run<B: Backend>(&self) {
        let (mine, theirs) = Pipe::<B, _>::duplex(1).expect("room for one");
        let passed = Queue::<B, _>::named("passed", 0);
        let child = Process::<B>::new("child", Passes(theirs, passed.clone()));
        child.start().expect("nothing forbids it");
        let end = passed.get().expect("it is here");
        child.terminate().expect("it was started");
        assert_eq!(end.send(1), Ok(()), "closed with its previous owner");
        assert_eq!(mine.recv(), Ok(1));
    }
}

#[derive(Debug)]
struct Got;

impl Program for Got {
    fn run<B: Backend>(&self) {
        let (mine, theirs) = Pipe::<B, i64>::duplex(1).expect("room for one");
        let (passed, ready) = (Queue::<B, _>::named("passed", 0), Queue::<B, _>::named("ready", 0));
        let child = Process::<B>::new("child", Gets(passed.clone(), ready.clone()));
        child.start().expect("nothing forbids it");
        passed.put(theirs).expect("it is here");
        ready.get().expect("it is here");
        child.terminate().expect("it was started");
        assert!(mine.recv().is_err(), "no process can send any more");
    }
}
