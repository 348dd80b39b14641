//! The promises of an event: a set lets every thread pass that waits for it or comes later, even if
//! it is cleared again before they run; after a clear they wait for the next set.

use super::{Of, aside};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Capability::Timeouts, execution::outcome, join_all},
    primitives::Event,
    program::{Group, Scenario, Variant},
};
use std::{fmt, sync::atomic::Ordering::SeqCst, time::Duration};

/// The contracts of [`Event`].
pub static SCENARIO: Scenario = scenario::<Real>("event");

/// Names an event type.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Event`].
pub trait Subject: Send + Sync + 'static {
    /// An event that is not set.
    fn new() -> Self;
    /// Sets it.
    fn set(&self);
    /// Clears it.
    fn clear(&self);
    /// Whether it is set.
    fn is_set(&self) -> bool;
    /// Blocks until it is set.
    fn wait(&self);
    /// Blocks until it is set, for at most a short time; returns whether it was.
    fn wait_timeout(&self) -> bool;
    /// The number of threads that wait.
    fn n_waiting(&self) -> usize;
}

/// Names [`Event`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Event<B>;
}

impl<B: Backend> Subject for Event<B> {
    fn new() -> Self {
        Self::new()
    }
    fn set(&self) {
        self.set();
    }
    fn clear(&self) {
        self.clear();
    }
    fn is_set(&self) -> bool {
        self.is_set()
    }
    fn wait(&self) {
        self.wait();
    }
    fn wait_timeout(&self) -> bool {
        self.wait_timeout(Duration::from_millis(1))
    }
    fn n_waiting(&self) -> usize {
        self.n_waiting()
    }
}

/// The contracts of events of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "A set lets every waiting thread pass, even if the event is cleared at once";
    let source = include_str!("event.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "wakes-all",
            &WakesAll::<K>(Of::THIS),
            "One set lets every thread go on, whether it waits already or comes later.",
        ),
        Variant::new(
            "pulse",
            &Pulse::<K>(Of::THIS),
            "A thread that waits at the moment of the set goes on, even if the flag is clear \
             again.",
        )
        .outcomes(&["late", "waited"]),
        Variant::new(
            "cleared",
            &Cleared::<K>(Of::THIS),
            "After a clear a wait is for the next set.",
        ),
        Variant::new("timed", &Timed::<K>(Of::THIS), "A timed wait sees the flag set or gives up.")
            .needs(&[Timeouts])
            .outcomes(&["gave up", "set"]),
    ];
}

programs! {
    <K: Kind>;

    WakesAll<B> {
        let event = Arc::new(K::On::<B>::new());
        let waiters = [0, 1].map(|_| aside::<B, _, _>(&event, "waiter", |event| event.wait()));
        event.set();
        join_all(waiters);
        assert!(event.is_set(), "not set any more");
        assert_eq!(event.n_waiting(), 0, "counted without waiting");
    }

    Pulse<B> {
        let event = Arc::new(K::On::<B>::new());
        let waiter = aside::<B, _, _>(&event, "waiter", |event| event.wait());
        if event.n_waiting() == 1 {
            outcome("waited");
            event.set();
            event.clear();
        } else {
            outcome("late");
            event.set();
        }
        waiter.join().unwrap();
    }

    Cleared<B> {
        let shared = Arc::new((K::On::<B>::new(), AtomicUsize::<B>::named("sets", 1)));
        shared.0.set();
        shared.0.clear();
        assert!(!shared.0.is_set(), "still set");
        let waiter = aside::<B, _, _>(&shared, "waiter", |(event, sets)| {
            event.wait();
            assert_eq!(sets.load(SeqCst), 2, "passed before the second set");
        });
        shared.1.store(2, SeqCst);
        shared.0.set();
        waiter.join().unwrap();
    }

    Timed<B> {
        let event = Arc::new(K::On::<B>::new());
        let waiter = aside::<B, _, _>(&event, "waiter", |event| event.wait_timeout());
        event.set();
        outcome(if waiter.join().unwrap() { "set" } else { "gave up" });
        assert_eq!(event.n_waiting(), 0, "counted without waiting");
        assert!(event.wait_timeout(), "gave up on a set event");
    }
}
