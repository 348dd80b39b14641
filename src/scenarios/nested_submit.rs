//! A task in a pool needs the result of another task, submits that task to the same pool, and
//! waits.
//!
//! The waiting task does nothing, but it occupies *a worker*. In a pool of one worker no worker is
//! left to run the inner task: a deadlock, in every run. With `n` workers it takes `n` tasks that
//! all wait at once, so the program works for years, until the load is high enough. A pool is a
//! semaphore in disguise: each task holds one of its places while it waits.
//!
//! - *two-workers*: one more worker than tasks that may wait. This works only where that number is
//!   known; a recursion, for example, does not know it.
//! - *callback*: the task does not wait. It registers what to do with the result, and gives its
//!   worker back.

use crate::{
    backend::{Arc, Backend, Engine, execution::outcome},
    primitives::{Future, Queue, ThreadPool},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "nested-submit",
    group: Group::Threads,
    lesson: "A task that waits for another task of its pool holds the worker that task needs",
    source: include_str!("nested_submit.rs"),
    variants: &[
        Variant::new(
            "one-worker",
            &Waits { workers: 1, waits: 1 },
            "The only worker waits for a task that no worker is left to run.",
        )
        .deadlocks("`pool_0` waits for future done")
        .swept(sizes!(Waits { workers: 1..=2, waits: 1..=2 } if waits >= workers)),
        Variant::new(
            "two-workers",
            &Waits { workers: 2, waits: 1 },
            "One worker waits, and the other runs the task that it waits for.",
        )
        .outcomes(&["[42]"])
        .swept(sizes!(Waits { workers: 1..=2, waits: 1..=2 } if waits < workers)),
        Variant::new(
            "callback",
            &Callback { workers: 1, tasks: 1 },
            "The worker goes on to the inner task, and its end calls the code that needs the \
             result.",
        )
        .outcomes(&["[42]"])
        .sized(&[(Engine::Dpor, &Callback { workers: 2, tasks: 1 })])
        .swept(sizes!(Callback { workers: 1..=2, tasks: 1..=3 - workers })),
    ],
};

fn pool<B: Backend>(workers: usize) -> Arc<ThreadPool<B>> {
    Arc::new(ThreadPool::new(workers).expect("some workers"))
}

/// Submits the task that computes one half of the answer.
fn submit_half<B: Backend>(pool: &ThreadPool<B>) -> Future<B, i64> {
    pool.submit(|| 21).expect("open")
}

/// Drops this reference to the pool; the last one shuts it down.
fn finish<B: Backend>(pool: Arc<ThreadPool<B>>, answers: &[i64]) {
    drop(pool);
    outcome(format_args!("{answers:?}"));
}

/// Submits a task that waits for one that waits for another, and so on, `waits` times.
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
