//! Two threads take turns printing "ping" and "pong" until a shared count reaches its limit.
//!
//! Both threads run `while count < limit { print(); count += 1 }`, with an atomic increment. Still
//! there can be one line too many: both threads see that the count is one below the limit, both
//! find room for one more, and both print. The test is atomic and so is the increment, but *the two
//! together* are not. With `n` threads the limit is exceeded by up to `n - 1`. Rate limiters,
//! ticket sales and connection pools that let a few too many through are this program.
//!
//! One lock around the test *and* the increment keeps the limit exactly. A separate count for each
//! thread (in its own process, or in a thread-local variable) has no race at all, but is another
//! program: each thread reaches the limit by itself, and there are twice as many lines. Not sharing
//! removes a race only where sharing was not the purpose.

use super::{processes, sharing};
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, Mutex, execution::outcome, join_all},
    primitives::{
        ThreadLocal,
        process::{Entry, Global, ProcessGlobal, Queue, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "ping-pong",
    group: Group::Counters,
    lesson: "A limit that is tested in one step and used up in the next is no limit",
    source: include_str!("ping_pong.rs"),
    variants: &[
        Variant::new(
            "threads-unlocked",
            &Unlocked { players: 2, limit: 2 },
            "Both players see room for one more line, and both print it.",
        )
        .fails(FailureKind::Assertion, "overshoot")
        .natively(&Unlocked { players: 2, limit: 100_000 })
        .outcomes(&["2", "3"])
        .swept(sizes!(Unlocked { players: 1..=2, limit: 1..=2 } if players > 1)),
        Variant::new(
            "locked",
            &Locked { players: 2, limit: 2 },
            "A player that sees room for one more line takes it before any other can look.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &Locked { players: 4, limit: 3 })])
        .swept(sizes!(Locked { players: 1..=3, limit: 1..=3 })),
        Variant::new(
            "processes",
            &Processes { players: 2, limit: 2 },
            "Each process has its own count, so each prints up to the limit: twice the limit.",
        )
        .outcomes(&["4"])
        .sized(&[(Engine::Dpor, &Processes { players: 3, limit: 2 })])
        .swept(sizes!(Processes { players: 1..=3, limit: 1..=2 })),
        Variant::new(
            "thread-local",
            &Local { players: 2, limit: 1 },
            "The variable has one name and one value per thread: twice the limit.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &Local { players: 3, limit: 1 })])
        .swept(sizes!(Local { players: 1..=3, limit: 1..=2 })),
    ],
};

fn name(player: i64) -> String {
    format!("{} {player}", if player % 2 == 0 { "ping" } else { "pong" })
}

fn check(printed: i64, limit: i64) {
    outcome(printed);
    assert!(printed <= limit, "overshoot: {printed} lines, {limit} allowed");
    assert_eq!(printed, limit, "too few lines");
}

#[derive(Debug)]
struct Unlocked {
    players: i64,
    limit: i64,
}

impl Program for Unlocked {
    fn run<B: Backend>(&self) {
        let printed = Arc::new(AtomicI64::<B>::named("printed", 0));
        let limit = self.limit;
        join_all((0..self.players).map(|player| {
            let body = sharing(&printed, move |printed: &AtomicI64<B>| {
                while printed.load(SeqCst) < limit {
                    printed.fetch_add(1, SeqCst);
                }
            });
            B::spawn(name(player), body)
        }));
        check(printed.load(SeqCst), limit);
    }
}

#[derive(Debug)]
struct Locked {
    players: i64,
    limit: i64,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        let printed = Arc::new(Mutex::<B, _>::named("printed", 0));
        let limit = self.limit;
        join_all((0..self.players).map(|player| {
            let body = sharing(&printed, move |printed| {
                loop {
                    let mut printed = printed.lock();
                    if *printed >= limit {
                        return;
                    }
                    *printed += 1;
                }
            });
            B::spawn(name(player), body)
        }));
        check(*printed.lock(), limit);
    }
}

/// The number of lines that this process has printed.
struct Printed;

impl Global for Printed {
    type Value = i64;
    const NAME: &'static str = "printed";

    fn initial() -> i64 {
        0
    }
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Player<B: Backend> {
    name: String,
    limit: i64,
    printed: ProcessGlobal<B, Printed>,
    /// The only thing that the players share.
    paper: Queue<B, String>,
}

impl<B: Backend> Task for Player<B> {
    fn run(self) {
        while self.printed.get() < self.limit {
            self.paper.put(self.name.clone()).expect("it is there");
            self.printed.with(|printed| *printed += 1);
        }
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Player<B>>()]
}

#[derive(Debug)]
struct Processes {
    players: i64,
    limit: i64,
}

impl Program for Processes {
    fn run<B: Backend>(&self) {
        let (printed, paper) = (ProcessGlobal::new(), Queue::<B, _>::named("paper", 0));
        let player = |player| Player {
            name: name(player),
            limit: self.limit,
            printed: printed.clone(),
            paper: paper.clone(),
        };
        processes::<B, _>("player", (0..self.players).map(player));
        let lines = paper.qsize().expect("it is here");
        check(lines as i64, self.players * self.limit);
    }
}

#[derive(Debug)]
struct Local {
    players: i64,
    limit: i64,
}

impl Program for Local {
    fn run<B: Backend>(&self) {
        let printed = Arc::new(ThreadLocal::<B, i64>::named("printed", || 0));
        let limit = self.limit;
        let lines = join_all((0..self.players).map(|player| {
            let body = sharing(&printed, move |printed| {
                let mut lines = 0;
                while printed.with(|printed| std::mem::replace(printed, *printed + 1) < limit) {
                    lines += 1;
                }
                lines
            });
            B::spawn(name(player), body)
        }));
        check(lines.into_iter().sum(), self.players * limit);
    }
}
