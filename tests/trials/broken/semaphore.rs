//! Broken semaphores.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::semaphore::{Kind, Subject, scenario},
};
use std::time::Duration;

copies! {
    IF_FOR_WHILE: "limits" Assertion "refused a release",
    CHECK_OUTSIDE: "limits" Assertion "refused a release",
    NO_NOTIFY: "one-release-for-each" Deadlock "available",
    NOTIFY_ONE_FOR_ALL: "one-release-for-all" Deadlock "available",
    TAKEN_ANYWAY: "timed" Assertion "gave up and took it",
    LIMIT_OUTSIDE: "bounded" Assertion "beyond the limit",
    RELEASES_NOTHING: "refuses" Assertion "released nothing",
    NOTIFY_THE_FIRST: "one-release-for-each" Deadlock "available",
    TRIES_WITH_SUCCESS: "admits-as-many-as-permits" Assertion "a permit that is not there",
    KEEPS_THE_WAKE_UP: "gives-up-without-loss" Deadlock "`patient` waits for available",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Semaphore<B, false>;
    type Bounded<B: Backend> = Semaphore<B, true>;
}

struct Semaphore<B: Backend, const BOUNDED: bool> {
    permits: Mutex<B, usize>,
    available: Condvar<B>,
    limit: usize,
}

impl<B: Backend, const BOUNDED: bool> Subject for Semaphore<B, BOUNDED> {
    fn new(permits: usize) -> Self {
        Self {
            permits: Mutex::new(permits),
            available: Condvar::named("available"),
            limit: if BOUNDED { permits } else { usize::MAX },
        }
    }

    fn acquire(&self) {
        let mut permits = self.permits.lock();
        if made(IF_FOR_WHILE) {
            if *permits == 0 {
                permits = self.available.wait(permits);
            }
        } else {
            permits = self.available.wait_while(permits, |permits| *permits == 0);
        }
        if made(CHECK_OUTSIDE) {
            drop(permits);
            permits = self.permits.lock();
        }
        *permits = permits.wrapping_sub(1);
    }

    fn try_acquire(&self) -> bool {
        let mut permits = self.permits.lock();
        let taken = *permits > 0;
        *permits -= usize::from(taken);
        taken || made(TRIES_WITH_SUCCESS)
    }

    fn acquire_timeout(&self) -> bool {
        let none = |permits: &mut usize| *permits == 0;
        let (moment, permits) = (Duration::from_millis(1), self.permits.lock());
        if made(KEEPS_THE_WAKE_UP) && *permits == 0 {
            drop(self.available.wait_timeout(permits, moment));
            return false;
        }
        let (mut permits, timed_out) = self.available.wait_timeout_while(permits, moment, none);
        *permits -= usize::from(!timed_out);
        made(TAKEN_ANYWAY) || !timed_out
    }

    fn release_many(&self, n: usize) -> bool {
        if n == 0 {
            return made(RELEASES_NOTHING);
        }
        let mut permits = self.permits.lock();
        if n > self.limit.wrapping_sub(*permits) {
            return false;
        }
        if made(LIMIT_OUTSIDE) {
            drop(permits);
            permits = self.permits.lock();
        }
        let before = *permits;
        *permits = permits.wrapping_add(n);
        match mistake() {
            NO_NOTIFY => {}
            NOTIFY_ONE_FOR_ALL => self.available.notify_one(),
            // Only when the number rises from zero, as if the woken thread would wake the next.
            NOTIFY_THE_FIRST if before > 0 => {}
            _ => (0..n).for_each(|_| self.available.notify_one()),
        }
        true
    }

    fn permits(&self) -> usize {
        *self.permits.lock()
    }
}
