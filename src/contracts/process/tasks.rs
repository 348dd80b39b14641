//! The tasks of the contracts' processes.

use super::Subject;
use crate::{
    backend::Backend,
    primitives::process::{Entry, Process, Queue, Task, entry},
};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Adds an item to a queue.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Puts<B: Backend>(pub(super) Queue<B, i64>);

impl<B: Backend> Task for Puts<B> {
    fn run(self) {
        self.0.put(1).expect("the parent is there");
    }
}

/// Adds an item to a queue, then waits forever.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Waits<B: Backend, S: Subject>(pub(super) S::End, pub(super) Queue<B, i64>);

impl<B: Backend, S: Subject> Task for Waits<B, S> {
    fn run(self) {
        self.1.put(1).expect("the parent is there");
        S::recv(&self.0);
    }
}

/// Sends a message, then waits forever.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Sends<S: Subject>(pub(super) S::End);

impl<S: Subject> Task for Sends<S> {
    fn run(self) {
        assert!(S::send(&self.0), "the parent is there");
        S::recv(&self.0);
    }
}

/// Adds one to a global, in this thread and in another.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Counts<B: Backend, S: Subject> {
    pub(super) global: S::Global,
    pub(super) told: Queue<B, i64>,
    pub(super) subject: PhantomData<fn() -> S>,
}

impl<B: Backend, S: Subject> Task for Counts<B, S> {
    fn run(self) {
        let global = self.global.clone();
        let thread = B::spawn("inner", move || S::add_one(&global));
        let mine = S::add_one(&self.global);
        let both = mine.max(thread.join().expect("no panic"));
        self.told.put(both).expect("the parent is there");
    }
}

/// Exits with a code; without one it panics.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Ends<S: Subject>(pub(super) Option<u8>, pub(super) PhantomData<fn() -> S>);

impl<S: Subject> Task for Ends<S> {
    fn run(self) {
        S::exit(self.0.expect("ends here"))
    }
}

/// Starts a process that waits forever, or one that puts; reports if it may not.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Starts<B: Backend, S: Subject>(
    pub(super) Option<S::End>,
    pub(super) Queue<B, i64>,
);

impl<B: Backend, S: Subject> Task for Starts<B, S> {
    fn run(self) {
        let Self(end, queue) = self;
        let child = match end {
            Some(end) => S::new(Sends::<S>(end)),
            None => S::new(Puts(queue.clone())),
        };
        if !child.start() {
            queue.put(0).expect("the parent is there");
        }
    }
}

/// What the processes run.
pub(crate) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![
        entry::<Puts<B>>(),
        entry::<Waits<B, Process<B>>>(),
        entry::<Sends<Process<B>>>(),
        entry::<Counts<B, Process<B>>>(),
        entry::<Ends<Process<B>>>(),
        entry::<Starts<B, Process<B>>>(),
    ]
}
