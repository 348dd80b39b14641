//! A queue counts its unfinished tasks: a put adds one, and a worker takes one off when it has done
//! what it got. `join` waits until none is left. Now the queue gets a method that shuts it down at
//! once: it throws away what lies in the queue and lets `join` return.
//!
//! The first form set the count to zero. But a task may be neither in the queue nor done: a worker
//! has it. `join` returns while the worker is at work, and when it is done, it takes one off a count
//! of zero, which is an error: a task was done that nobody had put (cpython PR #104750 and gh-116631,
//! where the queue's own test failed in this way).
//!
//! Who throws tasks away takes off the count what was thrown away, and leaves to the workers what
//! they hold.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::mem;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "drained-under-a-worker",
    group: Group::Trackers,
    lesson: "What you throw away is what lies there: a worker still holds its task",
    source: include_str!("drained_under_a_worker.rs"),
    variants: &[
        Variant::new(
            "counts-zero",
            &CountsZero,
            "The worker's task is counted off with the rest, and once more when it is done.",
        )
        .fails(FailureKind::Assertion, "task_done was called too often"),
        Variant::new(
            "counts-the-drained",
            &CountsTheDrained,
            "The join waits for the task that the worker has.",
        ),
    ],
};

struct Queue<B: Backend> {
    state: Mutex<B, State>,
    all_done: Condvar<B>,
}

#[derive(Debug)]
struct State {
    items: usize,
    unfinished: usize,
}

impl<B: Backend> Queue<B> {
    /// Gets an item if there is one.
    fn get(&self) -> bool {
        let mut state = self.state.lock();
        let some = state.items > 0;
        state.items -= usize::from(some);
        some
    }

    fn task_done(&self) {
        let mut state = self.state.lock();
        assert!(state.unfinished > 0, "task_done was called too often");
        state.unfinished -= 1;
        if state.unfinished == 0 {
            self.all_done.notify_all();
        }
    }

    fn shutdown_now(&self, to_zero: bool) {
        let mut state = self.state.lock();
        let drained = mem::take(&mut state.items);
        state.unfinished -= if to_zero { state.unfinished } else { drained };
        self.all_done.notify_all();
    }

    fn join(&self) {
        drop(self.all_done.wait_while(self.state.lock(), |state| state.unfinished > 0));
    }

    /// A queue of two tasks is shut down while a worker does one.
    fn run(to_zero: bool) {
        let state = Mutex::named("queue", State { items: 2, unfinished: 2 });
        let queue = Arc::new(Self { state, all_done: Condvar::named("all done") });
        let work = sharing(&queue, |queue: &Self| {
            if queue.get() {
                queue.task_done();
            }
        });
        let worker = B::spawn("worker", work);
        queue.shutdown_now(to_zero);
        queue.join();
        worker.join().expect("no panic");
    }
}

#[derive(Debug)]
struct CountsZero;

impl Program for CountsZero {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(true);
    }
}

#[derive(Debug)]
struct CountsTheDrained;

impl Program for CountsTheDrained {
    fn run<B: Backend>(&self) {
        Queue::<B>::run(false);
    }
}
