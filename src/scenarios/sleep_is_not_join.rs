//! Main starts workers, sleeps for a while that is surely long enough, and reads their results.
//!
//! It works on the author's machine and in every test, because a second is an eternity for a few
//! lines of work. Then the machine is busy, the disk is slow, or the laptop's lid was closed, and
//! main reads before a worker has written. No sleep is long enough: it says how long *this* thread
//! does nothing, and nothing about the progress of the others. A longer sleep makes the failure
//! rarer, and the program slower every time.
//!
//! `join` waits for exactly what is needed, the end of the worker, and no longer. It also makes the
//! worker's writes visible to the joining thread, which a sleep does not.

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend, Engine, JoinHandle, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "sleep-is-not-join",
    group: Group::Threads,
    lesson: "A sleep waits for the clock and not for another thread: join the thread you need",
    source: include_str!("sleep_is_not_join.rs"),
    variants: &[
        Variant::new(
            "sleep",
            &Sleep { workers: 1 },
            "Main wakes up and reads before the worker has finished.",
        )
        .fails(FailureKind::Assertion, "read before it was done")
        .outcomes(&["0 of 1", "1 of 1"])
        .swept(sizes!(Sleep { workers: 1..=3 })),
        Variant::new(
            "join",
            &Join { workers: 1 },
            "Main reads when the worker has ended, however long that takes.",
        )
        .outcomes(&["1 of 1"])
        .sized(&[(Engine::Dpor, &Join { workers: 4 }), (Engine::Loom, &Join { workers: 2 })])
        .swept(sizes!(Join { workers: 1..=4 })),
    ],
};

/// How long the work takes, usually.
const WORK: Duration = Duration::from_micros(50);

/// The workers, each of which adds one to the count.
fn start<B: Backend>(done: &Arc<AtomicUsize<B>>, workers: usize) -> Vec<JoinHandle<B, ()>> {
    let worker = |n| {
        let body = sharing(done, |done: &AtomicUsize<B>| {
            B::sleep(WORK);
            done.fetch_add(1, SeqCst);
        });
        B::spawn(format!("worker {n}"), body)
    };
    (0..workers).map(worker).collect()
}

fn check(seen: usize, workers: usize) {
    outcome(format_args!("{seen} of {workers}"));
    assert_eq!(seen, workers, "read before it was done");
}

#[derive(Debug)]
struct Sleep {
    workers: usize,
}

impl Program for Sleep {
    fn run<B: Backend>(&self) {
        let done = Arc::new(AtomicUsize::<B>::named("done", 0));
        let workers = start(&done, self.workers);
        B::sleep(WORK);
        let seen = done.load(SeqCst);
        join_all(workers);
        check(seen, self.workers);
    }
}

#[derive(Debug)]
struct Join {
    workers: usize,
}

impl Program for Join {
    fn run<B: Backend>(&self) {
        let done = Arc::new(AtomicUsize::<B>::named("done", 0));
        join_all(start(&done, self.workers));
        check(done.load(SeqCst), self.workers);
    }
}
