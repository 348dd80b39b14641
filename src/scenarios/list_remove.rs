//! Two workers share a list of jobs. Each looks at the last job, does it, and removes it.
//!
//! The list itself is safe: every look and every removal holds its lock. But between one worker's
//! look and its removal the other may look as well, and see *the same job*. Both do it, and the
//! second finds nothing left to remove. In Python the removal raises a `ValueError`, far from the
//! cause. With `pop()` instead of a removal by value, the second removal takes out another job,
//! which is then never done: one mail is sent twice and another not at all.
//!
//! Looking and taking must be one step: hold the lock for both, or use a container that offers the
//! step, as a queue does.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, Mutex, execution::outcome, join_all},
    primitives::LifoQueue,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "list-remove",
    group: Group::Counters,
    lesson: "An item you have looked at is not yours until you have removed it",
    source: include_str!("list_remove.rs"),
    variants: &[
        Variant::new(
            "unlocked",
            &Unlocked { workers: 2 },
            "Both workers look at the same job before either has removed it.",
        )
        .fails(FailureKind::Assertion, "removed twice")
        .outcomes(&["1 2", "2 2"])
        .swept(sizes!(Unlocked { workers: 1..=3 } if workers > 1)),
        Variant::new(
            "locked",
            &Locked { workers: 2 },
            "The lock is held from the look to the removal, so no other worker sees that job.",
        )
        .outcomes(&["1 2"])
        .sized(&[(Engine::Dpor, &Locked { workers: 5 }), (Engine::Loom, &Locked { workers: 3 })])
        .swept(sizes!(Locked { workers: 1..=4 })),
        Variant::new(
            "queue",
            &TakeFromQueue { workers: 2 },
            "`get` returns an item and removes it in one step.",
        )
        .outcomes(&["1 2"])
        .sized(&[
            (Engine::Dpor, &TakeFromQueue { workers: 5 }),
            (Engine::Loom, &TakeFromQueue { workers: 3 }),
        ])
        .swept(sizes!(TakeFromQueue { workers: 1..=4 })),
    ],
};

/// Each worker must have done another job.
fn check(mut done: Vec<usize>) {
    done.sort();
    outcome(done.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    assert!(done.is_sorted_by(|one, next| one < next), "removed twice: {done:?}");
}

#[derive(Debug)]
struct Unlocked {
    workers: usize,
}

impl Program for Unlocked {
    fn run<B: Backend>(&self) {
        let jobs = Arc::new(Mutex::<B, Vec<_>>::named("jobs", (1..=self.workers).collect()));
        check(join_all((0..self.workers).map(|n| {
            let body = sharing(&jobs, |jobs| {
                let last = *jobs.lock().last().expect("a job for each");
                jobs.lock().retain(|&job| job != last);
                last
            });
            B::spawn(format!("worker {n}"), body)
        })));
    }
}

#[derive(Debug)]
struct Locked {
    workers: usize,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        let jobs = Arc::new(Mutex::<B, Vec<_>>::named("jobs", (1..=self.workers).collect()));
        check(join_all((0..self.workers).map(|n| {
            let body = sharing(&jobs, |jobs| {
                let mut jobs = jobs.lock();
                let last = *jobs.last().expect("a job for each");
                jobs.retain(|&job| job != last);
                last
            });
            B::spawn(format!("worker {n}"), body)
        })));
    }
}

#[derive(Debug)]
struct TakeFromQueue {
    workers: usize,
}

impl Program for TakeFromQueue {
    fn run<B: Backend>(&self) {
        let jobs = Arc::new(LifoQueue::<B, _>::named("jobs", 0));
        for job in 1..=self.workers {
            jobs.put(job).expect("open");
        }
        check(join_all((0..self.workers).map(|n| {
            let body = sharing(&jobs, |jobs| jobs.get().expect("a job for each"));
            B::spawn(format!("worker {n}"), body)
        })));
    }
}
