//! A worker takes tasks from the bottom of its own deque, and an idle one steals them from the top.
//! They meet only at the last task, so only there a compare-and-swap decides; everywhere else the
//! worker pays for plain loads and stores.
//!
//! To take a task the worker first lowers the bottom, so that thieves keep off, and then looks at
//! the top. If there is more than one task left, it takes the lowest with no further ado. A thief
//! looks at the top, then at the bottom, and steals if there is something in between. Each side
//! writes one end and reads the other: if both read too early, the worker takes a task without
//! asking that a thief steals. It takes a `SeqCst` fence on each side, between the two ends. Chase
//! and Lev's deque was published for a sequentially consistent machine; where the fences belong was
//! worked out years later.

use super::sharing;
use crate::{
    backend::{Arc, AtomicI64, Backend, join_all},
    program::{Claim, FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "chase-lev",
    group: Group::Memory,
    lesson: "Two ends of a deque, each written by one side and read by the other: fence both sides",
    source: include_str!("chase_lev.rs"),
    variants: &[
        Variant::new(
            "no-fences",
            &NoFences,
            "The worker reads an old top and the thief an old bottom: both get the last task.",
        )
        .under_c11(Claim::fails(FailureKind::Assertion, "done twice")),
        Variant::new(
            "fence-of-the-worker",
            &FenceOfTheWorker,
            "The thief may still read a bottom from before the worker lowered it.",
        )
        .under_c11(Claim::fails(FailureKind::Assertion, "done twice")),
        Variant::new(
            "fences",
            &Fences,
            "Of a worker and a thief, the one that comes to its fence second sees what the first wrote.",
        ),
    ],
};

/// A deque of two tasks, and how often each was done.
struct Deque<B: Backend> {
    top: AtomicI64<B>,
    bottom: AtomicI64<B>,
    done: [AtomicI64<B>; 2],
}

impl<B: Backend> Deque<B> {
    /// Takes the lowest task.
    fn take(&self, fenced: bool) -> Option<i64> {
        let bottom = self.bottom.load(Relaxed) - 1;
        self.bottom.store(bottom, Relaxed);
        if fenced {
            B::fence(SeqCst);
        }
        let top = self.top.load(Relaxed);
        if top < bottom {
            return Some(bottom);
        }
        let won = top == bottom && self.claim(top);
        self.bottom.store(bottom + 1, Relaxed);
        won.then_some(bottom)
    }

    /// Steals the topmost task.
    fn steal(&self, fenced: bool) -> Option<i64> {
        let top = self.top.load(Acquire);
        if fenced {
            B::fence(SeqCst);
        }
        let bottom = self.bottom.load(Acquire);
        (top < bottom && self.claim(top)).then_some(top)
    }

    fn claim(&self, top: i64) -> bool {
        self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).is_ok()
    }

    fn perform(&self, task: Option<i64>) {
        if let Some(task) = task {
            let before = self.done[task as usize].fetch_add(1, Relaxed);
            assert_eq!(before, 0, "task {task} is done twice");
        }
    }

    fn run(worker_fenced: bool, thief_fenced: bool) {
        let deque = Arc::new(Self {
            top: AtomicI64::named("top", 0),
            bottom: AtomicI64::named("bottom", 2),
            done: ["task 0", "task 1"].map(|name| AtomicI64::named(name, 0)),
        });
        let take = sharing(&deque, move |deque: &Self| deque.perform(deque.take(worker_fenced)));
        let steal = sharing(&deque, move |deque: &Self| {
            (0..2).for_each(|_| deque.perform(deque.steal(thief_fenced)));
        });
        join_all([B::spawn("worker", take), B::spawn("thief", steal)]);
    }
}

#[derive(Debug)]
struct NoFences;

impl Program for NoFences {
    fn run<B: Backend>(&self) {
        Deque::<B>::run(false, false);
    }
}

#[derive(Debug)]
struct FenceOfTheWorker;

impl Program for FenceOfTheWorker {
    fn run<B: Backend>(&self) {
        Deque::<B>::run(true, false);
    }
}

#[derive(Debug)]
struct Fences;

impl Program for Fences {
    fn run<B: Backend>(&self) {
        Deque::<B>::run(true, true);
    }
}
