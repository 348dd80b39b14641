//! Several threads count a number down, one step each, with a pause in the middle.
//!
//! Each thread reads the number, sleeps a little (a log line, a request, a disk access), and writes
//! back one less. With a start of 2, two threads should end at 0. But while the first thread
//! sleeps, the second reads the same 2, and both write 1. The two steps count as one.
//!
//! The pause does not cause the bug, it only makes it likely. There is *always* a gap between a
//! read and a write. Without the sleep it is a few nanoseconds wide, so the program passes its
//! tests and fails in production. Removing the sleep, or adding sleeps until the program works,
//! changes only the odds. The fix is to hold the lock over the whole of it: read, pause and write.
//! The other threads then wait for the pause, so real code moves the slow part out of the locked
//! section.

use super::sharing;
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, Mutex, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "countdown",
    group: Group::Counters,
    lesson: "A pause between a read and a write does not cause the race, it makes it likely",
    source: include_str!("countdown.rs"),
    variants: &[
        Variant::new(
            "unlocked",
            &Unlocked { threads: 2 },
            "Both threads read the number before either has written it back.",
        )
        .fails(FailureKind::Assertion, "a step was lost")
        .outcomes(&["0", "1"])
        .swept(sizes!(Unlocked { threads: 1..=3 } if threads > 1)),
        Variant::new(
            "locked",
            &Locked { threads: 2 },
            "No thread can read the number while another is between its read and its write.",
        )
        .outcomes(&["0"])
        .sized(&[(Engine::Dpor, &Locked { threads: 5 }), (Engine::Loom, &Locked { threads: 3 })])
        .swept(sizes!(Locked { threads: 1..=4 })),
    ],
};

const PAUSE: Duration = Duration::from_micros(50);

fn check(number: i64) {
    outcome(number);
    assert_eq!(number, 0, "a step was lost");
}

#[derive(Debug)]
struct Unlocked {
    threads: i64,
}

impl Program for Unlocked {
    fn run<B: Backend>(&self) {
        let number = Arc::new(AtomicI64::<B>::named("number", self.threads));
        join_all((0..self.threads).map(|n| {
            let body = sharing(&number, |number: &AtomicI64<B>| {
                let seen = number.load(SeqCst);
                B::sleep(PAUSE);
                number.store(seen - 1, SeqCst);
            });
            B::spawn(format!("counter {n}"), body)
        }));
        check(number.load(SeqCst));
    }
}

#[derive(Debug)]
struct Locked {
    threads: i64,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        let number = Arc::new(Mutex::<B, _>::named("number", self.threads));
        join_all((0..self.threads).map(|n| {
            let body = sharing(&number, |number: &Mutex<B, i64>| {
                let mut number = number.lock();
                let seen = *number;
                B::sleep(PAUSE);
                *number = seen - 1;
            });
            B::spawn(format!("counter {n}"), body)
        }));
        check(*number.lock());
    }
}
