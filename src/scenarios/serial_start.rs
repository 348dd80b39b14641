//! Several downloads should run at once. Each is a thread, and still they take as long as one after
//! the other.
//!
//! `for page in pages { start(page).join() }`: every thread is joined before the next one is
//! started. It is correct, no test fails, and it is a serial program with the cost of threads on
//! top. The mistake hides well where start and join are one call, as in a helper, a `map` of a lazy
//! iterator, or an `await` in a loop.
//!
//! Here the mistake is not that something bad happens but that something good *cannot* happen: no
//! two threads ever overlap. It becomes a visible failure as soon as the threads need one another:
//! two players who wait for each other before the game begins never meet if the second is invited
//! after the first has left.
//!
//! First start all, then join all.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, execution::reach, join_all},
    primitives::Barrier,
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "serial-start",
    group: Group::Threads,
    lesson: "Start all threads, then join all: a loop that does both runs one thread at a time",
    source: include_str!("serial_start.rs"),
    variants: &[
        Variant::new(
            "players-who-meet",
            &Players { players: 2 },
            "The first player waits for the second, which is not started before the first has \
             ended.",
        )
        .deadlocks("`player 0` waits for meeting")
        .swept(sizes!(Players { players: 1..=3 } if players > 1)),
        Variant::new(
            "start-join-in-one-loop",
            &InOneLoop { downloads: 2 },
            "Every thread has ended before the next one is started.",
        )
        .never_reaches(OVERLAP)
        .sized(&[(Engine::Dpor, &InOneLoop { downloads: 4 })])
        .swept(sizes!(InOneLoop { downloads: 1..=4 })),
        Variant::new(
            "start-all-then-join",
            &StartAll { downloads: 2 },
            "The second thread is started while the first one runs.",
        )
        .reaches(OVERLAP)
        .sized(&[(Engine::Dpor, &StartAll { downloads: 3 })])
        .swept(sizes!(StartAll { downloads: 1..=3 } if downloads > 1)),
    ],
};

/// The point at which two downloads are under way.
const OVERLAP: &str = "two at once";

/// Downloads something, and reports whether another download runs at the same time.
fn download<B: Backend>(under_way: &AtomicUsize<B>) {
    if under_way.fetch_add(1, SeqCst) > 0 {
        reach(OVERLAP);
    }
    under_way.fetch_sub(1, SeqCst);
}

#[derive(Debug)]
struct Players {
    players: usize,
}

impl Program for Players {
    fn run<B: Backend>(&self) {
        let meeting = Barrier::<B>::named("meeting", self.players).expect("there are players");
        let meeting = Arc::new(meeting);
        for n in 0..self.players {
            let body = sharing(&meeting, |meeting: &Barrier<B>| {
                meeting.wait().expect("no player breaks it");
            });
            B::spawn(format!("player {n}"), body).join().expect("no panic");
        }
    }
}

#[derive(Debug)]
struct InOneLoop {
    downloads: usize,
}

impl Program for InOneLoop {
    fn run<B: Backend>(&self) {
        let under_way = Arc::new(AtomicUsize::<B>::named("under way", 0));
        for n in 0..self.downloads {
            let thread = B::spawn(format!("download {n}"), sharing(&under_way, download::<B>));
            thread.join().expect("no panic");
        }
    }
}

#[derive(Debug)]
struct StartAll {
    downloads: usize,
}

impl Program for StartAll {
    fn run<B: Backend>(&self) {
        let under_way = Arc::new(AtomicUsize::<B>::named("under way", 0));
        let start = |n| B::spawn(format!("download {n}"), sharing(&under_way, download::<B>));
        join_all((0..self.downloads).map(start));
    }
}
