//! Broken queues between processes.

use super::{copies, crosses, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::process_queue::{Kind, Subject, scenario},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};

copies! {
    TELLS_NOBODY: "in-order" Deadlock "changed",
    DONE_IN_SILENCE: "tasks" Deadlock "changed",
    LOOKS_THEN_TAKES: "two-getters" Assertion "an item got twice",
    DONE_WHEN_GOT: "tasks" Assertion "a task is missing",
    SENT_AND_GIVEN_BACK: "timed" Assertion "given back and put",
    WAKES_ONE: "terminated-getter" Deadlock "`other` waits for changed",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Queue<B>;
}

struct Queue<B: Backend>(Arc<Own<B>>);

struct Own<B: Backend> {
    maxsize: usize,
    state: Mutex<B, State>,
    changed: Condvar<B>,
}

#[derive(Default)]
struct State {
    items: VecDeque<i64>,
    unfinished: usize,
}

impl<B: Backend> Own<B> {
    fn tell(&self) {
        match mistake() {
            TELLS_NOBODY => {}
            WAKES_ONE => self.changed.notify_one(),
            _ => self.changed.notify_all(),
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

crosses!(Queue);

impl<B: Backend> Subject for Queue<B> {
    fn new(maxsize: usize) -> Self {
        let (state, changed) = (Mutex::default(), Condvar::named("changed"));
        Self(Arc::new(Own { maxsize, state, changed }))
    }

    fn put(&self, item: i64) {
        let state = self.0.state.lock();
        let mut state = self.0.changed.wait_while(state, |state| self.0.blocks_put(state));
        self.0.push(&mut state, item);
    }

    fn put_timeout(&self, item: i64) -> Result<(), i64> {
        let (moment, state) = (Duration::from_micros(20), self.0.state.lock());
        let (mut state, timed_out) =
            self.0.changed.wait_timeout_while(state, moment, |state| self.0.blocks_put(state));
        if timed_out && !made(SENT_AND_GIVEN_BACK) {
            return Err(item);
        }
        self.0.push(&mut state, item);
        if timed_out { Err(item) } else { Ok(()) }
    }

    fn get(&self) -> i64 {
        let state = self.0.state.lock();
        let mut state = self.0.changed.wait_while(state, |state| state.items.is_empty());
        if made(LOOKS_THEN_TAKES) {
            let item = state.items[0];
            drop(state);
            self.0.state.lock().items.pop_front();
            return item;
        }
        let item = state.items.pop_front().expect("just seen");
        self.0.tell();
        item
    }

    fn try_get(&self) -> Option<i64> {
        let mut state = self.0.state.lock();
        let item = state.items.pop_front();
        if item.is_some() && made(DONE_WHEN_GOT) {
            state.unfinished = state.unfinished.saturating_sub(1);
        }
        self.0.tell();
        item
    }

    fn empty(&self) -> bool {
        self.0.state.lock().items.is_empty()
    }

    fn task_done(&self) -> bool {
        let mut state = self.0.state.lock();
        let Some(left) = state.unfinished.checked_sub(1) else { return false };
        state.unfinished = left;
        if !made(DONE_IN_SILENCE) {
            self.0.tell();
        }
        true
    }

    fn join(&self) {
        let unfinished = |state: &mut State| state.unfinished > 0;
        drop(self.0.changed.wait_while(self.0.state.lock(), unfinished));
    }
}
