//! A child process adds one to a global variable, and the parent looks at it.
//!
//! In a thread this works, because threads share the memory of their process, including global
//! variables. A process has its own memory. The child's `balance += 1` changes the child's balance,
//! which is gone when the child ends; the parent's balance stays as it was. There is no error and no
//! race. It goes wrong every time, which at least makes it easy to notice. Programs that move from
//! threads to processes for speed run into it first.
//!
//! Pass a process what it needs to know, and have it pass back what it has found out: through its
//! arguments, a queue, a pipe, or a manager's object.

use super::processes;
use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::process::{Entry, Global, ProcessGlobal, Queue, Task, entry},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "globals",
    group: Group::Processes,
    lesson: "Each process has its own copy of every global: the parent does not see a child's \
             change",
    source: include_str!("globals.rs"),
    variants: &[
        Variant::new(
            "process",
            &InProcess { children: 1 },
            "The child changes its own balance; the parent's is still 100.",
        )
        .fails(FailureKind::Assertion, "the parent's balance is unchanged")
        .outcomes(&["100"])
        .swept(sizes!(InProcess { children: 1..=3 })),
        Variant::new(
            "thread",
            &InThread { children: 1 },
            "A thread changes the balance of the process that it belongs to.",
        )
        .outcomes(&["101"])
        .sized(&[
            (Engine::Dpor, &InThread { children: 3 }),
            (Engine::Loom, &InThread { children: 2 }),
        ])
        .swept(sizes!(InThread { children: 1..=3 })),
        Variant::new(
            "queue",
            &Told { children: 1 },
            "The child sends the amount, and the parent adds it to its own balance.",
        )
        .outcomes(&["101"])
        .sized(&[(Engine::Dpor, &Told { children: 2 })])
        .swept(sizes!(Told { children: 1..=3 })),
    ],
};

/// The variable.
struct Balance;

impl Global for Balance {
    type Value = i64;
    const NAME: &'static str = "balance";

    fn initial() -> i64 {
        100
    }
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct AddOne<B: Backend>(ProcessGlobal<B, Balance>);

impl<B: Backend> Task for AddOne<B> {
    fn run(self) {
        self.0.with(|balance| *balance += 1);
    }
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct TellOne<B: Backend>(Queue<B, i64>);

impl<B: Backend> Task for TellOne<B> {
    fn run(self) {
        self.0.put(1).expect("the parent is there");
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<AddOne<B>>(), entry::<TellOne<B>>()]
}

fn check<B: Backend>(balance: &ProcessGlobal<B, Balance>, children: i64) {
    let balance = balance.get();
    outcome(balance);
    assert_ne!(balance, 100, "the parent's balance is unchanged");
    assert_eq!(balance, 100 + children);
}

#[derive(Debug)]
struct InProcess {
    children: i64,
}

impl Program for InProcess {
    fn run<B: Backend>(&self) {
        let balance = ProcessGlobal::<B, _>::new();
        processes::<B, _>("child", (0..self.children).map(|_| AddOne(balance.clone())));
        check(&balance, self.children);
    }
}

#[derive(Debug)]
struct InThread {
    children: i64,
}

impl Program for InThread {
    fn run<B: Backend>(&self) {
        let balance = ProcessGlobal::<B, _>::new();
        assert_eq!(balance.get(), 100);
        let child = |n| {
            let task = AddOne(balance.clone());
            B::spawn(format!("child {n}"), move || task.run())
        };
        let children: Vec<_> = (0..self.children).map(child).collect();
        children.into_iter().for_each(|child| child.join().expect("no panic"));
        check(&balance, self.children);
    }
}

#[derive(Debug)]
struct Told {
    children: i64,
}

impl Program for Told {
    fn run<B: Backend>(&self) {
        let (balance, told) = (ProcessGlobal::<B, _>::new(), Queue::<B, _>::named("told", 0));
        processes::<B, _>("child", (0..self.children).map(|_| TellOne(told.clone())));
        for _ in 0..self.children {
            let one = told.get().expect("it is here");
            balance.with(|balance| *balance += one);
        }
        check(&balance, self.children);
    }
}
