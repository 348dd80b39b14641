//! A worker process dies with a task in its hands.
//!
//! Main puts a task into a queue, a worker process takes it, and main waits for the answer. The
//! worker is killed by the system, which was short of memory. The task is no longer in the queue,
//! so no other worker sees it; the answer will never come; and nobody tells main, which waits *for
//! ever*. CPython's `multiprocessing.Pool` does just that
//! (<https://github.com/python/cpython/issues/66587>): it starts a new worker, and forgets the task.
//!
//! `dead-worker` breaks its promise in a destructor; a process that is killed runs none. So
//! whoever hands out a task must notice the end of the one who has it. Main can wait for the
//! worker's end before it looks for an answer. A pool has a thread that holds one end of a pipe, and
//! the worker the other. When a process ends, however it ends, its end of the pipe is closed. So that
//! thread reads the answer or the end of file, and the task's result says which.

use crate::{
    backend::{Backend, Capability::Kill, execution::outcome},
    primitives::{
        ApplyError, FutureError,
        process::{self, Entry, GetError, Pool, Process, Queue, Task, Work, entry, worker},
    },
    program::{Group, Program, Scenario, Variant},
};
use serde::{Deserialize, Serialize};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "killed-worker",
    group: Group::Processes,
    lesson: "A worker that dies takes its task along; whoever waits for it must be told",
    source: include_str!("killed_worker.rs"),
    variants: &[
        Variant::new(
            "waits-for-ever",
            &WaitsForEver,
            "The task is out of the queue, and no process is left to answer it.",
        )
        .deadlocks("answers"),
        Variant::new("asked", &Asked, "Main waits for the worker's end first, and then looks.")
            .outcomes(&["process `worker` ended with exit code 9"]),
        Variant::new("told", &Told, "The pool reads the end of the worker's pipe, and says so.")
            .needs(&[Kill])
            .outcomes(&["process `pool_0` ended with exit code 9"]),
    ],
};

/// The worker's end: an exit without an answer stands for a kill.
fn dies() -> ! {
    process::exit(9)
}

/// Takes a task, and dies.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Worker<B: Backend> {
    tasks: Queue<B, i64>,
    answers: Queue<B, i64>,
}

impl<B: Backend> Task for Worker<B> {
    fn run(self) {
        let task = self.tasks.get().expect("the parent is there");
        if task > 0 {
            dies();
        }
        self.answers.put(task).expect("the parent is there");
    }
}

/// The same task for a pool.
#[derive(Serialize, Deserialize)]
struct Large(i64);

impl Work for Large {
    type Output = i64;

    fn run(self) -> i64 {
        if self.0 > 0 {
            dies();
        }
        self.0
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Worker<B>>(), worker::<B, Large>()]
}

/// Starts a worker with a task that it does not survive. Its answers.
fn start<B: Backend>() -> (Process<B>, Queue<B, i64>) {
    let (tasks, answers) = (Queue::<B, _>::named("tasks", 0), Queue::named("answers", 0));
    let worker = Worker { tasks: tasks.clone(), answers: answers.clone() };
    let worker = Process::<B>::new("worker", worker);
    worker.start().expect("nothing forbids it");
    tasks.put(1).expect("it is here");
    (worker, answers)
}

#[derive(Debug)]
struct WaitsForEver;

impl Program for WaitsForEver {
    fn run<B: Backend>(&self) {
        let (_worker, answers) = start::<B>();
        answers.get().expect("it is here");
    }
}

#[derive(Debug)]
struct Asked;

impl Program for Asked {
    fn run<B: Backend>(&self) {
        let (worker, answers) = start::<B>();
        let ended = worker.join().expect_err("it does not survive");
        assert!(matches!(answers.try_get(), Err(GetError::Empty)), "an answer");
        outcome(ended);
    }
}

#[derive(Debug)]
struct Told;

impl Program for Told {
    fn run<B: Backend>(&self) {
        let pool = Pool::<B, _>::new(1).expect("nothing forbids it");
        match pool.apply(Large(1)) {
            Err(ApplyError::Failed(FutureError::Died(failed))) => outcome(failed),
            other => panic!("not told: {other:?}"),
        }
        pool.close();
        pool.join().expect("it is closed");
    }
}
