//! Several child processes add one to a shared value whose every access is locked.
//!
//! The value is carefully built: no process reads it while another one writes, whatever its type. So
//! is `value += 1` safe? It is a locked read, an addition, and a locked write, and the lock is free
//! in between. A lock around every access makes every *access* atomic, and no more. Only the caller
//! knows which accesses belong together, so only the caller can lock around them.
//!
//! For this purpose the value has a lock of its own: `with value.get_lock(): value += 1`.

use super::processes;
use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::{
        manager::{Manager, Value},
        process::{Entry, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "shared-value",
    group: Group::Processes,
    lesson: "A value whose every access is locked is still not incremented atomically",
    source: include_str!("shared_value.rs"),
    variants: &[
        Variant::new(
            "every-access-locked",
            &EachAccess { children: 2 },
            "Both children can read the value before either has written its sum.",
        )
        .fails(FailureKind::Assertion, "lost update")
        .outcomes(&["1", "2"])
        .swept(sizes!(EachAccess { children: 1..=3 } if children > 1)),
        Variant::new(
            "get-lock",
            &GetLock { children: 2 },
            "The value's own lock is held from the read to the write.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &GetLock { children: 3 })])
        .swept(sizes!(GetLock { children: 1..=3 })),
    ],
};

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct AddOne<B: Backend> {
    value: Value<B, i64>,
    locked: bool,
}

impl<B: Backend> Task for AddOne<B> {
    fn run(self) {
        let lock = self.locked.then(|| self.value.get_lock());
        let held = lock.map(|lock| lock.lock().expect("the manager is there"));
        let value = self.value.get().expect("the manager is there");
        self.value.set(&(value + 1)).expect("the manager is there");
        drop(held);
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<AddOne<B>>()]
}

fn add<B: Backend>(children: i64, locked: bool) {
    let manager = Manager::<B>::start().expect("nothing forbids it");
    let value = manager.value(&0).expect("it is there");
    let child = |_| AddOne { value: value.clone(), locked };
    processes::<B, _>("child", (0..children).map(child));
    let sum = value.get().expect("the manager is there");
    outcome(sum);
    assert_eq!(sum, children, "lost update");
}

#[derive(Debug)]
struct EachAccess {
    children: i64,
}

impl Program for EachAccess {
    fn run<B: Backend>(&self) {
        add::<B>(self.children, false);
    }
}

#[derive(Debug)]
struct GetLock {
    children: i64,
}

impl Program for GetLock {
    fn run<B: Backend>(&self) {
        add::<B>(self.children, true);
    }
}
