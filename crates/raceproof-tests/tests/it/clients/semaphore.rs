//! A semaphore. The broken one waits once, and does not look again when it is woken: another thread may have been faster.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::{Condvar, Mutex};

use super::{broken, proved};

struct Semaphore {
    permits: Mutex<i32>,
    released: Condvar,
    looks_again: bool,
}

impl Semaphore {
    fn acquire(&self) {
        let mut permits = self.permits.lock().unwrap();
        if self.looks_again {
            permits = self.released.wait_while(permits, |permits| *permits == 0).unwrap();
        } else if *permits == 0 {
            permits = self.released.wait(permits).unwrap();
        }
        *permits -= 1;
    }

    fn try_acquire(&self) -> bool {
        let mut permits = self.permits.lock().unwrap();
        let free = *permits > 0;
        *permits -= i32::from(free);
        free
    }

    fn release(&self) {
        *self.permits.lock().unwrap() += 1;
        self.released.notify_one();
    }
}

fn check(looks_again: bool) -> Checked {
    linearizable! { @clients
        object: Semaphore = Semaphore {
            permits: Mutex::named("permits", 0),
            released: Condvar::named("released"),
            looks_again,
        };
        spec: i32 = 0;
        fn acquire(&self) { waits: |permits| (*permits > 0).then(|| *permits -= 1) }
        fn try_acquire(&self) -> bool {
            spec: |permits| { let free = *permits > 0; *permits -= i32::from(free); free }
        }
        fn release(&self) { spec: |permits| *permits += 1 }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(true));
}

#[test]
fn not_looked_again() {
    broken(&check(false), 3, 2);
}
