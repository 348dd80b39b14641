//! One thread waits for a signal, the other one gives it. The signal comes first.
//!
//! A condition variable is a waiting room, not a letterbox: `notify` wakes a thread that waits *at
//! this moment*. If no thread waits, nothing happens and nothing is stored. A waiter that comes a
//! microsecond later waits for a signal that has already been given. The program works on every
//! machine where the waiter happens to be faster, and hangs on the first where it is not: a *lost
//! wake-up*.
//!
//! A thread must wait for a *fact*, a variable under the lock. The notifier makes it true and then
//! notifies; the waiter looks first and waits only while it is false. The wait releases the lock
//! and begins to wait in one step, so the fact cannot become true in between. The notification then
//! means only "look again", and losing one does no harm.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Condvar, Engine, Mutex, join_all},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "lost-wakeup",
    group: Group::Conditions,
    lesson: "A notification is not stored: wait for a fact, not for a signal",
    source: include_str!("lost_wakeup.rs"),
    variants: &[
        Variant::new(
            "signal",
            &Signal { waiters: 1 },
            "The notification comes before the waiter waits, so it wakes no thread.",
        )
        .deadlocks("`waiter 0` waits for signal")
        .swept(sizes!(Signal { waiters: 1..=3 })),
        Variant::new(
            "fact",
            &Fact { waiters: 1 },
            "The waiter looks at the fact before it waits, so a waiter that comes late does not \
             wait at all.",
        )
        .sized(&[(Engine::Dpor, &Fact { waiters: 4 }), (Engine::Loom, &Fact { waiters: 2 })])
        .swept(sizes!(Fact { waiters: 1..=4 })),
    ],
};

struct Ready<B: Backend> {
    fact: Mutex<B, bool>,
    signal: Condvar<B>,
}

impl<B: Backend> Ready<B> {
    fn not_yet() -> Arc<Self> {
        Arc::new(Self { fact: Mutex::named("ready", false), signal: Condvar::named("signal") })
    }
}

#[derive(Debug)]
struct Signal {
    waiters: usize,
}

impl Program for Signal {
    fn run<B: Backend>(&self) {
        let ready = Ready::<B>::not_yet();
        let waiters: Vec<_> = (0..self.waiters)
            .map(|n| {
                let body = sharing(&ready, |ready: &Ready<B>| {
                    let guard = ready.fact.lock();
                    drop(ready.signal.wait(guard));
                });
                B::spawn(format!("waiter {n}"), body)
            })
            .collect();
        ready.signal.notify_all();
        join_all(waiters);
    }
}

#[derive(Debug)]
struct Fact {
    waiters: usize,
}

impl Program for Fact {
    fn run<B: Backend>(&self) {
        let ready = Ready::<B>::not_yet();
        let waiters: Vec<_> = (0..self.waiters)
            .map(|n| {
                let body = sharing(&ready, |ready: &Ready<B>| {
                    let mut fact = ready.fact.lock();
                    while !*fact {
                        fact = ready.signal.wait(fact);
                    }
                });
                B::spawn(format!("waiter {n}"), body)
            })
            .collect();
        *ready.fact.lock() = true;
        ready.signal.notify_all();
        join_all(waiters);
    }
}
