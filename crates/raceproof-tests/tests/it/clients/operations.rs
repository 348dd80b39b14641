//! Operations that give up, fail for no reason, or take the object by an owner of its own.

use std::sync::Arc;
use std::time::Duration;

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{AtomicU8, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex};

use super::{broken, proved};

/// A slot of which a thread waits for a value, for a while.
#[derive(Default)]
struct Slot {
    value: Mutex<Option<u8>>,
    filled: Condvar,
    /// Whether a thread that gives up drops the value that has come by then.
    forgets: bool,
}

impl Slot {
    fn put(&self, value: u8) {
        *self.value.lock().unwrap() = Some(value);
        self.filled.notify_one();
    }

    fn take(&self) -> Option<u8> {
        let mut value = self.value.lock().unwrap();
        let mut gives_up = false;
        if value.is_none() {
            let (after, timeout) = self.filled.wait_timeout(value, Duration::from_secs(1)).unwrap();
            (value, gives_up) = (after, timeout.timed_out());
        }
        let taken = value.take();
        taken.filter(|_| !(self.forgets && gives_up))
    }
}

fn slot(forgets: bool) -> Checked {
    linearizable! { @clients
        object: Slot = Slot { forgets, ..Slot::default() };
        spec: Option<u8> = None;
        sizes: 2 x 2;
        fn put(&self, value in fresh(1..)) { spec: |slot| *slot = Some(value) }
        // It gives up if the slot is empty, and only then.
        fn take(&self) -> Option<u8> { spec: |slot| slot.take() }
    }
    .check()
}

#[test]
fn an_operation_that_times_out_gives_up_where_the_spec_says_so() {
    proved(&slot(false));
    // What is put at the last moment is lost.
    broken(&slot(true), 3, 2);
}

fn tries(may_fail: bool) -> Checked {
    linearizable! { @clients
        object: AtomicU8 = AtomicU8::named("count", 0);
        spec: u8 = 0;
        fn add(&self) -> bool {
            does: |count| {
                let old = count.load(SeqCst);
                count.compare_exchange(old, old + 1, SeqCst, SeqCst).is_ok()
            },
            allows: |count, added| if *added { *count += 1; true } else { may_fail }
        }
        fn get(&self) -> u8 { does: |count| count.load(SeqCst), spec: |count| *count }
    }
    .check()
}

#[test]
fn an_operation_that_fails_for_no_reason_is_right_if_that_is_said() {
    proved(&tries(true));
    broken(&tries(false), 2, 2);
}

/// It counts how many owners call it.
struct Counter(Mutex<u8>);

impl Counter {
    fn next(self: Arc<Self>) -> u8 {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        *count
    }
}

#[test]
fn an_operation_takes_an_owner() {
    let checked = linearizable! { @clients
        object: Arc<Counter> = Arc::new(Counter(Mutex::new(0)));
        spec: u8 = 0;
        fn next(&self) -> u8 { does: |object| Arc::clone(object).next(), spec: |count| { *count += 1; *count } }
    };
    proved(&checked.check());
}
