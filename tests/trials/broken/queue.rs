//! Broken queues.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::queue::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    IF_FOR_WHILE: "every-item-once" Assertion "an item for each",
    NO_NOTIFY: "never-above-its-size" Deadlock "not full",
    CHECK_OUTSIDE: "never-above-its-size" Assertion "more items than room",
    SHUTDOWN_WAKES_ONE: "shutdown-wakes-getters" Deadlock "not empty",
    SHUTDOWN_FORGETS_PUTTERS: "shutdown-wakes-putters" Deadlock "not full",
    DONE_WHEN_GOT: "join-waits-for-all-tasks" Assertion "joined before all was done",
    WRONG_END: "every-item-in-order" Assertion "out of order",
    WRONG_ORDER: "lifo-and-priority" Assertion "not the smallest",
    LEAVES_TASKS: "shutdown-now-finishes-tasks" Deadlock "done",
    LOSES_THE_ITEM: "timed-get" Assertion "an item was lost",
    PUTS_ANYWAY: "timed-put" Assertion "given back and put",
    DONE_TOO_OFTEN: "refuses" Assertion "a task that is not there",
    ONLY_WHEN_EMPTY: "every-item-once" Deadlock "not empty",
    OVERWRITES: "fifo" Deadlock "`main` waits for not empty",
}

#[derive(Debug)]
struct Flawed;

const FIFO: u8 = 0;
const LIFO: u8 = 1;
const PRIORITY: u8 = 2;

impl Kind for Flawed {
    type Fifo<B: Backend> = Queue<B, FIFO>;
    type Lifo<B: Backend> = Queue<B, LIFO>;
    type Priority<B: Backend> = Queue<B, PRIORITY>;
}

#[derive(Default)]
struct State {
    items: Vec<i64>,
    unfinished: usize,
    shut_down: bool,
}

struct Queue<B: Backend, const ORDER: u8> {
    maxsize: usize,
    state: Mutex<B, State>,
    not_empty: Condvar<B>,
    not_full: Condvar<B>,
    all_done: Condvar<B>,
}

const MOMENT: Duration = Duration::from_micros(20);

impl<B: Backend, const ORDER: u8> Queue<B, ORDER> {
    fn blocks_put(&self, state: &State) -> bool {
        self.maxsize > 0 && state.items.len() >= self.maxsize && !state.shut_down
    }

    fn push(&self, state: &mut State, item: i64) -> Result<(), i64> {
        if state.shut_down {
            return Err(item);
        }
        let was_empty = state.items.is_empty();
        state.items.push(item);
        state.unfinished += 1;
        if was_empty || !made(ONLY_WHEN_EMPTY) {
            self.not_empty.notify_one();
        }
        Ok(())
    }

    fn pop(&self, state: &mut State) -> Option<i64> {
        if state.items.is_empty() {
            return None;
        }
        let last = state.items.len() - 1;
        let smallest = (0..=last).min_by_key(|&n| state.items[n])?;
        let next = match ORDER {
            FIFO if made(WRONG_END) => last,
            FIFO => 0,
            PRIORITY if !made(WRONG_ORDER) => smallest,
            _ => last,
        };
        let item = state.items.remove(next);
        if made(DONE_WHEN_GOT) {
            state.unfinished -= 1;
            self.all_done.notify_all();
        }
        if !made(NO_NOTIFY) {
            self.not_full.notify_one();
        }
        Some(item)
    }
}

fn blocks_get(state: &State) -> bool {
    state.items.is_empty() && !state.shut_down
}

impl<B: Backend, const ORDER: u8> Subject for Queue<B, ORDER> {
    fn new(maxsize: usize) -> Self {
        Self {
            maxsize,
            state: Mutex::default(),
            not_empty: Condvar::named("not empty"),
            not_full: Condvar::named("not full"),
            all_done: Condvar::named("all done"),
        }
    }

    fn put(&self, item: i64) -> bool {
        let mut state = self.state.lock();
        if made(OVERWRITES) && self.blocks_put(&state) {
            state.items.clear();
        }
        state = self.not_full.wait_while(state, |state| self.blocks_put(state));
        if made(CHECK_OUTSIDE) {
            drop(state);
            state = self.state.lock();
        }
        self.push(&mut state, item).is_ok()
    }

    fn try_put(&self, item: i64) -> Result<(), i64> {
        let mut state = self.state.lock();
        if self.blocks_put(&state) { Err(item) } else { self.push(&mut state, item) }
    }

    fn put_timeout(&self, item: i64) -> Result<(), i64> {
        let blocked = |state: &mut State| self.blocks_put(state);
        let (mut state, timed_out) =
            self.not_full.wait_timeout_while(self.state.lock(), MOMENT, blocked);
        if timed_out {
            if made(PUTS_ANYWAY) {
                self.push(&mut state, item)?;
            }
            return Err(item);
        }
        self.push(&mut state, item)
    }

    fn get(&self) -> Option<i64> {
        let mut state = self.state.lock();
        if made(IF_FOR_WHILE) {
            if blocks_get(&state) {
                state = self.not_empty.wait(state);
            }
        } else {
            state = self.not_empty.wait_while(state, |state| blocks_get(state));
        }
        self.pop(&mut state)
    }

    fn try_get(&self) -> Option<i64> {
        self.pop(&mut self.state.lock())
    }

    fn get_timeout(&self) -> Option<i64> {
        let blocked = |state: &mut State| blocks_get(state);
        let (mut state, timed_out) =
            self.not_empty.wait_timeout_while(self.state.lock(), MOMENT, blocked);
        if timed_out && made(LOSES_THE_ITEM) {
            drop(state);
            self.pop(&mut self.state.lock());
            return None;
        }
        self.pop(&mut state)
    }

    fn task_done(&self) -> bool {
        let mut state = self.state.lock();
        if made(DONE_WHEN_GOT) {
            return true;
        }
        if state.unfinished == 0 {
            return made(DONE_TOO_OFTEN);
        }
        state.unfinished -= 1;
        self.all_done.notify_all();
        true
    }

    fn join(&self) {
        drop(self.all_done.wait_while(self.state.lock(), |state| state.unfinished > 0));
    }

    fn shutdown(&self) {
        self.state.lock().shut_down = true;
        if made(SHUTDOWN_WAKES_ONE) {
            self.not_empty.notify_one();
        } else {
            self.not_empty.notify_all();
        }
        if !made(SHUTDOWN_FORGETS_PUTTERS) {
            self.not_full.notify_all();
        }
    }

    fn shutdown_now(&self) -> Vec<i64> {
        self.shutdown();
        let mut state = self.state.lock();
        let items = std::mem::take(&mut state.items);
        if !made(LEAVES_TASKS) {
            state.unfinished -= items.len();
        }
        self.all_done.notify_all();
        items
    }

    fn qsize(&self) -> usize {
        self.state.lock().items.len()
    }
}
