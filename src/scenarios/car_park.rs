//! A car park has room for two, and three cars arrive.
//!
//! Without a gate all three drive in. A lock would be too strict: one car need not exclude all
//! others, there must only *never be more than two*. That is a semaphore with two permits. A car
//! takes a permit to enter and gives it back when it leaves; the third car waits until a permit is
//! back. Connection pools, download slots and rate limits are car parks.
//!
//! Two properties are checked here. Safety: no interleaving has three cars inside. Usefulness: some
//! interleaving has *two* inside. A lock is safe as well, but it wastes half of the places. A test
//! that looks only for accidents cannot tell the two gates apart.

use super::{processes, sharing};
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, execution::reach, join_all},
    primitives::{
        Lock, Semaphore,
        process::{self, Entry, Task, entry},
    },
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "car-park",
    group: Group::Gates,
    lesson: "A semaphore admits up to N threads: never more, and really N at once",
    source: include_str!("car_park.rs"),
    variants: &[
        Variant::new("none", &NoGate { cars: 3 }, "Nothing keeps the third car out.")
            .fails(FailureKind::Assertion, "3 inside, and there is room for 2")
            .swept(sizes!(NoGate { cars: 1..=4 } if cars > 2)),
        Variant::new(
            "semaphore",
            &WithSemaphore { places: 1, cars: 2 },
            "A car enters only with a permit, and there are as many permits as places.",
        )
        .sized(&[(Engine::Dpor, &WithSemaphore { places: 2, cars: 3 })])
        .swept(sizes!(WithSemaphore { places: 1..=2, cars: 1..=3 })),
        Variant::new(
            "all-places-used",
            &WithSemaphore { places: 2, cars: 2 },
            "The second car does not have to wait until the first has left.",
        )
        .reaches(BOTH)
        .sized(&[(Engine::Dpor, &WithSemaphore { places: 2, cars: 3 })])
        .swept(sizes!(WithSemaphore { places: 1..=2, cars: 1..=3 } if places > 1 && cars > 1)),
        Variant::new(
            "lock",
            &WithLock { cars: 2 },
            "A lock is safe too, but no two cars are ever inside: half of the car park stays \
             empty.",
        )
        .never_reaches(BOTH)
        .sized(&[(Engine::Dpor, &WithLock { cars: 4 })])
        .swept(sizes!(WithLock { cars: 1..=4 })),
        Variant::new(
            "processes",
            &InProcesses { places: 1, cars: 2 },
            "Each car is a process, and the semaphore is shared by them.",
        )
        .natively(&InProcesses { places: 2, cars: 3 })
        .swept(sizes!(InProcesses { places: 1..=2, cars: 1..=2 })),
    ],
};

/// The point at which two cars are inside.
const BOTH: &str = "two cars inside";

/// The places, `room` of them, and how many are taken.
struct CarPark<B: Backend> {
    room: i64,
    inside: AtomicI64<B>,
}

impl<B: Backend> CarPark<B> {
    fn new(room: i64) -> Self {
        Self { room, inside: AtomicI64::named("inside", 0) }
    }

    /// Drives in and out.
    fn visit(&self) {
        let inside = self.inside.fetch_add(1, SeqCst) + 1;
        assert!(inside <= self.room, "{inside} inside, and there is room for {}", self.room);
        if inside == 2 {
            reach(BOTH);
        }
        self.inside.fetch_sub(1, SeqCst);
    }
}

#[derive(Debug)]
struct NoGate {
    cars: usize,
}

impl Program for NoGate {
    fn run<B: Backend>(&self) {
        let park = Arc::new(CarPark::<B>::new(2));
        join_all(
            (0..self.cars).map(|n| B::spawn(format!("car {n}"), sharing(&park, CarPark::visit))),
        );
    }
}

#[derive(Debug)]
struct WithSemaphore {
    places: i64,
    cars: usize,
}

impl Program for WithSemaphore {
    fn run<B: Backend>(&self) {
        let permits = usize::try_from(self.places).expect("not negative");
        let gate = Semaphore::<B>::named("places", permits);
        let park = Arc::new((gate, CarPark::<B>::new(self.places)));
        join_all((0..self.cars).map(|n| {
            let body = sharing(&park, |(gate, park): &(Semaphore<B>, CarPark<B>)| {
                let _place = gate.permit();
                park.visit();
            });
            B::spawn(format!("car {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct WithLock {
    cars: usize,
}

impl Program for WithLock {
    fn run<B: Backend>(&self) {
        let park = Arc::new((Lock::<B>::named("gate"), CarPark::<B>::new(2)));
        join_all((0..self.cars).map(|n| {
            let body = sharing(&park, |(gate, park): &(Lock<B>, CarPark<B>)| {
                let _inside = gate.lock();
                park.visit();
            });
            B::spawn(format!("car {n}"), body)
        }));
    }
}

/// A car that is a process. Each place of the car park takes one entry.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Car<B: Backend> {
    gate: process::Semaphore<B>,
    places: process::Queue<B, ()>,
}

impl<B: Backend> Task for Car<B> {
    fn run(self) {
        let _place = self.gate.permit().expect("the parent is there");
        self.places.try_put(()).expect("there is a place");
        self.places.try_get().expect("this car is inside");
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Car<B>>()]
}

#[derive(Debug)]
struct InProcesses {
    places: usize,
    cars: usize,
}

impl Program for InProcesses {
    fn run<B: Backend>(&self) {
        let gate = process::Semaphore::<B>::named("places", self.places);
        let places = process::Queue::<B, _>::named("inside", self.places);
        let car = |_| Car { gate: gate.clone(), places: places.clone() };
        processes::<B, _>("car", (0..self.cars).map(car));
        assert_eq!((gate.permits(), places.qsize()), (Ok(self.places), Ok(0)), "a car is inside");
    }
}
