//! The promise of a lock between processes when a waiting process is terminated: it takes no wake-up
//! with it.

use super::{
    Of,
    lock::{self, Subject as _},
    process_lock::Real,
};
use crate::{
    backend::{Backend, Capability::Kill},
    primitives::process::{Entry, Item, Lock, Process, Task, entry},
    program::{Group, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The contract of [`Lock`].
pub static SCENARIO: Scenario = scenario::<Real>("process-waiter");

/// Names a type of locks that cross to processes.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contract calls.
pub trait Subject: lock::Subject + Item + Clone {}

impl<S: lock::Subject + Item + Clone> Subject for S {}

impl Kind for Real {
    type On<B: Backend> = Lock<B>;
}

/// The contract of locks of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "No process waits for a free lock because another waiting process is gone";
    let source = include_str!("process_waiter.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[Variant::new(
        "terminated-waiter",
        &TerminatedWaiter::<K>(Of::THIS),
        "A release whose waiter is gone lets the next one in.",
    )
    .needs(&[Kill])];
}

/// Acquires a lock and keeps it.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Acquires<S: Subject>(S);

impl<S: Subject> Task for Acquires<S> {
    fn run(self) {
        self.0.acquire();
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    acquires::<Lock<B>>()
}

/// What they run with locks of this type.
pub(super) fn acquires<S: Subject>() -> Vec<Entry> {
    vec![entry::<Acquires<S>>()]
}

programs! {
    <K: Kind>;

    TerminatedWaiter<B> {
        let lock = K::On::<B>::new();
        let wanting = |name| Process::<B>::new(name, Acquires(lock.clone()));
        let [doomed, other] = ["doomed", "other"].map(wanting);
        lock.acquire();
        doomed.start().expect("nothing forbids it");
        other.start().expect("nothing forbids it");
        lock.release();
        doomed.terminate().expect("it was started");
        // The terminated process may have it, and no other would release it.
        if lock.locked() {
            lock.release();
        }
        other.join().expect("it ends well");
    }
}
