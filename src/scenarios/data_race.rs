//! Two threads write to the same plain variable, and nothing orders the two writes.
//!
//! In C, C++ and Rust this is a *data race*, and the program has undefined behaviour: the result is
//! not "one of the two values", but anything. The compiler assumes that there are no data races, so
//! it keeps the variable in a register, splits a write in two, or moves it out of a loop. Safe Rust
//! rejects such a program; `unsafe` code, a foreign library or another language can contain it.
//!
//! A data race is not the same as a race condition. A lost update on an atomic counter is a race
//! condition, a bug of the program's logic, with a well-defined wrong result. Two unordered writes
//! are undefined behaviour even if both write the same value. A lock puts the accesses in a
//! sequence in which each happens before the next, and both kinds of bug are gone.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, Mutex, Shared, execution::outcome, join_all},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "data-race",
    group: Group::Memory,
    lesson: "Two unordered plain accesses, one of them a write, are undefined behaviour",
    source: include_str!("data_race.rs"),
    variants: &[
        Variant::new("plain", &Plain { threads: 2 }, "Neither write happens before the other.")
            .fails(FailureKind::DataRace, "total")
            .missed_by(&[(Engine::Shuttle, "it does not look for data races")])
            .swept(sizes!(Plain { threads: 1..=3 } if threads > 1)),
        Variant::new(
            "locked",
            &Locked { threads: 2 },
            "Each write happens before the unlock, and the unlock before the next thread's lock.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &Locked { threads: 5 }), (Engine::Loom, &Locked { threads: 3 })])
        .swept(sizes!(Locked { threads: 1..=4 })),
    ],
};

#[derive(Debug)]
struct Plain {
    threads: usize,
}

impl Program for Plain {
    fn run<B: Backend>(&self) {
        let total = Arc::new(Shared::<B, i64>::named("total", 0));
        join_all((0..self.threads).map(|n| {
            let body = sharing(&total, |total: &Shared<B, i64>| total.set(1));
            B::spawn(format!("writer {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct Locked {
    threads: usize,
}

impl Program for Locked {
    fn run<B: Backend>(&self) {
        let lock = Mutex::<B, _>::named("lock", ());
        let total = Arc::new((lock, Shared::<B, i64>::named("total", 0)));
        join_all((0..self.threads).map(|n| {
            let body = sharing(&total, |(lock, total): &(Mutex<B, ()>, Shared<B, i64>)| {
                let _held = lock.lock();
                total.set(total.get() + 1);
            });
            B::spawn(format!("writer {n}"), body)
        }));
        outcome(total.1.get());
    }
}
