//! Two threads borrow from the same total and pay back, so in the end the total should be
//! unchanged.
//!
//! One thread adds 6 and subtracts 6 again, the other does the same with 9. The order of the four
//! steps does not matter to addition, so 100 should stay 100. But `total += 6` is a read and a
//! write. If the other thread writes in between, its contribution is overwritten. It is still
//! subtracted later, so the total drifts *in either direction*, by mixed multiples of 6 and 9. The
//! longer the loop, the larger the drift: the usual exercise runs it a million times and prints a
//! different number each time.
//!
//! The program looks safe because each thread undoes its own change; reference counts, statistics
//! and stock bookings look safe for the same reason. But a change can only be undone if it was not
//! lost. A lock around each single change is enough, because every change is then atomic. A
//! separate total for each thread works too.

use super::{SKIPS, sharing};
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, Mutex, execution::outcome, join_all},
    primitives::ThreadLocal,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "add-subtract",
    group: Group::Counters,
    lesson: "Undoing a change restores nothing if the change itself was overwritten",
    source: include_str!("add_subtract.rs"),
    variants: &[
        Variant::new(
            "unlocked",
            &Unlocked { numbers: &[6, 9], rounds: 1 },
            "A thread that has read the total writes it back without the change that the other \
             thread has made meanwhile.",
        )
        .fails(FailureKind::Assertion, "the total has drifted")
        .natively(&Unlocked { numbers: &[6, 9], rounds: 100_000 })
        .outcomes(&["91", "94", "97", "100", "103", "106", "109"])
        .outcomes_missed_by(Engine::Loom, &["109"], SKIPS)
        .swept(
            sizes!(Unlocked { numbers: [&[6][..], &[6, 9]], rounds: 1..=2 } if numbers.len() > 1),
        ),
        Variant::new(
            "locked",
            &Locked { numbers: &[6, 9], rounds: 1 },
            "Each addition and each subtraction is atomic, so their order does not matter.",
        )
        .outcomes(&["100"])
        .sized(&[(Engine::Dpor, &Locked { numbers: &[6, 9, 5, 7], rounds: 1 })])
        .swept(sizes!(Locked { numbers: [&[6][..], &[6, 9]], rounds: 1..=3 })),
        Variant::new(
            "thread-local",
            &Local { numbers: &[6, 9], rounds: 1 },
            "Each thread has its own total, which no other thread can overwrite.",
        )
        .outcomes(&["100, 100"])
        .sized(&[(Engine::Dpor, &Local { numbers: &[6, 9, 5], rounds: 1 })])
        .swept(sizes!(Local { numbers: [&[6][..], &[6, 9]], rounds: 1..=3 })),
    ],
};

fn check(total: i64) {
    outcome(total);
    assert_eq!(total, 100, "the total has drifted");
}

#[derive(Debug)]
struct Unlocked {
    numbers: &'static [i64],
    rounds: usize,
}

impl Program for Unlocked {
    fn run<B: Backend>(&self) {
        let total = Arc::new(AtomicI64::<B>::named("total", 100));
        let rounds = self.rounds;
        join_all(self.numbers.iter().map(|&number| {
            let body = sharing(&total, move |total: &AtomicI64<B>| {
                for _ in 0..rounds {
                    let seen = total.load(SeqCst);
                    total.store(seen + number, SeqCst);
                    let seen = total.load(SeqCst);
                    total.store(seen - number, SeqCst);
                }
            });
            B::spawn(format!("plus and minus {number}"), body)
        }));
        check(total.load(SeqCst));
    }
}

#[derive(Debug)]
struct Locked {
    numbers: &'static [i64],
    rounds: usize,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        let total = Arc::new(Mutex::<B, _>::named("total", 100));
        let rounds = self.rounds;
        join_all(self.numbers.iter().map(|&number| {
            let body = sharing(&total, move |total| {
                for _ in 0..rounds {
                    *total.lock() += number;
                    *total.lock() -= number;
                }
            });
            B::spawn(format!("plus and minus {number}"), body)
        }));
        check(*total.lock());
    }
}

#[derive(Debug)]
struct Local {
    numbers: &'static [i64],
    rounds: usize,
}

impl Program for Local {
    fn run<B: Backend>(&self) {
        let total = Arc::new(ThreadLocal::<B, i64>::named("totals", || 100));
        let rounds = self.rounds;
        let totals = join_all(self.numbers.iter().map(|&number| {
            let body = sharing(&total, move |total| {
                let mut left = 100;
                for _ in 0..rounds {
                    total.with(|total| *total += number);
                    left = total.with(|total| {
                        *total -= number;
                        *total
                    });
                }
                left
            });
            B::spawn(format!("plus and minus {number}"), body)
        }));
        totals.into_iter().for_each(check);
    }
}
