//! Several child processes count down one entry of a managed dictionary.
//!
//! A manager keeps a dictionary for all processes, and every operation on it is atomic: no child
//! ever sees it half changed. `d["count"] -= 1` looks like one operation. It is two: the child asks
//! for the value, subtracts one locally, and sends the difference back. Between the two another
//! child has asked as well and got the same number, so one of the two steps is lost. The manager
//! handles one message at a time, which does not help: the messages are atomic, the pair is not.
//!
//! The lock around the two operations must be one that processes can share, and each process must
//! be given it, just like the dictionary.

use super::processes;
use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::{
        manager::{Dict, Manager},
        process::{Entry, Lock, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "manager-dict",
    group: Group::Processes,
    lesson: "Each operation of a managed dictionary is atomic; a read followed by a write is two",
    source: include_str!("manager_dict.rs"),
    variants: &[
        Variant::new(
            "no-lock",
            &NoLock { children: 2 },
            "Both children can ask for the count before either has sent its difference back.",
        )
        .fails(FailureKind::Assertion, "lost update")
        .outcomes(&["0", "1"])
        .swept(sizes!(NoLock { children: 1..=3 } if children > 1)),
        Variant::new(
            "lock",
            &Locked { children: 2 },
            "The child that holds the lock reads and writes, and no other child does so in \
             between.",
        )
        .outcomes(&["0"])
        .sized(&[(Engine::Dpor, &Locked { children: 3 })])
        .swept(sizes!(Locked { children: 1..=3 })),
    ],
};

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct CountDown<B: Backend> {
    counts: Dict<B, String, i64>,
    lock: Option<Lock<B>>,
}

impl<B: Backend> Task for CountDown<B> {
    fn run(self) {
        let held = self.lock.as_ref().map(|lock| lock.lock().expect("the parent is there"));
        let count = self.counts.get(&"count".into()).expect("it has one");
        self.counts.insert(&"count".into(), &(count - 1)).expect("the manager is there");
        drop(held);
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<CountDown<B>>()]
}

fn count_down<B: Backend>(children: i64, lock: Option<Lock<B>>) {
    let manager = Manager::<B>::start().expect("nothing forbids it");
    let counts = manager.dict().expect("it is there");
    counts.insert(&"count".into(), &children).expect("it is there");
    let child = |_| CountDown { counts: counts.clone(), lock: lock.clone() };
    processes::<B, _>("child", (0..children).map(child));
    let left = counts.get(&"count".into()).expect("it has one");
    outcome(left);
    assert_eq!(left, 0, "lost update");
}

#[derive(Debug)]
struct NoLock {
    children: i64,
}

impl Program for NoLock {
    fn run<B: Backend>(&self) {
        count_down::<B>(self.children, None);
    }
}

#[derive(Debug)]
struct Locked {
    children: i64,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        count_down::<B>(self.children, Some(Lock::new()));
    }
}
