//! Broken events.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::event::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    NO_NOTIFY: "wakes-all" Deadlock "was set",
    NOTIFY_ONE_FOR_ALL: "wakes-all" Deadlock "was set",
    WAITS_FOR_THE_FLAG: "pulse" Deadlock "was set",
    CHECK_OUTSIDE: "wakes-all" Deadlock "was set",
    CLEARS_NOTHING: "cleared" Assertion "still set",
    WAITS_FOR_THE_NEXT: "timed" Assertion "gave up on a set event",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Event<B>;
}

#[derive(Default)]
struct State {
    set: bool,
    sets: usize,
    waiting: usize,
}

struct Event<B: Backend> {
    state: Mutex<B, State>,
    was_set: Condvar<B>,
}

impl<B: Backend> Subject for Event<B> {
    fn new() -> Self {
        Self { state: Mutex::default(), was_set: Condvar::named("was set") }
    }

    fn set(&self) {
        let mut state = self.state.lock();
        state.set = true;
        state.sets += 1;
        match mistake() {
            NO_NOTIFY => {}
            NOTIFY_ONE_FOR_ALL => self.was_set.notify_one(),
            _ => self.was_set.notify_all(),
        }
    }

    fn clear(&self) {
        let mut state = self.state.lock();
        state.set &= made(CLEARS_NOTHING);
    }

    fn is_set(&self) -> bool {
        self.state.lock().set
    }

    fn wait(&self) {
        let mut state = self.state.lock();
        if state.set {
            return;
        }
        let seen = state.sets;
        if made(CHECK_OUTSIDE) {
            drop(state);
            state = self.state.lock();
            drop(self.was_set.wait(state));
            return;
        }
        state.waiting += 1;
        state = self.was_set.wait_while(state, |state| {
            if made(WAITS_FOR_THE_FLAG) { !state.set } else { state.sets == seen }
        });
        state.waiting -= 1;
    }

    fn wait_timeout(&self) -> bool {
        let moment = Duration::from_millis(1);
        let state = self.state.lock();
        if made(WAITS_FOR_THE_NEXT) {
            return !self.was_set.wait_timeout(state, moment).1;
        }
        !self.was_set.wait_timeout_while(state, moment, |state| !state.set).1
    }

    fn n_waiting(&self) -> usize {
        self.state.lock().waiting
    }
}
