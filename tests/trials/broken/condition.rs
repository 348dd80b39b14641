//! Broken conditions.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::condition::{Kind, Subject, scenario},
    primitives::RLock,
};
use std::time::Duration;

copies! {
    NO_NOTIFY: "hand-over" Deadlock "notified",
    GAP: "hand-over" Deadlock "notified",
    NOTIFY_ONE_FOR_ALL: "wakes-all" Deadlock "notified",
    NOTIFY_ONE_FOR_EACH: "wakes-one-for-each" Deadlock "notified",
    ANY_GENERATION: "not-for-latecomers" Deadlock "notified",
    ONE_LEVEL_GIVEN_UP: "gives-up-every-level" Deadlock "`giver` waits for rlock released",
    WITHOUT_THE_LOCK: "timed" Assertion "came back without the lock",
    IF_FOR_WHILE: "hand-over" Assertion "predicate false",
    UNCHECKED: "refuses" Assertion "notified without the lock",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Condition<B>;
}

struct Condition<B: Backend> {
    lock: RLock<B>,
    /// The number of waiting threads, and the number of notifications that no thread has taken yet.
    state: Mutex<B, (usize, usize)>,
    notified: Condvar<B>,
}

impl<B: Backend> Condition<B> {
    fn sleep(&self, timed: bool) -> Option<bool> {
        let mut state = self.state.lock();
        if !self.lock.is_owned() {
            return None;
        }
        let mut saved = None;
        if made(GAP) {
            drop(state);
            saved = self.lock.release_all().ok();
            state = self.state.lock();
        } else if made(ONE_LEVEL_GIVEN_UP) {
            self.lock.release().ok()?;
        } else {
            saved = self.lock.release_all().ok();
        }
        state.0 += 1;
        let mut timed_out = false;
        if made(ANY_GENERATION) {
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
            _ if made(WITHOUT_THE_LOCK) && timed_out => {}
            Some(saved) => self.lock.restore(saved),
            None => self.lock.acquire(),
        }
        Some(!timed_out)
    }

    fn wake(&self, n: usize) -> bool {
        if !made(UNCHECKED) && !self.lock.is_owned() {
            return false;
        }
        let mut state = self.state.lock();
        let n = n.min(state.0 - state.1);
        let n = match mistake() {
            NO_NOTIFY => 0,
            NOTIFY_ONE_FOR_EACH => n.min(1),
            _ => n,
        };
        if made(ANY_GENERATION) {
            state.1 += n;
        }
        (0..n).for_each(|_| self.notified.notify_one());
        true
    }
}

impl<B: Backend> Subject for Condition<B> {
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
            self.sleep(made(IF_FOR_WHILE));
            if made(IF_FOR_WHILE) {
                break;
            }
        }
        true
    }

    fn notify(&self, n: usize) -> bool {
        self.wake(n)
    }

    fn notify_all(&self) -> bool {
        self.wake(if made(NOTIFY_ONE_FOR_ALL) { 1 } else { usize::MAX })
    }
}
