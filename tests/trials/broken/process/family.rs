//! What the copy of a process knows of others: the processes it has started, and the other holders of
//! its ends of pipes.

use raceproof_suite::{
    backend::{Backend, ProcessId},
    primitives::{Pipe, PipeEnd, process::Task},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// A process that another has started.
pub(super) trait Child: Send + Sync {
    /// Waits for its end.
    fn wait(&self);
    /// Ends it.
    fn terminate(&self);
}

#[derive(Default)]
struct Standing {
    daemon: bool,
    killed: bool,
    children: Vec<Weak<dyn Child>>,
}

thread_local! {
    /// The processes of this execution: each enters itself, over entries of an earlier execution.
    static ALL: RefCell<HashMap<ProcessId, Standing>> = RefCell::default();
    /// The callback for the ends in the task that is being inspected.
    static NOTED: RefCell<Vec<Abandon>> = const { RefCell::new(Vec::new()) };
}

fn with<R>(process: ProcessId, look: impl FnOnce(&mut Standing) -> R) -> Option<R> {
    ALL.with_borrow_mut(|all| all.get_mut(&process).map(look))
}

pub(super) fn enter(process: ProcessId, daemon: bool) {
    let standing = Standing { daemon, ..Standing::default() };
    ALL.with_borrow_mut(|all| all.insert(process, standing));
}

pub(super) fn is_daemon(process: ProcessId) -> bool {
    with(process, |standing| standing.daemon).unwrap_or(false)
}

pub(super) fn is_killed(process: ProcessId) -> bool {
    with(process, |standing| standing.killed).unwrap_or(false)
}

pub(super) fn adopt(parent: ProcessId, child: Weak<dyn Child>) {
    with(parent, |standing| standing.children.push(child));
}

/// The processes that this one has started, and that are known.
pub(super) fn children(process: ProcessId) -> Vec<Arc<dyn Child>> {
    let known =
        |standing: &mut Standing| standing.children.iter().filter_map(Weak::upgrade).collect();
    with(process, known).unwrap_or_default()
}

/// This process has been killed; returns the processes that it has started.
pub(super) fn killed(process: ProcessId) -> Vec<Arc<dyn Child>> {
    with(process, |standing| standing.killed = true);
    children(process)
}

/// Records that a process that held an end is gone.
pub(super) type Abandon = Box<dyn Fn() + Send>;

/// A task of any type.
pub(super) trait Work: Send {
    fn run(self: Box<Self>);
    /// The ends in it, which the process that runs it will have.
    fn ends(&self) -> Vec<Abandon>;
}

impl<T: Task> Work for T {
    fn run(self: Box<Self>) {
        T::run(*self);
    }

    fn ends(&self) -> Vec<Abandon> {
        // Handles of the real queues refuse to be written here, and end the search: ends come before them.
        let _ = serde_json::to_vec(self);
        NOTED.take()
    }
}

/// An end of a pipe, and the number of processes it was given to.
pub(super) struct End<B: Backend>(Arc<(PipeEnd<B, i64>, AtomicUsize)>);

pub(super) fn ends<B: Backend>() -> (End<B>, End<B>) {
    let (left, right) = Pipe::duplex(1).expect("room for one");
    let end = |end| End(Arc::new((end, AtomicUsize::new(0))));
    (end(left), end(right))
}

impl<B: Backend> End<B> {
    pub(super) fn send(&self) -> bool {
        self.0.0.send(1).is_ok()
    }

    pub(super) fn recv(&self) -> Option<i64> {
        self.0.0.recv().ok()
    }
}

impl<B: Backend> Serialize for End<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.0.1.fetch_add(1, Relaxed) + 1;
        let end = Arc::downgrade(&self.0);
        let abandon = move || {
            // It may have been passed on.
            if let Some(end) = end.upgrade().filter(|end| end.1.load(Relaxed) == number) {
                end.0.close();
            }
        };
        NOTED.with_borrow_mut(|noted| noted.push(Box::new(abandon)));
        serializer.serialize_unit()
    }
}

impl<'de, B: Backend> Deserialize<'de> for End<B> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        unreachable!("nothing is read under a checker")
    }
}
