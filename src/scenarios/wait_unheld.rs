//! A thread checks whether it has to wait, and only then takes the lock to wait.
//!
//! "Why hold the lock while I look? The flag is atomic." So the waiter tests the flag, sees "not
//! ready", takes the lock because the wait requires one, and waits. Between the test and the lock
//! there is a gap, and all of the notifier's work fits into it: take the lock, set the flag,
//! notify, release. No thread was waiting. Then the waiter waits for what has already happened. The
//! notifier did everything right; here the waiter is the one that tests without the lock.
//!
//! A `Condition` refuses to wait when its lock is not held at all, which catches the crudest form.
//! For this subtler form there is only the rule: test what you wait for with the lock held. The
//! wait then releases the lock in the same step in which it begins to wait.

use super::sharing;
use crate::{
    backend::{
        Arc, Backend, Condvar, Engine, Mutex,
        execution::{outcome, refused},
        join_all,
    },
    primitives::Condition,
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "wait-unheld",
    group: Group::Conditions,
    lesson: "Looking without the lock and waiting with it leaves a gap in which the notification \
             is lost",
    source: include_str!("wait_unheld.rs"),
    variants: &[
        Variant::new(
            "looks-first",
            &LooksFirst { waiters: 1 },
            "The notification comes after the look and before the wait.",
        )
        .deadlocks("`waiter 0` waits for notified")
        .swept(sizes!(LooksFirst { waiters: 1..=3 })),
        Variant::new(
            "refused",
            &Refused { waiters: 1 },
            "A condition that knows its lock refuses the wait.",
        )
        .refuses("wait on a condition whose lock is not held")
        .swept(sizes!(Refused { waiters: [1] })),
        Variant::new(
            "held",
            &Held { waiters: 1 },
            "The lock is held from the look to the wait, so nothing can be changed in between.",
        )
        .outcomes(&["ready"])
        .sized(&[(Engine::Dpor, &Held { waiters: 4 }), (Engine::Loom, &Held { waiters: 2 })])
        .swept(sizes!(Held { waiters: 1..=4 })),
    ],
};

struct Flag<B: Backend> {
    ready: Mutex<B, bool>,
    notified: Condvar<B>,
}

impl<B: Backend> Flag<B> {
    fn not_ready() -> Arc<Self> {
        Arc::new(Self { ready: Mutex::named("ready", false), notified: Condvar::named("notified") })
    }

    fn set(&self) {
        *self.ready.lock() = true;
        self.notified.notify_all();
    }
}

#[derive(Debug)]
struct LooksFirst {
    waiters: usize,
}

impl Program for LooksFirst {
    fn run<B: Backend>(&self) {
        let flag = Flag::<B>::not_ready();
        let waiters: Vec<_> = (0..self.waiters)
            .map(|n| {
                let body = sharing(&flag, |flag: &Flag<B>| {
                    let ready = *flag.ready.lock();
                    if !ready {
                        let guard = flag.ready.lock();
                        drop(flag.notified.wait(guard));
                    }
                });
                B::spawn(format!("waiter {n}"), body)
            })
            .collect();
        flag.set();
        join_all(waiters);
    }
}

#[derive(Debug)]
struct Refused {
    waiters: usize,
}

impl Program for Refused {
    fn run<B: Backend>(&self) {
        let condition = Arc::new(Condition::<B>::named("ready"));
        join_all((0..self.waiters).map(|n| {
            let body = sharing(&condition, |condition: &Condition<B>| {
                if let Err(error) = condition.wait() {
                    refused(error);
                }
            });
            B::spawn(format!("waiter {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct Held {
    waiters: usize,
}

impl Program for Held {
    fn run<B: Backend>(&self) {
        let flag = Flag::<B>::not_ready();
        let waiters: Vec<_> = (0..self.waiters)
            .map(|n| {
                let body = sharing(&flag, |flag: &Flag<B>| {
                    let mut ready = flag.ready.lock();
                    while !*ready {
                        ready = flag.notified.wait(ready);
                    }
                });
                B::spawn(format!("waiter {n}"), body)
            })
            .collect();
        flag.set();
        join_all(waiters);
        outcome("ready");
    }
}
