//! A car leaves the car park, and the gate counts it out twice.
//!
//! A semaphore does not know which thread holds its permits: `release` just adds one. One release
//! too many, for example from an error path that runs after the normal one, raises the limit
//! *silently and for good*. A car park with one place now admits two cars. Nothing fails where the
//! mistake is; something fails much later, where two cars are inside.
//!
//! A bounded semaphore remembers its initial number of permits, and refuses to have more. So the
//! mistake shows at the line that makes it, if all permits are available at that moment. If one of
//! them is in use, the extra release goes unnoticed: it is accepted, and *still* two cars are
//! inside. The bound catches the mistake sometimes, which is better than never. A permit that gives
//! itself back once, on drop, cannot make it.

use super::sharing;
use crate::{
    backend::{Arc, AtomicI64, Backend, Engine, execution::refused, join_all},
    primitives::{BoundedSemaphore, Semaphore},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "over-release",
    group: Group::Gates,
    lesson: "One release too many raises a semaphore's limit for good, silently",
    source: include_str!("over_release.rs"),
    variants: &[
        Variant::new(
            "semaphore",
            &Unbounded { cars: 2 },
            "After one release too many there are two permits for one place.",
        )
        .fails(FailureKind::Assertion, "2 cars in 1 place")
        .swept(sizes!(Unbounded { cars: 1..=3 } if cars > 1)),
        Variant::new(
            "bounded",
            &Bounded { cars: 2 },
            "The release above the initial number is refused, and the limit holds.",
        )
        .refuses("semaphore released too many times: its limit is 1")
        .sized(&[(Engine::Dpor, &Bounded { cars: 3 })])
        .swept(sizes!(Bounded { cars: 1..=3 })),
        Variant::new(
            "bounded-in-use",
            &BoundedInUse { cars: 2 },
            "While a car is inside, the second release for the one that has left goes unnoticed.",
        )
        .fails(FailureKind::Assertion, "2 cars in 1 place")
        .swept(sizes!(BoundedInUse { cars: 1..=3 } if cars > 1)),
        Variant::new(
            "permit",
            &WithPermit { cars: 2 },
            "A permit is given back once, when it is dropped.",
        )
        .sized(&[(Engine::Dpor, &WithPermit { cars: 3 })])
        .swept(sizes!(WithPermit { cars: 1..=3 })),
    ],
};

/// The one place, and the number of cars in it.
struct Place<B: Backend>(AtomicI64<B>);

impl<B: Backend> Place<B> {
    fn new() -> Self {
        Self(AtomicI64::named("inside", 0))
    }

    fn visit(&self) {
        let inside = self.0.fetch_add(1, SeqCst) + 1;
        assert!(inside <= 1, "{inside} cars in 1 place");
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Debug)]
struct Unbounded {
    cars: usize,
}

impl Program for Unbounded {
    fn run<B: Backend>(&self) {
        let park = Arc::new((Semaphore::<B>::named("places", 1), Place::<B>::new()));
        park.0.acquire();
        park.0.release().expect("unbounded");
        park.0.release().expect("unbounded");
        join_all((0..self.cars).map(|n| {
            let body = sharing(&park, |(gate, place): &(Semaphore<B>, Place<B>)| {
                gate.acquire();
                place.visit();
                gate.release().expect("unbounded");
            });
            B::spawn(format!("car {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct Bounded {
    cars: usize,
}

impl Program for Bounded {
    fn run<B: Backend>(&self) {
        let park = Arc::new((BoundedSemaphore::<B>::named("places", 1), Place::<B>::new()));
        park.0.acquire();
        park.0.release().expect("acquired above");
        if let Err(error) = park.0.release() {
            refused(error);
        }
        join_all((0..self.cars).map(|n| {
            let body = sharing(&park, |(gate, place): &(BoundedSemaphore<B>, Place<B>)| {
                gate.acquire();
                place.visit();
                gate.release().expect("acquired above");
            });
            B::spawn(format!("car {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct BoundedInUse {
    cars: usize,
}

impl Program for BoundedInUse {
    fn run<B: Backend>(&self) {
        let park = Arc::new((BoundedSemaphore::<B>::named("places", 1), Place::<B>::new()));
        let cars: Vec<_> = (0..self.cars)
            .map(|n| {
                let body = sharing(&park, |(gate, place): &(BoundedSemaphore<B>, Place<B>)| {
                    gate.acquire();
                    place.visit();
                    // Refused if the gate has counted one car too many meanwhile.
                    let _ = gate.release();
                });
                B::spawn(format!("car {n}"), body)
            })
            .collect();
        park.0.acquire();
        let _ = park.0.release();
        let _ = park.0.release();
        join_all(cars);
    }
}

#[derive(Debug)]
struct WithPermit {
    cars: usize,
}

impl Program for WithPermit {
    fn run<B: Backend>(&self) {
        let park = Arc::new((Semaphore::<B>::named("places", 1), Place::<B>::new()));
        join_all((0..self.cars).map(|n| {
            let body = sharing(&park, |(gate, place): &(Semaphore<B>, Place<B>)| {
                let _permit = gate.permit();
                place.visit();
            });
            B::spawn(format!("car {n}"), body)
        }));
        assert_eq!(park.0.permits(), 1, "the limit has changed");
    }
}
