//! Mutexes: one holder at a time, released even by a panic, and a deadlock names which thread waits
//! for which.

use super::{programs, suite};
use raceproof_suite::{
    backend::{
        AtomicBool, Backend,
        Capability::{PanicWhileLocked, TryLock as CanTryLock},
        Mutex,
        execution::outcome,
        join_all,
    },
    program::{Scenario, Variant},
};
use std::sync::{Arc, atomic::Ordering::Relaxed};

pub(crate) static SUITE: Scenario = suite(
    "backend-mutex",
    &[
        Variant::new("excludes", &Excludes, "").outcomes(&["2"]),
        Variant::new("try-lock", &TryLock, "").outcomes(&["free", "taken"]).needs(&[CanTryLock]),
        Variant::new("try-lock-held", &TryLockHeld, ""),
        Variant::new("released-by-a-panic", &ReleasedByPanic, "")
            .outcomes(&["half done"])
            .needs(&[PanicWhileLocked]),
        Variant::new("twice", &LockTwice, "")
            .deadlocks("`main` waits for m, which it holds itself"),
        Variant::new("forgotten", &ForgottenGuard, "")
            .deadlocks("`main` waits for m, held by `child`"),
    ],
);

programs! {
    Excludes<B> {
        let inside = Arc::new((Mutex::<B, _>::new(0), AtomicBool::<B>::new(false)));
        join_all((0..2).map(|_| {
            let inside = Arc::clone(&inside);
            B::spawn("visitor", move || {
                let mut visits = inside.0.lock();
                assert!(!inside.1.swap(true, Relaxed), "two inside");
                *visits += 1;
                inside.1.store(false, Relaxed);
            })
        }));
        outcome(*inside.0.lock());
    }

    TryLock<B> {
        let m = Arc::new(Mutex::<B, _>::named("m", ()));
        let other = Arc::clone(&m);
        let child = B::spawn("child", move || drop(other.lock()));
        let got = m.try_lock();
        outcome(if got.is_some() { "free" } else { "taken" });
        drop(got);
        child.join().unwrap();
    }

    TryLockHeld<B> {
        let m = Mutex::<B, _>::new(1);
        let held = m.lock();
        assert!(m.try_lock().is_none());
        drop(held);
        assert_eq!(m.try_lock().map(|guard| *guard), Some(1));
    }

    ReleasedByPanic<B> {
        let m = Arc::new(Mutex::<B, _>::new("untouched"));
        let other = Arc::clone(&m);
        let child = B::spawn("child", move || {
            let mut guard = other.lock();
            *guard = "half done";
            panic!("in the middle");
        });
        let panicked = child.join().unwrap_err();
        assert_eq!(panicked.to_string(), "thread `child` panicked: in the middle");
        outcome(*m.lock());
    }

    LockTwice<B> {
        let m = Mutex::<B, _>::named("m", ());
        let _first = m.lock();
        let _second = m.lock();
    }

    ForgottenGuard<B> {
        let m = Arc::new(Mutex::<B, _>::named("m", ()));
        let other = Arc::clone(&m);
        B::spawn("child", move || std::mem::forget(other.lock())).join().unwrap();
        let _mine = m.lock();
    }
}
