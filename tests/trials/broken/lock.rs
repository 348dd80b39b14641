//! Broken locks.

use super::{copies, made};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex, ThreadId},
    contracts::lock::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    IF_FOR_WHILE: "excludes" Assertion "another thread released it",
    CHECK_OUTSIDE: "excludes" Assertion "another thread released it",
    NO_NOTIFY: "one-after-another" Deadlock "released",
    TAKEN_ANYWAY: "timed" Assertion "gave up and took it",
    RELEASES_NOTHING: "refuses" Assertion "released a free lock",
    FOR_ITS_HOLDER_ONLY: "any-thread-releases" Deadlock "`main` waits for released",
    KEEPS_THE_WAKE_UP: "gives-up-without-loss" Deadlock "`patient` waits for released",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Lock<B>;
}

struct Lock<B: Backend> {
    holder: Mutex<B, Option<ThreadId>>,
    released: Condvar<B>,
}

impl<B: Backend> Subject for Lock<B> {
    fn new() -> Self {
        Self { holder: Mutex::new(None), released: Condvar::named("released") }
    }

    fn acquire(&self) {
        let mut holder = self.holder.lock();
        if made(IF_FOR_WHILE) {
            if holder.is_some() {
                holder = self.released.wait(holder);
            }
        } else {
            holder = self.released.wait_while(holder, |holder| holder.is_some());
        }
        if made(CHECK_OUTSIDE) {
            drop(holder);
            holder = self.holder.lock();
        }
        *holder = Some(B::current().id());
    }

    fn try_acquire(&self) -> bool {
        let mut holder = self.holder.lock();
        let free = holder.is_none();
        holder.get_or_insert_with(|| B::current().id());
        free
    }

    fn acquire_timeout(&self) -> bool {
        let (moment, holder) = (Duration::from_millis(1), self.holder.lock());
        if made(KEEPS_THE_WAKE_UP) && holder.is_some() {
            drop(self.released.wait_timeout(holder, moment));
            return false;
        }
        let held = |holder: &mut Option<ThreadId>| holder.is_some();
        let (mut holder, timed_out) = self.released.wait_timeout_while(holder, moment, held);
        if !timed_out || made(TAKEN_ANYWAY) {
            *holder = Some(B::current().id());
        }
        made(TAKEN_ANYWAY) || !timed_out
    }

    fn release(&self) -> bool {
        let mut holder = self.holder.lock();
        if made(FOR_ITS_HOLDER_ONLY) && *holder != Some(B::current().id()) {
            return false;
        }
        let was_held = holder.take().is_some();
        if !made(NO_NOTIFY) {
            self.released.notify_one();
        }
        was_held || made(RELEASES_NOTHING)
    }

    fn locked(&self) -> bool {
        self.holder.lock().is_some()
    }
}
