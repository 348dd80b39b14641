//! Two threads print the numbers from 0 on: one prints the even numbers, the other the odd ones.
//!
//! The output should be 0, 1, 2, 3. A lock keeps the threads from printing at the same time, but it
//! says nothing about *order*: if the odd thread gets it first, 1 is printed before 0. So the
//! threads are made to wait for each other: print, notify, wait. Now the order is right whenever
//! the program ends. But a notification is not stored. If the even thread prints 0 and notifies
//! before the odd thread has begun to wait, the notification is lost, and both wait forever. Both
//! failures have one cause: nothing in the program *says whose turn it is*.
//!
//! A variable `turn` under the lock answers that question at any time, no matter how late a thread
//! looks: wait while it is not my turn, print, pass the turn on, notify.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "even-odd",
    group: Group::Conditions,
    lesson: "Store whose turn it is in a variable: neither a lock nor a notification says it",
    source: include_str!("even_odd.rs"),
    variants: &[
        Variant::new(
            "no-turn-order",
            &NoTurn { numbers: 2, odd_waits_first: false },
            "Both threads begin by printing, and the lock does not care which comes first.",
        )
        .fails(FailureKind::Assertion, "out of order")
        .outcomes(&["[0, 1]", "[1, 0]"])
        .swept(sizes!(NoTurn { numbers: 1..=2, odd_waits_first: [false] } if numbers > 1)),
        Variant::new(
            "no-turn-stuck",
            &NoTurn { numbers: 2, odd_waits_first: true },
            "The odd thread begins by waiting, and may come too late for the only notification.",
        )
        .deadlocks("`odd` waits for printed")
        .swept(sizes!(NoTurn { numbers: 1..=3, odd_waits_first: [true] } if numbers > 1)),
        Variant::new(
            "turn",
            &Turn { numbers: 4, threads: 2 },
            "Each thread waits until it is its turn, and sees the turn even if it comes late.",
        )
        .outcomes(&["[0, 1, 2, 3]"])
        .sized(&[
            (Engine::Dpor, &Turn { numbers: 6, threads: 3 }),
            (Engine::Loom, &Turn { numbers: 2, threads: 2 }),
        ])
        .swept(sizes!(Turn { numbers: 1..=4, threads: 1..=3 })),
    ],
};

struct Paper<B: Backend> {
    /// What has been printed.
    lines: Mutex<B, Vec<usize>>,
    printed: Condvar<B>,
}

impl<B: Backend> Paper<B> {
    fn empty() -> Arc<Self> {
        let (lines, printed) = (Mutex::named("paper", Vec::new()), Condvar::named("printed"));
        Arc::new(Self { lines, printed })
    }

    fn check(&self) {
        let lines = self.lines.lock();
        outcome(format!("{lines:?}"));
        assert!(lines.is_sorted(), "out of order: {lines:?}");
    }
}

#[derive(Debug)]
struct NoTurn {
    numbers: usize,
    odd_waits_first: bool,
}

impl Program for NoTurn {
    fn run<B: Backend>(&self) {
        let paper = Paper::<B>::empty();
        let Self { numbers, odd_waits_first } = *self;
        join_all([("even", 0), ("odd", 1)].map(|(name, first)| {
            let body = sharing(&paper, move |paper: &Paper<B>| {
                let mut lines = paper.lines.lock();
                for number in (first..numbers).step_by(2) {
                    let to_begin_with = number < 2;
                    if !to_begin_with || (first == 1 && odd_waits_first) {
                        lines = paper.printed.wait(lines);
                    }
                    lines.push(number);
                    paper.printed.notify_one();
                }
            });
            B::spawn(name, body)
        }));
        paper.check();
    }
}

#[derive(Debug)]
struct Turn {
    numbers: usize,
    threads: usize,
}

impl Program for Turn {
    fn run<B: Backend>(&self) {
        let paper = Paper::<B>::empty();
        let Self { numbers, threads } = *self;
        join_all((0..threads).map(|first| {
            let body = sharing(&paper, move |paper: &Paper<B>| {
                let mut lines = paper.lines.lock();
                for number in (first..numbers).step_by(threads) {
                    // The number of lines printed so far, which also says whose turn it is.
                    while lines.len() != number {
                        lines = paper.printed.wait(lines);
                    }
                    lines.push(number);
                    paper.printed.notify_all();
                }
            });
            B::spawn(format!("{first}, {}, …", first + threads), body)
        }));
        paper.check();
    }
}
