//! Broken locks.

use crate::copies;
use raceproof::{
    backend::{Backend, Condvar, Mutex},
    contracts::lock::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    IF_FOR_WHILE = 1: "excludes" Assertion "",
    CHECK_OUTSIDE = 2: "excludes" Assertion "",
    NO_NOTIFY = 3: "one-after-another" Deadlock "released",
    TAKEN_ANYWAY = 4: "timed" Assertion "",
    RELEASES_NOTHING = 5: "refuses" Assertion "released a free lock",
}

#[derive(Debug)]
struct Flawed<const MISTAKE: u8>;

impl<const MISTAKE: u8> Kind for Flawed<MISTAKE> {
    type On<B: Backend> = Lock<B, MISTAKE>;
}

struct Lock<B: Backend, const MISTAKE: u8> {
    held: Mutex<B, bool>,
    released: Condvar<B>,
}

impl<B: Backend, const MISTAKE: u8> Subject for Lock<B, MISTAKE> {
    fn new() -> Self {
        Self { held: Mutex::new(false), released: Condvar::named("released") }
    }

    fn acquire(&self) {
        let mut held = self.held.lock();
        if MISTAKE == IF_FOR_WHILE {
            if *held {
                held = self.released.wait(held);
            }
        } else {
            held = self.released.wait_while(held, |held| *held);
        }
        if MISTAKE == CHECK_OUTSIDE {
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
        MISTAKE == TAKEN_ANYWAY || !timed_out
    }

    fn release(&self) -> bool {
        let mut held = self.held.lock();
        let was_held = std::mem::replace(&mut *held, false);
        if MISTAKE != NO_NOTIFY {
            self.released.notify_one();
        }
        was_held || MISTAKE == RELEASES_NOTHING
    }

    fn locked(&self) -> bool {
        *self.held.lock()
    }
}
