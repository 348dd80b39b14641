//! Several child processes put what they have found into one managed dictionary and one list.
//!
//! Each child inserts under its own key and appends to the list. No child reads what it writes, and
//! each insertion and each `append` is one operation of the manager, so no lock is needed. At the
//! end every key is present and every element is there once, in any order.
//!
//! Written as an assignment, `shared.found = shared.found + [mine]`, it is another program. It
//! fetches the whole list, extends the copy, and replaces the list with the copy, which discards
//! all that the others have appended in the meantime. `shared.found.append(mine)` on a plain list
//! in a namespace is worse: it appends to a copy that is never sent back, so it loses the element
//! every time.

use super::processes;
use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::{
        manager::{Dict, List, Manager, Namespace},
        process::{Entry, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "manager-inserts",
    group: Group::Processes,
    lesson: "An insert or an append is one operation; fetch, extend and put back is three",
    source: include_str!("manager_inserts.rs"),
    variants: &[
        Variant::new(
            "assignment",
            &Assigned { children: 2 },
            "Both children fetch the empty list, and only the element of the last assignment is \
             kept.",
        )
        .fails(FailureKind::Assertion, "element lost")
        .outcomes(&["1", "2"])
        .swept(sizes!(Assigned { children: 1..=3 } if children > 1)),
        Variant::new(
            "insert-and-append",
            &Inserted { children: 2 },
            "No child reads what another one writes, and every operation is atomic.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &Inserted { children: 3 })])
        .swept(sizes!(Inserted { children: 1..=3 })),
    ],
};

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Assign<B: Backend> {
    number: usize,
    shared: Namespace<B>,
}

impl<B: Backend> Task for Assign<B> {
    fn run(self) {
        let mut found: Vec<usize> = self.shared.get("found").expect("it is set");
        found.push(self.number);
        self.shared.set("found", &found).expect("the manager is there");
    }
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Insert<B: Backend> {
    number: usize,
    squares: Dict<B, usize, usize>,
    found: List<B, usize>,
}

impl<B: Backend> Task for Insert<B> {
    fn run(self) {
        let square = self.number * self.number;
        self.squares.insert(&self.number, &square).expect("the manager is there");
        self.found.push(&self.number).expect("the manager is there");
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Assign<B>>(), entry::<Insert<B>>()]
}

fn check(mut found: Vec<usize>, children: usize) {
    outcome(found.len());
    found.sort_unstable();
    assert!(found.iter().copied().eq(0..children), "element lost, or there twice: {found:?}");
}

#[derive(Debug)]
struct Assigned {
    children: usize,
}

impl Program for Assigned {
    fn run<B: Backend>(&self) {
        let manager = Manager::<B>::start().expect("nothing forbids it");
        let shared = manager.namespace().expect("it is there");
        shared.set("found", &Vec::<usize>::new()).expect("it is there");
        let child = |number| Assign { number, shared: shared.clone() };
        processes::<B, _>("child", (0..self.children).map(child));
        check(shared.get("found").expect("it is set"), self.children);
    }
}

#[derive(Debug)]
struct Inserted {
    children: usize,
}

impl Program for Inserted {
    fn run<B: Backend>(&self) {
        let manager = Manager::<B>::start().expect("nothing forbids it");
        let squares = manager.dict().expect("it is there");
        let found = manager.list().expect("it is there");
        let child = |number| Insert { number, squares: squares.clone(), found: found.clone() };
        processes::<B, _>("child", (0..self.children).map(child));
        for number in 0..self.children {
            assert_eq!(squares.get(&number), Ok(number * number), "key lost");
        }
        check(found.to_vec().expect("the manager is there"), self.children);
    }
}
