//! A counter. The broken one adds by a read and a write, so that an update may be lost.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::{broken, proved};

struct Counter {
    count: AtomicU32,
    at_once: bool,
}

impl Counter {
    fn add(&self) {
        if self.at_once {
            self.count.fetch_add(1, Relaxed);
        } else {
            self.count.store(self.count.load(Relaxed) + 1, Relaxed);
        }
    }

    fn get(&self) -> u32 {
        self.count.load(Relaxed)
    }
}

fn check(at_once: bool) -> Checked {
    linearizable! { @clients
        object: Counter = Counter { count: AtomicU32::named("count", 0), at_once };
        spec: u32 = 0;
        fn add(&self) { spec: |count| *count += 1 }
        fn get(&self) -> u32 { spec: |count| *count }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(true));
}

#[test]
fn a_lost_update() {
    broken(&check(false), 3, 2);
}
