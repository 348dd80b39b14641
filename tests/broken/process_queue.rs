//! Broken queues between processes.

use crate::{copies, made};
use raceproof::{
    backend::{Backend, Condvar, Mutex},
    contracts::process_queue::{Kind, Subject, scenario},
};
use std::{collections::VecDeque, time::Duration};

copies! {
    TELLS_NOBODY: "in-order" Deadlock "changed",
    DONE_IN_SILENCE: "tasks" Deadlock "changed",
    LOOKS_THEN_TAKES: "two-getters" Assertion "an item got twice",
    DONE_WHEN_GOT: "tasks" Assertion "a task is missing",
    SENT_AND_GIVEN_BACK: "timed" Assertion "given back and put",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Queue<B>;
}

struct Queue<B: Backend> {
    maxsize: usize,
    state: Mutex<B, State>,
    changed: Condvar<B>,
}

#[derive(Default)]
struct State {
    items: VecDeque<i64>,
    unfinished: usize,
}

impl<B: Backend> Queue<B> {
    fn tell(&self) {
        if !made(TELLS_NOBODY) {
            self.changed.notify_all();
        }
    }

    fn push(&self, state: &mut State, item: i64) {
        state.items.push_back(item);
        state.unfinished += 1;
        self.tell();
    }

    fn blocks_put(&self, state: &State) -> bool {
        self.maxsize > 0 && state.items.len() >= self.maxsize
    }
}

impl<B: Backend> Subject for Queue<B> {
    fn new(maxsize: usize) -> Self {
        Self { maxsize, state: Mutex::default(), changed: Condvar::named("changed") }
    }

    fn put(&self, item: i64) {
        let state = self.state.lock();
        let mut state = self.changed.wait_while(state, |state| self.blocks_put(state));
        self.push(&mut state, item);
    }

    fn put_timeout(&self, item: i64) -> Result<(), i64> {
        let (moment, state) = (Duration::from_micros(20), self.state.lock());
        let (mut state, timed_out) =
            self.changed.wait_timeout_while(state, moment, |state| self.blocks_put(state));
        if timed_out && !made(SENT_AND_GIVEN_BACK) {
            return Err(item);
        }
        self.push(&mut state, item);
        if timed_out { Err(item) } else { Ok(()) }
    }

    fn get(&self) -> i64 {
        let state = self.state.lock();
        let mut state = self.changed.wait_while(state, |state| state.items.is_empty());
        if made(LOOKS_THEN_TAKES) {
            let item = state.items[0];
            drop(state);
            self.state.lock().items.pop_front();
            return item;
        }
        let item = state.items.pop_front().expect("just seen");
        self.tell();
        item
    }

    fn try_get(&self) -> Option<i64> {
        let mut state = self.state.lock();
        let item = state.items.pop_front();
        if item.is_some() && made(DONE_WHEN_GOT) {
            state.unfinished = state.unfinished.saturating_sub(1);
        }
        self.tell();
        item
    }

    fn task_done(&self) -> bool {
        let mut state = self.state.lock();
        let Some(left) = state.unfinished.checked_sub(1) else { return false };
        state.unfinished = left;
        if !made(DONE_IN_SILENCE) {
            self.tell();
        }
        true
    }

    fn join(&self) {
        let unfinished = |state: &mut State| state.unfinished > 0;
        drop(self.changed.wait_while(self.state.lock(), unfinished));
    }
}
