//! The promises of a thread-local variable: each thread sees its own value and no other, from its
//! first use on, and a use in one thread does not block another.

use super::{Of, aside, together};
use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    primitives::ThreadLocal,
    program::{Group, Scenario, Variant},
};
use std::fmt;

/// The contracts of [`ThreadLocal`].
pub static SCENARIO: Scenario = scenario::<Real>("local");

/// Names a thread-local type for numbers.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`ThreadLocal`].
pub trait Subject: Send + Sync + 'static {
    /// A variable that is 1 at first.
    fn new() -> Self;
    /// Calls `f` with this thread's value; returns the new value.
    fn with(&self, f: impl FnOnce(&mut i64)) -> i64;
    /// Sets this thread's value; returns the old one.
    fn set(&self, value: i64) -> Option<i64>;
    /// Takes this thread's value, if it has one; the next use starts from 1 again.
    fn take(&self) -> Option<i64>;
}

/// Names [`ThreadLocal`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = ThreadLocal<B, i64>;
}

impl<B: Backend> Subject for ThreadLocal<B, i64> {
    fn new() -> Self {
        Self::new(|| 1)
    }
    fn with(&self, f: impl FnOnce(&mut i64)) -> i64 {
        self.with(|value| {
            f(value);
            *value
        })
    }
    fn set(&self, value: i64) -> Option<i64> {
        self.set(value)
    }
    fn take(&self) -> Option<i64> {
        self.take()
    }
}

/// The contracts of thread-local variables of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Each thread sees its own value and no other";
    let source = include_str!("local.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "own-value",
            &OwnValue::<K>(Of::THIS),
            "What a thread adds to its value is there when it looks again, and nothing else is.",
        ),
        Variant::new(
            "no-inheritance",
            &NoInheritance::<K>(Of::THIS),
            "A thread starts with the initial value, whatever an earlier thread of the same name \
             left.",
        ),
        Variant::new(
            "taken",
            &Taken::<K>(Of::THIS),
            "A value that a thread sets or takes is its own.",
        ),
        Variant::new(
            "does-not-block",
            &DoesNotBlock::<K>(Of::THIS),
            "While one thread uses its value another can use its own.",
        ),
    ];
}

programs! {
    <K: Kind>;

    OwnValue<B> {
        let local = Arc::new(K::On::<B>::new());
        together::<B, _, _>(&local, 2, |local, n| {
            let n = i64::try_from(n).expect("few threads");
            let added = 10 * (n + 1);
            assert_eq!(local.with(|value| *value += added), 1 + added, "not its initial value");
            assert_eq!(local.with(|_| ()), 1 + added, "another thread's value");
        });
        assert_eq!(local.with(|_| ()), 1, "another thread's value in the main thread");
    }

    NoInheritance<B> {
        let local = Arc::new(K::On::<B>::new());
        for _ in 0..2 {
            let worker = aside::<B, _, _>(&local, "worker", |local| local.with(|value| *value += 1));
            assert_eq!(worker.join(), Ok(2), "a value from the thread before");
        }
    }

    Taken<B> {
        let local = Arc::new(K::On::<B>::new());
        together::<B, _, _>(&local, 2, |local, n| {
            let n = i64::try_from(n).expect("few threads");
            assert_eq!(local.set(n), None, "a value before its first use");
            assert_eq!(local.take(), Some(n), "another thread's value");
            assert_eq!(local.take(), None, "a value that was taken away");
            assert_eq!(local.with(|_| ()), 1, "not initialised anew");
        });
    }

    DoesNotBlock<B> {
        let shared = Arc::new((
            K::On::<B>::new(),
            Mutex::<B, _>::named("met", false),
            Condvar::<B>::named("they met"),
        ));
        let other = aside::<B, _, _>(&shared, "other", |(local, met, they_met)| {
            local.with(|_| *met.lock() = true);
            they_met.notify_one();
        });
        let (local, met, they_met) = &*shared;
        local.with(|_| drop(they_met.wait_while(met.lock(), |met| !*met)));
        other.join().unwrap();
    }
}
