//! A value is created by the first thread that needs it. Later users should not pay for a lock.
//!
//! So they look at a flag before they take the lock: "created already? then use it". A thread that
//! finds the flag down takes the lock, looks *again*, creates the value, and raises the flag. This
//! *double-checked locking* was in every textbook until it was found to be broken. A thread that
//! sees the flag up takes no lock, and with a `Relaxed` flag nothing orders the creation of the
//! value before its use. The thread may see the flag of a finished value and the memory of an
//! unfinished one.
//!
//! The flag must be stored with `Release` once the value is complete, and the first look must be an
//! `Acquire` load. The second look, under the lock, may be relaxed. Better still, use `OnceLock` or
//! `LazyLock`, which are this pattern done right.

use super::{SEQ_CST, sharing};
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, Mutex, Shared, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "double-checked-init",
    group: Group::Memory,
    lesson: "A thread that skips the lock because of a flag must load that flag with Acquire",
    source: include_str!("double_checked_init.rs"),
    variants: &[
        Variant::new(
            "relaxed",
            &WithRelaxed { users: 2 },
            "A thread that sees the flag uses a value whose creation is not ordered before the \
             use.",
        )
        .fails(FailureKind::DataRace, "value")
        .missed_by(&[(Engine::Shuttle, SEQ_CST)])
        .swept(sizes!(WithRelaxed { users: 1..=3 } if users > 1)),
        Variant::new(
            "acquire",
            &WithAcquire { users: 2 },
            "The flag is released after the creation and acquired before the use.",
        )
        .outcomes(&["42"])
        .sized(&[(Engine::Dpor, &WithAcquire { users: 4 })])
        .swept(sizes!(WithAcquire { users: 1..=4 })),
    ],
};

/// A value that is created when it is first needed.
struct Lazy<B: Backend> {
    made: AtomicBool<B>,
    making: Mutex<B, ()>,
    value: Shared<B, i64>,
}

impl<B: Backend> Lazy<B> {
    /// The value; creates it the first time.
    fn get(&self, look: Ordering, raise: Ordering) -> i64 {
        if !self.made.load(look) {
            let _making = self.making.lock();
            if !self.made.load(Relaxed) {
                assert_eq!(self.value.get(), 0, "made twice");
                self.value.set(42);
                self.made.store(true, raise);
            }
        }
        self.value.get()
    }

    fn run(users: usize, look: Ordering, raise: Ordering) {
        let lazy = Arc::new(Self {
            made: AtomicBool::named("made", false),
            making: Mutex::named("making", ()),
            value: Shared::named("value", 0),
        });
        let values = join_all((0..users).map(|n| {
            let body = sharing(&lazy, move |lazy: &Self| lazy.get(look, raise));
            B::spawn(format!("user {n}"), body)
        }));
        assert!(values.iter().all(|&value| value == 42), "not made: {values:?}");
        outcome(values[0]);
    }
}

#[derive(Debug)]
struct WithRelaxed {
    users: usize,
}

impl Program for WithRelaxed {
    fn run<B: Backend>(&self) {
        Lazy::<B>::run(self.users, Relaxed, Relaxed);
    }
}

#[derive(Debug)]
struct WithAcquire {
    users: usize,
}

impl Program for WithAcquire {
    fn run<B: Backend>(&self) {
        Lazy::<B>::run(self.users, Acquire, Release);
    }
}
