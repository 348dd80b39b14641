//! A pool keeps its free elements in a stack without a lock. To take one, a thread reads which
//! element is on top and which one is below it, and puts the lower one in the place of the upper one
//! by a compare and exchange: if the top is still what it was, nothing has happened meanwhile.
//!
//! It does not mean that. While a thread sits between its reads and its exchange, another takes the
//! top, takes the one below, and gives the first one back. The top is what it was, and what was below
//! it is in use. The exchange succeeds, the stack hands out an element that has an owner, and two
//! threads write to the same memory (argobots #178, Odin PR #6822; "A, B, A" for the three values of
//! the top).
//!
//! Count the changes, and compare the count together with the top; or do not give back what another
//! thread may be looking at.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, AtomicUsize, Backend},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "aba",
    group: Group::Trackers,
    lesson: "The same value is not the same state: it may have gone and come back",
    source: include_str!("aba.rs"),
    variants: &[
        Variant::new(
            "compares-the-top",
            &ComparesTheTop,
            "The top is back, what was below it is in use, and it is handed out once more.",
        )
        .fails(FailureKind::Assertion, "an element with two owners"),
        Variant::new(
            "counts-the-changes",
            &CountsTheChanges,
            "A top that has been away comes back with another count.",
        ),
    ],
};

/// No element: the stack is empty.
const NONE: usize = 0;
/// Two bits are the element's number, the others count the changes.
const ELEMENT: usize = 3;

/// A stack of the elements 1 and 2.
struct Stack<B: Backend> {
    top: AtomicUsize<B>,
    below: [AtomicUsize<B>; 3],
    owned: [AtomicBool<B>; 3],
    /// What a change adds to the top: 4 to count it.
    step: usize,
}

impl<B: Backend> Stack<B> {
    fn replace(&self, top: usize, element: usize) -> bool {
        let new = (top & !ELEMENT) + self.step + element;
        self.top.compare_exchange(top, new, AcqRel, Acquire).is_ok()
    }

    fn pop(&self) -> Option<usize> {
        loop {
            let top = self.top.load(Acquire);
            let element = top & ELEMENT;
            if element == NONE {
                return None;
            }
            if self.replace(top, self.below[element].load(Relaxed)) {
                let owned = self.owned[element].swap(true, AcqRel);
                assert!(!owned, "an element with two owners");
                return Some(element);
            }
        }
    }

    fn push(&self, element: usize) {
        self.owned[element].store(false, Release);
        loop {
            let top = self.top.load(Acquire);
            self.below[element].store(top & ELEMENT, Relaxed);
            if self.replace(top, element) {
                return;
            }
        }
    }

    /// One thread takes an element; another takes two and gives the first back, and takes it again.
    fn run(step: usize) {
        let stack = Arc::new(Self {
            top: AtomicUsize::named("top", 1),
            below: [("-", NONE), ("below 1", 2), ("below 2", NONE)]
                .map(|(name, below)| AtomicUsize::named(name, below)),
            owned: ["-", "1 is in use", "2 is in use"].map(|name| AtomicBool::named(name, false)),
            step,
        });
        let take = sharing(&stack, |stack: &Self| {
            stack.pop();
        });
        let slow = B::spawn("slow", take);
        let first = stack.pop();
        stack.pop();
        if let Some(first) = first {
            stack.push(first);
        }
        slow.join().expect("no panic");
        stack.pop();
    }
}

#[derive(Debug)]
struct ComparesTheTop;

impl Program for ComparesTheTop {
    fn run<B: Backend>(&self) {
        Stack::<B>::run(0);
    }
}

#[derive(Debug)]
struct CountsTheChanges;

impl Program for CountsTheChanges {
    fn run<B: Backend>(&self) {
        Stack::<B>::run(ELEMENT + 1);
    }
}
