//! Broken barriers.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::barrier::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    COUNT_FOR_ROUND: "rounds" Deadlock "opens",
    NOTIFY_ONE_FOR_ALL: "separates" Deadlock "opens",
    NO_NOTIFY: "abort" Deadlock "opens",
    SAME_INDEX: "separates" Assertion "indices not distinct",
    ACTION_AFTERWARDS: "action" Assertion "passed before the action",
    TIMES_OUT_ALONE: "timed" Deadlock "opens",
    RESET_KEEPS_COUNT: "reset" Deadlock "opens",
    ONE_SHORT: "separates" Assertion "passed before all had come",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Barrier<B>;
}

#[derive(Default)]
struct State {
    arrived: usize,
    round: usize,
    broken: bool,
    /// How the last incomplete round ended; enough for one at a time.
    failed: Option<usize>,
}

struct Barrier<B: Backend> {
    parties: usize,
    action: Box<dyn Fn() + Send + Sync>,
    state: Mutex<B, State>,
    opens: Condvar<B>,
}

impl<B: Backend> Barrier<B> {
    fn arrive(&self, timed: bool) -> Option<usize> {
        let mut state = self.state.lock();
        if state.broken {
            return None;
        }
        let round = state.round;
        let index = if made(SAME_INDEX) { 0 } else { state.arrived };
        state.arrived += 1;
        let last = self.parties - usize::from(made(ONE_SHORT));
        if state.arrived == last {
            self.complete(state);
            return Some(index);
        }
        let same = |state: &mut State| match mistake() {
            COUNT_FOR_ROUND => state.arrived > 0 && !state.broken,
            _ => state.round == round,
        };
        let mut timed_out = false;
        if timed {
            let moment = Duration::from_millis(1);
            (state, timed_out) = self.opens.wait_timeout_while(state, moment, same);
        } else {
            state = self.opens.wait_while(state, same);
        }
        if timed_out && !made(TIMES_OUT_ALONE) {
            self.fail(&mut state, true);
        } else if timed_out {
            state.arrived -= 1;
            return None;
        }
        (state.failed != Some(round)).then_some(index)
    }

    fn complete(&self, mut state: raceproof_suite::backend::MutexGuard<'_, B, State>) {
        if !made(ACTION_AFTERWARDS) {
            (self.action)();
        }
        state.arrived = 0;
        state.round += 1;
        if made(NOTIFY_ONE_FOR_ALL) {
            self.opens.notify_one();
        } else {
            self.opens.notify_all();
        }
        drop(state);
        if made(ACTION_AFTERWARDS) {
            (self.action)();
        }
    }

    fn fail(&self, state: &mut State, broken: bool) {
        state.broken = broken;
        state.failed = Some(state.round);
        state.round += 1;
        if !made(RESET_KEEPS_COUNT) {
            state.arrived = 0;
        }
        if !made(NO_NOTIFY) {
            self.opens.notify_all();
        }
    }
}

impl<B: Backend> Subject for Barrier<B> {
    fn new(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self {
        let opens = Condvar::named("opens");
        Self { parties, action: Box::new(action), state: Mutex::default(), opens }
    }

    fn wait(&self) -> Option<usize> {
        self.arrive(false)
    }

    fn wait_timeout(&self) -> Option<usize> {
        self.arrive(true)
    }

    fn abort(&self) {
        self.fail(&mut self.state.lock(), true);
    }

    fn reset(&self) {
        self.fail(&mut self.state.lock(), false);
    }

    fn n_waiting(&self) -> usize {
        self.state.lock().arrived
    }

    fn is_broken(&self) -> bool {
        self.state.lock().broken
    }
}
