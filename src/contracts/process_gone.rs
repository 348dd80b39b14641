//! The promises of conditions and barriers between processes when a waiting process is terminated: it takes no
//! notification along, and no party waits for it.

use super::Of;
use crate::{
    backend::{Backend, Capability::Kill, execution::outcome},
    primitives::process::{Barrier, Condition, Entry, Item, Process, Queue, Task, entry},
    program::{Group, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The contracts of [`Condition`] and [`Barrier`].
pub static SCENARIO: Scenario = scenario::<Real>("process-gone");

/// Names the types.
pub trait Kind: fmt::Debug + 'static {
    /// The conditions.
    type Condition<B: Backend>: Notified;
    /// The barriers.
    type Barrier<B: Backend>: Meeting;
}

/// The methods of a condition that the contracts call; meanings as for [`Condition`].
pub trait Notified: Item + Clone {
    /// A condition with a lock of its own.
    fn new() -> Self;
    /// Acquires the lock.
    fn acquire(&self);
    /// Releases the lock.
    fn release(&self);
    /// Waits for a notification.
    fn wait(&self);
    /// Notifies one waiting thread.
    fn notify_one(&self);
}

/// The methods of a barrier that the contracts call; meanings as for [`Barrier`].
pub trait Meeting: Item + Clone {
    /// A barrier for two.
    fn new() -> Self;
    /// Waits for the other; returns whether it came.
    fn wait(&self) -> bool;
    /// How many wait.
    fn n_waiting(&self) -> usize;
}

/// Names [`Condition`] and [`Barrier`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type Condition<B: Backend> = Condition<B>;
    type Barrier<B: Backend> = Barrier<B>;
}

impl<B: Backend> Notified for Condition<B> {
    fn new() -> Self {
        Self::new()
    }
    fn acquire(&self) {
        (**self).acquire().expect("it is there");
    }
    fn release(&self) {
        (**self).release().expect("it is held");
    }
    fn wait(&self) {
        self.wait().expect("it is held");
    }
    fn notify_one(&self) {
        self.notify(1).expect("it is held");
    }
}

impl<B: Backend> Meeting for Barrier<B> {
    fn new() -> Self {
        Self::new(2).expect("two parties")
    }
    fn wait(&self) -> bool {
        self.wait().is_ok()
    }
    fn n_waiting(&self) -> usize {
        self.n_waiting().expect("it is there")
    }
}

/// The contracts of conditions and barriers of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "A waiting process that is terminated leaves no other waiting for ever";
    let source = include_str!("process_gone.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "next-in-line",
            &NextInLine::<K>(Of::THIS),
            "A notification whose thread is gone before it has the lock goes to another.",
        )
        .needs(&[Kill]),
        Variant::new(
            "told-to-the-others",
            &Told::<K>(Of::THIS),
            "A party that is gone while it waits breaks the barrier for the other.",
        )
        .needs(&[Kill])
        .outcomes(&["passed", "told"]),
    ];
}

/// Waits to be notified.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Waits<B: Backend, C: Notified>(C, Queue<B, ()>);

impl<B: Backend, C: Notified> Task for Waits<B, C> {
    fn run(self) {
        let Self(condition, ready) = self;
        condition.acquire();
        ready.put(()).expect("the parent is there");
        condition.wait();
        condition.release();
    }
}

/// Comes to the barrier.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Comes<M: Meeting>(M);

impl<M: Meeting> Task for Comes<M> {
    fn run(self) {
        assert!(self.0.wait(), "broken by no process");
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Waits<B, Condition<B>>>(), entry::<Comes<Barrier<B>>>()]
}

programs! {
    <K: Kind>;

    NextInLine<B> {
        let (condition, ready) = (K::Condition::<B>::new(), Queue::<B, _>::named("ready", 0));
        let waiting = |name| Process::<B>::new(name, Waits(condition.clone(), ready.clone()));
        let [doomed, other] = ["doomed", "other"].map(waiting);
        doomed.start().expect("nothing forbids it");
        ready.get().expect("it is here");
        other.start().expect("nothing forbids it");
        ready.get().expect("it is here");
        // Both wait, for they have released the lock.
        condition.acquire();
        condition.notify_one();
        doomed.terminate().expect("it was started");
        condition.release();
        other.join().expect("it ends well");
    }

    Told<B> {
        let barrier = K::Barrier::<B>::new();
        let doomed = Process::<B>::new("doomed", Comes(barrier.clone()));
        doomed.start().expect("nothing forbids it");
        if barrier.n_waiting() == 1 {
            doomed.terminate().expect("it was started");
            assert!(!barrier.wait(), "met a process that is gone");
            outcome("told");
        } else {
            assert!(barrier.wait(), "broken by no process");
            doomed.join().expect("it ends well");
            outcome("passed");
        }
    }
}
