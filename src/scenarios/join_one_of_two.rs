//! A slow and a quick thread work. Main joins the slow one and assumes that both are done.
//!
//! "The slow one is done, so the quick one was done long ago" is a guess about speed, and the
//! scheduler decides about speed. The quick thread may have been started last, on the busy core, or
//! may never have got its turn. A join reports the end of the thread that it is called on, and of
//! no other.
//!
//! Join every thread whose work you need. Keep the handles in a list and join the list, so that no
//! thread is forgotten when a third one is added.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, JoinHandle, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "join-one-of-two",
    group: Group::Threads,
    lesson: "A join waits for one thread and says nothing about the others, however quick they are",
    source: include_str!("join_one_of_two.rs"),
    variants: &[
        Variant::new(
            "join-the-slow-one",
            &JoinSlow { rounds: 2 },
            "The slow thread has ended, and the quick one has not even begun.",
        )
        .fails(FailureKind::Assertion, "not all was done")
        .outcomes(&["2 of 3", "3 of 3"])
        .swept(sizes!(JoinSlow { rounds: 1..=3 })),
        Variant::new(
            "join-both",
            &JoinBoth { rounds: 2, quick: 1 },
            "Both threads have ended, in any order.",
        )
        .outcomes(&["3 of 3"])
        .sized(&[(Engine::Dpor, &JoinBoth { rounds: 2, quick: 3 })])
        .swept(sizes!(JoinBoth { rounds: 1..=2, quick: 1..=3 })),
    ],
};

/// The slow thread, which works a number of rounds, and quick threads, which work one round each.
fn start<B: Backend>(
    done: &Arc<AtomicUsize<B>>,
    rounds: usize,
    quick: usize,
) -> Vec<JoinHandle<B, ()>> {
    let start = |(name, rounds)| {
        let body = sharing(done, move |done: &AtomicUsize<B>| {
            for _ in 0..rounds {
                done.fetch_add(1, SeqCst);
            }
        });
        B::spawn(name, body)
    };
    [("slow", rounds)].into_iter().chain((0..quick).map(|_| ("quick", 1))).map(start).collect()
}

fn check(done: usize, all: usize) {
    outcome(format_args!("{done} of {all}"));
    assert_eq!(done, all, "not all was done");
}

#[derive(Debug)]
struct JoinSlow {
    rounds: usize,
}

impl Program for JoinSlow {
    fn run<B: Backend>(&self) {
        let done = Arc::new(AtomicUsize::<B>::named("done", 0));
        let mut threads = start(&done, self.rounds, 1).into_iter();
        let slow = threads.next().expect("the first");
        slow.join().expect("no panic");
        let seen = done.load(SeqCst);
        join_all(threads);
        check(seen, self.rounds + 1);
    }
}

#[derive(Debug)]
struct JoinBoth {
    rounds: usize,
    quick: usize,
}

impl Program for JoinBoth {
    fn run<B: Backend>(&self) {
        let done = Arc::new(AtomicUsize::<B>::named("done", 0));
        join_all(start(&done, self.rounds, self.quick));
        check(done.load(SeqCst), self.rounds + self.quick);
    }
}
