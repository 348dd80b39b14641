//! Broken conditions.

use crate::copies;
use raceproof::{
    backend::{Backend, Condvar, Mutex},
    contracts::condition::{Kind, Subject, scenario},
    primitives::RLock,
};
use std::time::Duration;

copies! {
    NO_NOTIFY = 1: "hand-over" Deadlock "notified",
    GAP = 2: "hand-over" Deadlock "notified",
    NOTIFY_ONE_FOR_ALL = 3: "wakes-all" Deadlock "notified",
    NOTIFY_ONE_FOR_EACH = 4: "wakes-one-for-each" Deadlock "notified",
    ANY_GENERATION = 5: "not-for-latecomers" Deadlock "notified",
    ONE_LEVEL_GIVEN_UP = 6: "gives-up-every-level" Deadlock "",
    WITHOUT_THE_LOCK = 7: "timed" Assertion "came back without the lock",
    IF_FOR_WHILE = 8: "hand-over" Assertion "predicate false",
    UNCHECKED = 9: "refuses" Assertion "notified without the lock",
}

#[derive(Debug)]
struct Flawed<const MISTAKE: u8>;

impl<const MISTAKE: u8> Kind for Flawed<MISTAKE> {
    type On<B: Backend> = Condition<B, MISTAKE>;
}

struct Condition<B: Backend, const MISTAKE: u8> {
    lock: RLock<B>,
    /// How many threads wait, and how many notifications have yet to be taken, by anybody.
    state: Mutex<B, (usize, usize)>,
    notified: Condvar<B>,
}

impl<B: Backend, const MISTAKE: u8> Condition<B, MISTAKE> {
    fn sleep(&self, timed: bool) -> Option<bool> {
        let mut state = self.state.lock();
        if !self.lock.is_owned() {
            return None;
        }
        let mut saved = None;
        if MISTAKE == GAP {
            drop(state);
            saved = self.lock.release_all().ok();
            state = self.state.lock();
        } else if MISTAKE == ONE_LEVEL_GIVEN_UP {
            self.lock.release().ok()?;
        } else {
            saved = self.lock.release_all().ok();
        }
        state.0 += 1;
        let mut timed_out = false;
        if MISTAKE == ANY_GENERATION {
            state = self.notified.wait_while(state, |state| state.1 == 0);
            state.1 -= 1;
        } else if timed {
            (state, timed_out) = self.notified.wait_timeout(state, Duration::from_millis(1));
        } else {
            state = self.notified.wait(state);
        }
        state.0 -= 1;
        drop(state);
        match saved {
            _ if MISTAKE == WITHOUT_THE_LOCK && timed_out => {}
            Some(saved) => self.lock.restore(saved),
            None => self.lock.acquire(),
        }
        Some(!timed_out)
    }

    fn wake(&self, n: usize) -> bool {
        if MISTAKE != UNCHECKED && !self.lock.is_owned() {
            return false;
        }
        let mut state = self.state.lock();
        let n = n.min(state.0 - state.1);
        let n = match MISTAKE {
            NO_NOTIFY => 0,
            NOTIFY_ONE_FOR_EACH => n.min(1),
            _ => n,
        };
        if MISTAKE == ANY_GENERATION {
            state.1 += n;
        }
        (0..n).for_each(|_| self.notified.notify_one());
        true
    }
}

impl<B: Backend, const MISTAKE: u8> Subject for Condition<B, MISTAKE> {
    fn new() -> Self {
        Self { lock: RLock::new(), state: Mutex::new((0, 0)), notified: Condvar::named("notified") }
    }

    fn acquire(&self) {
        self.lock.acquire();
    }

    fn release(&self) -> bool {
        self.lock.release().is_ok()
    }

    fn wait(&self) -> bool {
        self.sleep(false).is_some()
    }

    fn wait_timeout(&self) -> Option<bool> {
        self.sleep(true)
    }

    fn wait_for(&self, mut predicate: impl FnMut() -> bool) -> bool {
        if !self.lock.is_owned() {
            return false;
        }
        while !predicate() {
            self.sleep(MISTAKE == IF_FOR_WHILE);
            if MISTAKE == IF_FOR_WHILE {
                break;
            }
        }
        true
    }

    fn notify(&self, n: usize) -> bool {
        self.wake(n)
    }

    fn notify_all(&self) -> bool {
        self.wake(if MISTAKE == NOTIFY_ONE_FOR_ALL { 1 } else { usize::MAX })
    }
}
