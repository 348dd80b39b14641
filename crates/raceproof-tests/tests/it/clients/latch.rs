//! A latch that opens when it has been counted down. The broken one looks at the count before it has the lock under which it
//! waits, so that it may wait for ever.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::{
    Condvar, Mutex,
    atomic::{AtomicI32, Ordering::SeqCst},
};

use super::{broken, proved};

struct Latch {
    count: AtomicI32,
    lock: Mutex<()>,
    opens: Condvar,
    looks_again: bool,
}

impl Latch {
    fn new(looks_again: bool) -> Self {
        Latch {
            count: AtomicI32::named("count", 2),
            lock: Mutex::named("lock", ()),
            opens: Condvar::named("opens"),
            looks_again,
        }
    }

    fn count_down(&self) {
        if self.count.fetch_sub(1, SeqCst) == 1 {
            let _guard = self.lock.lock().unwrap();
            self.opens.notify_all();
        }
    }

    fn wait(&self) {
        if self.looks_again {
            let guard = self.lock.lock().unwrap();
            drop(self.opens.wait_while(guard, |()| self.count.load(SeqCst) > 0).unwrap());
        } else if self.count.load(SeqCst) > 0 {
            let guard = self.lock.lock().unwrap();
            drop(self.opens.wait(guard).unwrap());
        }
    }
}

fn check(looks_again: bool) -> Checked {
    linearizable! { @clients
        object: Latch = Latch::new(looks_again);
        spec: i32 = 2;
        before: 1;
        fn count_down(&self) { spec: |count| *count -= 1 }
        fn wait(&self) { waits: |count| (*count <= 0).then_some(()) }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(true));
}

#[test]
fn a_lost_notification() {
    broken(&check(false), 3, 2);
}
