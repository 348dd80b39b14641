//! A server has a pool of two connections to its database. A request takes one, begins a
//! transaction, and calls a helper that takes another, for a look at the settings. In every test
//! this works: there are two connections.
//!
//! Then two requests come at the same time. Each takes a connection, and each asks for a second.
//! The pool is empty, and the two connections are held by those who wait (authgear #1724). It is
//! the deadlock of two locks taken in opposite orders, but there is no order to correct here: all
//! connections are alike. More connections only move the point, to as many requests.
//!
//! A request takes all that it needs in one step, or it hands its connection to its helpers.

use crate::{
    backend::{Arc, Backend, Engine, join_all},
    primitives::Semaphore,
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "second-connection",
    group: Group::Trackers,
    lesson: "Who holds one of a pool must not ask the pool for another",
    source: include_str!("second_connection.rs"),
    variants: &[
        Variant::new(
            "one-after-the-other",
            &OneAfterTheOther { requests: 2 },
            "Each request holds one of the connections and waits for another.",
        )
        .deadlocks("waits for connections")
        .swept(sizes!(OneAfterTheOther { requests: 1..=3 } if requests > 1)),
        Variant::new(
            "handed-on",
            &HandedOn { requests: 2 },
            "A request holds one connection, waits for none while it does, and gives it back.",
        )
        .sized(&[
            (Engine::Dpor, &HandedOn { requests: 3 }),
            (Engine::Loom, &HandedOn { requests: 2 }),
        ])
        .swept(sizes!(HandedOn { requests: 1..=3 })),
    ],
};

/// Serves so many requests at the same time with two connections.
fn serve<B: Backend>(requests: usize, handle: fn(&Semaphore<B>)) {
    let connections = Arc::new(Semaphore::<B>::named("connections", 2));
    join_all((0..requests).map(|n| {
        let connections = Arc::clone(&connections);
        B::spawn(format!("request {n}"), move || handle(&connections))
    }));
}

#[derive(Debug)]
struct OneAfterTheOther {
    requests: usize,
}

impl Program for OneAfterTheOther {
    fn run<B: Backend>(&self) {
        serve::<B>(self.requests, |connections| {
            connections.acquire();
            // The helper takes one of its own.
            connections.acquire();
            connections.release().expect("acquired above");
            connections.release().expect("acquired above");
        });
    }
}

#[derive(Debug)]
struct HandedOn {
    requests: usize,
}

impl Program for HandedOn {
    fn run<B: Backend>(&self) {
        serve::<B>(self.requests, |connections| {
            connections.acquire();
            connections.release().expect("acquired above");
        });
    }
}
