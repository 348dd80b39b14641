//! Plain shared memory: unordered accesses are a data race, where an engine reports those.

use super::{programs, suite};
use raceproof_suite::{
    backend::{
        AtomicBool, Backend, Capability::DataRaces, Mutex, Shared, execution::outcome, join_all,
    },
    program::{FailureKind::DataRace, Program, Scenario, Variant},
};
use std::sync::{
    Arc,
    atomic::Ordering::{self, Acquire, Relaxed, Release},
};

pub(crate) static SUITE: Scenario = suite(
    "backend-memory",
    &[
        Variant::new("two-writes", &TwoWrites, "")
            .fails(DataRace, "data race on place: writer ")
            .needs(&[DataRaces]),
        Variant::new("in-turn", &InTurn, "").outcomes(&["2"]),
        Variant::new("flag-relaxed", &Flag { release: Relaxed, acquire: Relaxed }, "")
            .fails(DataRace, "data race on data: ")
            .needs(&[DataRaces]),
        Variant::new("flag-release-acquire", &Flag { release: Release, acquire: Acquire }, ""),
    ],
);

programs! {
    TwoWrites<B> {
        let place = Arc::new(Shared::<B, i64>::named("place", 0));
        join_all((0..2).map(|n| {
            let place = Arc::clone(&place);
            B::spawn("writer", move || place.set(n))
        }));
    }

    InTurn<B> {
        let place = Arc::new((Mutex::<B, _>::new(()), Shared::<B, i64>::named("place", 0)));
        join_all((0..2).map(|_| {
            let place = Arc::clone(&place);
            B::spawn("adder", move || {
                let _turn = place.0.lock();
                place.1.set(place.1.get() + 1);
            })
        }));
        outcome(place.1.get());
    }
}

#[derive(Debug)]
struct Flag {
    release: Ordering,
    acquire: Ordering,
}

impl Program for Flag {
    fn run<B: Backend>(&self) {
        let shared = Arc::new((Shared::<B, i64>::named("data", 0), AtomicBool::<B>::new(false)));
        let other = Arc::clone(&shared);
        let release = self.release;
        let writer = B::spawn("writer", move || {
            other.0.set(42);
            other.1.store(true, release);
        });
        if shared.1.load(self.acquire) {
            assert_eq!(shared.0.get(), 42);
        }
        writer.join().unwrap();
    }
}
