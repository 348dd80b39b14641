//! A library makes a lock the first time that it is used: some systems have no lock that is there
//! from the beginning. Who wants the lock looks whether it is there, makes it if it is not, and takes
//! it.
//!
//! Two threads come first. Both find no lock, and both make one. The second puts its own in the place
//! of the first, in which the first thread may be already: now each thread holds a lock, and both are
//! inside. The very thing that was to exclude them is what they raced for (httrack #297 and PR #321:
//! a web server hung or was aborted now and then).
//!
//! Make it, and publish it by a compare and exchange with "none": the loser throws its own away and
//! takes the winner's.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, AtomicUsize, Backend, Mutex, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "two-locks-for-one",
    group: Group::Trackers,
    lesson: "What is made at its first use is made twice unless one step decides whose it is",
    source: include_str!("two_locks_for_one.rs"),
    variants: &[
        Variant::new(
            "look-then-make",
            &LookThenMake,
            "Both make a lock, and each holds another one.",
        )
        .fails(FailureKind::Assertion, "two threads are inside"),
        Variant::new(
            "compare-and-exchange",
            &CompareAndExchange,
            "The lock of one thread is published, and both take that.",
        ),
    ],
};

/// No lock is made.
const NONE: usize = 0;

/// A lock that is made when it is needed first.
struct Lazy<B: Backend> {
    /// Whose lock is published: 1 or 2.
    published: AtomicUsize<B>,
    made: [Mutex<B, ()>; 2],
    inside: AtomicBool<B>,
}

impl<B: Backend> Lazy<B> {
    fn look_then_make(&self, mine: usize) {
        if self.published.load(SeqCst) == NONE {
            self.published.store(mine, SeqCst);
        }
    }

    fn make(&self, mine: usize) {
        // The loser throws its own away.
        let _ = self.published.compare_exchange(NONE, mine, SeqCst, SeqCst);
    }

    fn run(make: fn(&Self, usize)) {
        let lazy = Arc::new(Self {
            published: AtomicUsize::named("published", NONE),
            made: [Mutex::named("lock of the first", ()), Mutex::named("lock of the second", ())],
            inside: AtomicBool::named("inside", false),
        });
        join_all([("first", 1), ("second", 2)].map(|(name, mine)| {
            let enter = move |lazy: &Self| {
                make(lazy, mine);
                let _held = lazy.made[lazy.published.load(SeqCst) - 1].lock();
                assert!(!lazy.inside.swap(true, SeqCst), "two threads are inside");
                lazy.inside.store(false, SeqCst);
            };
            B::spawn(name, sharing(&lazy, enter))
        }));
    }
}

#[derive(Debug)]
struct LookThenMake;

impl Program for LookThenMake {
    fn run<B: Backend>(&self) {
        Lazy::<B>::run(Lazy::look_then_make);
    }
}

#[derive(Debug)]
struct CompareAndExchange;

impl Program for CompareAndExchange {
    fn run<B: Backend>(&self) {
        Lazy::<B>::run(Lazy::make);
    }
}
