//! A task in a pool needs the result of another task, submits that one to the same pool, and waits.
//!
//! The waiting task does nothing, but it does so *on a worker*. In a pool of one worker there is
//! nobody left to run what it waits for: a deadlock, in every run. With `n` workers it takes `n`
//! tasks that all wait at once; so the program works for years, until the load is high enough.
//! A pool is a semaphore in disguise: each task holds one of its places while it waits.
//!
//! - *two-workers*: one more worker than tasks that may be waiting. It holds for as long as that
//!   number is known, which a recursion's, for example, is not.
//! - *callback*: the task does not wait. It says what is to be done with the result when it is
//!   there, and gives its worker back.

use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::{Future, Queue, ThreadPool},
    program::{Group, Program, Scenario, Variant},
};
use std::sync::Arc;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "nested-submit",
    group: Group::Threads,
    lesson: "A task that waits for another of its own pool holds the worker that one needs",
    source: include_str!("nested_submit.rs"),
    variants: &[
        Variant::new(
            "one-worker",
            &Waits { workers: 1, waits: 1 },
            "The only worker waits for a task that no worker is left to run.",
        )
        .deadlocks("`pool_0` waits for future done"),
        Variant::new(
            "two-workers",
            &Waits { workers: 2, waits: 1 },
            "One worker waits, the other one runs what it waits for.",
        )
        .outcomes(&["[42]"]),
        Variant::new(
            "callback",
            &Callback { workers: 1, tasks: 1 },
            "The worker goes on to the inner task, whose end calls what needs its result.",
        )
        .outcomes(&["[42]"])
        .sized(&[(Engine::Dpor, &Callback { workers: 2, tasks: 1 })]),
    ],
};

fn pool<B: Backend>(workers: usize) -> Arc<ThreadPool<B>> {
    Arc::new(ThreadPool::new(workers).expect("some workers"))
}

/// Hands over what half of the answer is computed by.
fn submit_half<B: Backend>(pool: &ThreadPool<B>) -> Future<B, i64> {
    pool.submit(|| 21).expect("open")
}

/// Lets go of the pool; whoever is the last to do so shuts it down.
fn finish<B: Backend>(pool: Arc<ThreadPool<B>>, answers: &[i64]) {
    drop(pool);
    outcome(format_args!("{answers:?}"));
}

/// Submits a task that waits for one that waits for another, and so on, so many times.
fn submit_chain<B: Backend>(pool: &Arc<ThreadPool<B>>, waits: usize) -> Future<B, i64> {
    let own = Arc::clone(pool);
    let task = move || match waits {
        0 => 21,
        _ => 2 * submit_chain(&own, waits - 1).result().expect("no panic"),
    };
    pool.submit(task).expect("open")
}

#[derive(Debug)]
struct Waits {
    workers: usize,
    waits: usize,
}

impl Program for Waits {
    fn run<B: Backend>(&self) {
        let pool = pool::<B>(self.workers);
        let answer = submit_chain(&pool, self.waits).result().expect("no panic");
        finish(pool, &[answer]);
    }
}

#[derive(Debug)]
struct Callback {
    workers: usize,
    tasks: usize,
}

impl Program for Callback {
    fn run<B: Backend>(&self) {
        let pool = pool::<B>(self.workers);
        let answers = Arc::new(Queue::<B, i64>::named("answers", 0));
        for _ in 0..self.tasks {
            let (own, answers) = (Arc::clone(&pool), Arc::clone(&answers));
            let task = move || {
                submit_half(&own).add_done_callback(move |half| {
                    answers.put(2 * half.result().expect("no panic")).expect("open");
                });
            };
            pool.submit(task).expect("open");
        }
        let answers: Vec<_> = (0..self.tasks).map(|_| answers.get().expect("open")).collect();
        finish(pool, &answers);
    }
}
