//! A wait group counts what is under way. A thread starts some workers, each of which adds itself
//! to the group first thing, and takes itself off when it is done. Then it waits until the count is
//! zero, and goes on with what the workers have done.
//!
//! The count is zero before the first worker has added itself, too. The wait is over at once, and
//! the workers begin when it is (the class of cockroach #4407 and kubernetes #13058 in GoBench;
//! Go's documentation has warned of it ever since). On an idle machine a new thread runs quickly
//! enough for nobody to notice.
//!
//! To be under way begins when a worker is *started*, not when it runs: count it before.

use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "added-too-late",
    group: Group::Trackers,
    lesson: "Count a worker before you start it: one that counts itself may come after the wait",
    source: include_str!("added_too_late.rs"),
    variants: &[
        Variant::new(
            "counts-itself",
            &CountsItself { workers: 1 },
            "The wait comes before any worker has counted itself, and finds none under way.",
        )
        .fails(FailureKind::Assertion, "not all is done")
        .swept(sizes!(CountsItself { workers: 1..=3 })),
        Variant::new(
            "counted-before",
            &CountedBefore { workers: 2 },
            "The count is above zero from before the first start until after the last end.",
        )
        .sized(&[
            (Engine::Dpor, &CountedBefore { workers: 4 }),
            (Engine::Loom, &CountedBefore { workers: 2 }),
        ])
        .swept(sizes!(CountedBefore { workers: 1..=4 })),
    ],
};

/// How many are under way, and how many are done.
struct WaitGroup<B: Backend> {
    counts: Mutex<B, (usize, usize)>,
    zero: Condvar<B>,
}

impl<B: Backend> WaitGroup<B> {
    fn add(&self) {
        self.counts.lock().0 += 1;
    }

    fn done(&self) {
        let mut counts = self.counts.lock();
        *counts = (counts.0 - 1, counts.1 + 1);
        if counts.0 == 0 {
            self.zero.notify_all();
        }
    }

    fn run(workers: usize, counted_before: bool) {
        let counts = Mutex::named("counts", (0, 0));
        let group = Arc::new(Self { counts, zero: Condvar::named("zero") });
        let threads: Vec<_> = (0..workers)
            .map(|n| {
                if counted_before {
                    group.add();
                }
                let group = Arc::clone(&group);
                B::spawn(format!("worker {n}"), move || {
                    if !counted_before {
                        group.add();
                    }
                    group.done();
                })
            })
            .collect();
        let done = group.zero.wait_while(group.counts.lock(), |counts| counts.0 > 0).1;
        assert_eq!(done, workers, "not all is done");
        join_all(threads);
    }
}

#[derive(Debug)]
struct CountsItself {
    workers: usize,
}

impl Program for CountsItself {
    fn run<B: Backend>(&self) {
        WaitGroup::<B>::run(self.workers, false);
    }
}

#[derive(Debug)]
struct CountedBefore {
    workers: usize,
}

impl Program for CountedBefore {
    fn run<B: Backend>(&self) {
        WaitGroup::<B>::run(self.workers, true);
    }
}
