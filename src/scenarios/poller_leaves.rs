//! Several tasks share one future. Only one of them, the *poller*, drives it; the others wait until
//! the poller is done and take a copy of the result. That is as it should be: the work is done
//! once.
//!
//! Then the poller is cancelled: its task has run out of time and is dropped. The future is not
//! done, nobody drives it any more, and the others wait for a poller that has gone (futures-rs
//! #339). Each of them would have driven it, had it been asked.
//!
//! A role that others rely on cannot simply be left. Whoever leaves hands it over: it takes note
//! that there is no poller, and wakes the others so that one of them takes the role.

use super::sharing;
use crate::backend::Capability::Timeouts;
use crate::{
    backend::{Arc, Backend, Condvar, Mutex, join_all},
    program::{Group, Program, Scenario, Variant},
};
use std::time::Duration;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "poller-leaves",
    group: Group::Trackers,
    lesson: "Who leaves a role that others rely on must hand it over and wake them",
    source: include_str!("poller_leaves.rs"),
    variants: &[
        Variant::new(
            "just-leaves",
            &JustLeaves,
            "The poller runs out of time, and the other waits for what no thread drives.",
        )
        .deadlocks("`patient` waits for changed")
        .needs(&[Timeouts]),
        Variant::new(
            "hands-over",
            &HandsOver,
            "The one that is woken finds no poller, and becomes it.",
        )
        .needs(&[Timeouts]),
    ],
};

#[derive(Debug, Default)]
struct State {
    polled: bool,
    /// What the future waits for has come.
    ready: bool,
    done: bool,
}

struct Future<B: Backend> {
    state: Mutex<B, State>,
    /// The future has become ready: the poller listens.
    ready: Condvar<B>,
    /// It is done, or there is no poller: the others listen.
    changed: Condvar<B>,
}

impl<B: Backend> Future<B> {
    /// Waits for the result, for a limited time if `hasty` while it drives the future.
    fn wait(&self, hasty: bool, hands_over: bool) {
        let mut state = self.state.lock();
        while !state.done {
            if state.polled {
                state = self.changed.wait(state);
                continue;
            }
            state.polled = true;
            if hasty {
                let time = Duration::from_millis(1);
                let not_ready = |state: &mut State| !state.ready;
                (state, _) = self.ready.wait_timeout_while(state, time, not_ready);
            } else {
                state = self.ready.wait_while(state, |state| !state.ready);
            }
            if state.ready {
                state.done = true;
            } else if hands_over {
                state.polled = false;
            }
            drop(state);
            self.changed.notify_all();
            return;
        }
    }

    fn run(hands_over: bool) {
        let state = Mutex::named("future", State::default());
        let (ready, changed) = (Condvar::named("ready"), Condvar::named("changed"));
        let future = Arc::new(Self { state, ready, changed });
        let hasty = sharing(&future, move |future: &Self| future.wait(true, hands_over));
        let patient = sharing(&future, move |future: &Self| future.wait(false, hands_over));
        let waiters = [B::spawn("hasty", hasty), B::spawn("patient", patient)];
        future.state.lock().ready = true;
        future.ready.notify_all();
        join_all(waiters);
    }
}

#[derive(Debug)]
struct JustLeaves;

impl Program for JustLeaves {
    fn run<B: Backend>(&self) {
        Future::<B>::run(false);
    }
}

#[derive(Debug)]
struct HandsOver;

impl Program for HandsOver {
    fn run<B: Backend>(&self) {
        Future::<B>::run(true);
    }
}
