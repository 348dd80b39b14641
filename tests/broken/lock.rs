//! Broken locks.

use crate::{copies, made};
use raceproof::{
    backend::{Backend, Condvar, Mutex},
    contracts::lock::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    IF_FOR_WHILE: "excludes" Assertion "somebody else released it",
    CHECK_OUTSIDE: "excludes" Assertion "somebody else released it",
    NO_NOTIFY: "one-after-another" Deadlock "released",
    TAKEN_ANYWAY: "timed" Assertion "gave up and took it",
    RELEASES_NOTHING: "refuses" Assertion "released a free lock",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Lock<B>;
}

struct Lock<B: Backend> {
    held: Mutex<B, bool>,
    released: Condvar<B>,
}

impl<B: Backend> Subject for Lock<B> {
    fn new() -> Self {
        Self { held: Mutex::new(false), released: Condvar::named("released") }
    }

    fn acquire(&self) {
        let mut held = self.held.lock();
        if made(IF_FOR_WHILE) {
            if *held {
                held = self.released.wait(held);
            }
        } else {
            held = self.released.wait_while(held, |held| *held);
        }
        if made(CHECK_OUTSIDE) {
            drop(held);
            held = self.held.lock();
        }
        *held = true;
    }

    fn try_acquire(&self) -> bool {
        !std::mem::replace(&mut *self.held.lock(), true)
    }

    fn acquire_timeout(&self) -> bool {
        let (mut held, timed_out) =
            self.released
                .wait_timeout_while(self.held.lock(), Duration::from_millis(1), |held| *held);
        *held = true;
        made(TAKEN_ANYWAY) || !timed_out
    }

    fn release(&self) -> bool {
        let mut held = self.held.lock();
        let was_held = std::mem::replace(&mut *held, false);
        if !made(NO_NOTIFY) {
            self.released.notify_one();
        }
        was_held || made(RELEASES_NOTHING)
    }

    fn locked(&self) -> bool {
        *self.held.lock()
    }
}
