//! `submit` looks whether the pool still accepts work, and puts the task into the queue. `shutdown`
//! takes note that it does not, and tells the worker, which empties the queue and leaves.
//!
//! If the shutdown, and the worker's last look into the queue, come between the two steps of
//! `submit`, the task lies in a queue into which nobody will look again. It was accepted, and it is
//! never run; whoever waits for its result waits for good. (The question is that of cpython
//! gh-75964, bpo-31783, about a thread pool whose threads were started while it was shut down.)
//!
//! A task that is submitted beside a shutdown may be refused and may be run, but it must be one of
//! the two: the look and the put belong under the lock under which the end is noted.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{FailureKind, Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "submit-after-shutdown",
    group: Group::Trackers,
    lesson: "A task that is submitted beside a shutdown is refused or run, and never forgotten",
    source: include_str!("submit_after_shutdown.rs"),
    variants: &[
        Variant::new(
            "look-then-put",
            &LookThenPut,
            "The worker leaves between the look and the put.",
        )
        .fails(FailureKind::Assertion, "accepted and never run"),
        Variant::new(
            "one-step",
            &OneStep,
            "The worker sees what is in the queue when the end is noted, and nothing comes later.",
        )
        .outcomes(&["refused", "run"]),
    ],
};

#[derive(Debug, Default)]
struct State {
    shut_down: bool,
    tasks: usize,
    run: usize,
}

struct Pool<B: Backend> {
    state: Mutex<B, State>,
    changed: Condvar<B>,
}

impl<B: Backend> Pool<B> {
    /// Runs tasks until the pool is shut down and none is left.
    fn work(&self) {
        let state = self.state.lock();
        let idle = |state: &mut State| !state.shut_down && state.tasks == 0;
        let mut state = self.changed.wait_while(state, idle);
        while state.tasks > 0 {
            state.tasks -= 1;
            state.run += 1;
            state = self.changed.wait_while(state, idle);
        }
    }

    fn shut_down(&self) {
        self.state.lock().shut_down = true;
        self.changed.notify_all();
    }

    /// Whether the task was accepted.
    fn submit(&self, in_one_step: bool) -> bool {
        let mut state = self.state.lock();
        if state.shut_down {
            return false;
        }
        if !in_one_step {
            drop(state);
            state = self.state.lock();
        }
        state.tasks += 1;
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Submits a task beside a shutdown; whether it was accepted.
    fn run(in_one_step: bool) -> bool {
        let state = Mutex::named("pool", State::default());
        let pool = Arc::new(Self { state, changed: Condvar::named("changed") });
        let worker = B::spawn("worker", sharing(&pool, Self::work));
        let closer = B::spawn("closer", sharing(&pool, Self::shut_down));
        let accepted = pool.submit(in_one_step);
        closer.join().expect("no panic");
        worker.join().expect("no panic");
        assert_eq!(pool.state.lock().run, usize::from(accepted), "accepted and never run");
        accepted
    }
}

#[derive(Debug)]
struct LookThenPut;

impl Program for LookThenPut {
    fn run<B: Backend>(&self) {
        Pool::<B>::run(false);
    }
}

#[derive(Debug)]
struct OneStep;

impl Program for OneStep {
    fn run<B: Backend>(&self) {
        let accepted = Pool::<B>::run(true);
        crate::backend::execution::outcome(if accepted { "run" } else { "refused" });
    }
}
