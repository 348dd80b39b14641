//! A task is submitted, and then it is no longer wanted. Is it cancelled, or has it begun?
//!
//! A home-made task checks a flag before it begins, and `cancel` raises the flag. The thread that
//! cancels then assumes that the task will not run, and deletes the file it was to read. But the
//! task may have checked a moment before. With a flag, the check and the start are two steps. A
//! *future* makes them one: under one lock it goes from pending to running or from pending to
//! cancelled, and `cancel` returns which.
//!
//! The other promises of a future are of the same kind. Its result is set once, and every thread
//! that waits for it sees it, early or late. A callback is called exactly once, even if it is added
//! at the very moment at which the task ends: either the worker calls it then, or the thread that
//! adds it calls it at once.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, AtomicUsize, Backend, Engine, execution::outcome, join_all},
    primitives::{Future, FutureError, ThreadPool},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "future",
    group: Group::Threads,
    lesson: "A future is pending, running, done or cancelled, and each change is one step",
    source: include_str!("future.rs"),
    variants: &[
        Variant::new(
            "flag",
            &Flag { tasks: 1 },
            "The cancel comes after the task has checked the flag and before it has begun.",
        )
        .fails(FailureKind::Assertion, "ran after its cancel")
        .outcomes(&["cancelled", "ran"])
        .swept(sizes!(Flag { tasks: 1..=3 })),
        Variant::new(
            "cancel-or-run",
            &Cancel { tasks: 1 },
            "The worker and `cancel` decide in one step which of them was first.",
        )
        .outcomes(&["cancelled", "ran"])
        .sized(&[(Engine::Dpor, &Cancel { tasks: 2 })])
        .swept(sizes!(Cancel { tasks: 1..=2 })),
        Variant::new(
            "result-for-all",
            &Result { waiters: 1 },
            "A thread that waits is woken when the task ends; a thread that comes later sees the \
             result.",
        )
        .outcomes(&["42"])
        .sized(&[(Engine::Dpor, &Result { waiters: 2 })])
        .swept(sizes!(Result { waiters: 1..=3 })),
        Variant::new(
            "callback-once",
            &Callback { callbacks: 1 },
            "Under one lock the callback is either added, or the task is seen to be done.",
        )
        .outcomes(&["1"])
        .sized(&[(Engine::Dpor, &Callback { callbacks: 2 })])
        .swept(sizes!(Callback { callbacks: 1..=3 })),
    ],
};

/// Whether a task has run.
type Ran<B> = AtomicBool<B>;

fn has_not_run<B: Backend>() -> Arc<Ran<B>> {
    Arc::new(AtomicBool::named("ran", false))
}

/// A pool of one worker, which takes a task.
fn pool_with<B: Backend, T: Send + 'static>(
    task: impl FnOnce() -> T + Send + 'static,
) -> (ThreadPool<B>, Future<B, T>) {
    let pool = ThreadPool::new(1).expect("a worker");
    let future = pool.submit(task).expect("open");
    (pool, future)
}

#[derive(Debug)]
struct Flag {
    tasks: usize,
}

impl Program for Flag {
    fn run<B: Backend>(&self) {
        for _ in 0..self.tasks {
            let (ran, cancelled) = (has_not_run::<B>(), has_not_run::<B>());
            let flag = Arc::clone(&cancelled);
            let body = sharing(&ran, move |ran: &Ran<B>| {
                if !flag.load(SeqCst) {
                    ran.store(true, SeqCst);
                }
            });
            let worker = B::spawn("worker", body);
            cancelled.store(true, SeqCst);
            let in_time = !ran.load(SeqCst);
            worker.join().expect("no panic");
            let ran = ran.load(SeqCst);
            outcome(if ran { "ran" } else { "cancelled" });
            assert!(!(in_time && ran), "ran after its cancel");
        }
    }
}

#[derive(Debug)]
struct Cancel {
    tasks: usize,
}

impl Program for Cancel {
    fn run<B: Backend>(&self) {
        let pool = ThreadPool::<B>::new(self.tasks).expect("a worker for each");
        let submit = |_| {
            let ran = has_not_run::<B>();
            let task = pool.submit(sharing(&ran, |ran: &Ran<B>| ran.store(true, SeqCst)));
            (ran, task.expect("open"))
        };
        let tasks: Vec<_> = (0..self.tasks).map(submit).collect();
        let cancels: Vec<_> = tasks.iter().map(|(_, task)| task.cancel()).collect();
        drop(pool);
        for ((ran, task), in_time) in tasks.into_iter().zip(cancels) {
            let ran = ran.load(SeqCst);
            outcome(if ran { "ran" } else { "cancelled" });
            assert!(!(in_time && ran), "ran after its cancel");
            assert!(in_time || ran, "neither cancelled nor run");
            let cancelled = task.result() == Err(FutureError::Cancelled);
            assert_eq!(cancelled, in_time, "the future says something else");
        }
    }
}

#[derive(Debug)]
struct Result {
    waiters: usize,
}

impl Program for Result {
    fn run<B: Backend>(&self) {
        let (pool, task) = pool_with::<B, i64>(|| 42);
        let results = join_all((0..self.waiters).map(|n| {
            let task = task.clone();
            B::spawn(format!("waiter {n}"), move || task.result())
        }));
        let mine = task.result();
        drop(pool);
        assert!(results.iter().all(|result| *result == mine), "two results");
        outcome(mine.expect("no panic"));
    }
}

#[derive(Debug)]
struct Callback {
    callbacks: usize,
}

impl Program for Callback {
    fn run<B: Backend>(&self) {
        let called = Arc::new(AtomicUsize::<B>::named("called", 0));
        let (pool, task) = pool_with::<B, _>(|| ());
        let mut adders = Vec::new();
        for _ in 0..self.callbacks {
            let called = Arc::clone(&called);
            let task = task.clone();
            adders.push(B::spawn("adder", move || {
                task.add_done_callback(move |_| {
                    called.fetch_add(1, SeqCst);
                });
            }));
        }
        join_all(adders);
        drop(pool);
        let called = called.load(SeqCst);
        outcome(called);
        assert_eq!(called, self.callbacks, "a callback was lost, or called twice");
    }
}
