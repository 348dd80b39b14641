//! A customer transfers money from an account to the same account.
//!
//! A transfer locks the source, then the target, and moves the money. The two may be the same
//! account: then the second `acquire` waits until the lock is free, and the only thread that could
//! free it is the one that waits. It is a deadlock of a single thread, in every run, without a
//! race. It still ships: the test data has no transfer from a to a, but the web form allows it.
//! Locking in a fixed order, the cure for *two* threads, does not help here.
//!
//! A reentrant lock knows its owner, lets it in again, and is free once it has been released as
//! often as acquired. The alternative is to check first whether the two accounts are the same.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, join_all},
    primitives::{Lock, RLock},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "self-transfer",
    group: Group::Bank,
    lesson: "Two locks may turn out to be one: a thread that takes it twice waits for itself",
    source: include_str!("self_transfer.rs"),
    variants: &[
        Variant::new(
            "lock",
            &WithLock { transfers: 1 },
            "The thread waits for the lock on account a, which it holds itself.",
        )
        .deadlocks("waits for account a released")
        .swept(sizes!(WithLock { transfers: 1..=3 })),
        Variant::new(
            "rlock",
            &WithRLock { transfers: 2 },
            "The lock lets its owner in again, and other threads once both levels are released.",
        )
        .sized(&[(Engine::Dpor, &WithRLock { transfers: 3 })])
        .swept(sizes!(WithRLock { transfers: 1..=3 })),
    ],
};

#[derive(Debug)]
struct WithLock {
    transfers: usize,
}

impl Program for WithLock {
    fn run<B: Backend>(&self) {
        let a = Arc::new(Lock::<B>::named("account a"));
        join_all((0..self.transfers).map(|n| {
            let body = sharing(&a, |a| {
                let (source, target) = (a, a);
                let _source = source.lock();
                let _target = target.lock();
            });
            B::spawn(format!("a to a, {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct WithRLock {
    transfers: usize,
}

impl Program for WithRLock {
    fn run<B: Backend>(&self) {
        let a = Arc::new(RLock::<B>::named("account a"));
        join_all((0..self.transfers).map(|n| {
            let body = sharing(&a, |a| {
                let (source, target) = (a, a);
                let _source = source.lock();
                let _target = target.lock();
                assert!(a.is_owned(), "another thread has the account");
            });
            B::spawn(format!("a to a, {n}"), body)
        }));
        assert!(!a.locked(), "a level was not released");
    }
}
