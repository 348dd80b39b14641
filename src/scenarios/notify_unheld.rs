//! A thread changes something and notifies, without holding the lock that the waiters hold.
//!
//! The waiter holds the lock, sees that the flag is not set, and is about to wait. At this moment
//! the other thread, which needs no lock for a single atomic flag, sets the flag and notifies. No
//! thread is waiting yet, so the notification is lost, and the waiter goes to sleep although the
//! flag is set. The lock makes looking and waiting one step, but only for threads that take it.
//!
//! Python's `Condition` therefore refuses to notify when its lock is not held. std's `Condvar` does
//! not: notifying after the lock is released is harmless, as long as the *change* was made while it
//! was held. The rule is about the change; the refusal is a cheap way to enforce it.

use super::sharing;
use crate::{
    backend::{
        Arc, AtomicBool, Backend, Condvar, Engine, Mutex,
        execution::{outcome, refused},
        join_all,
    },
    primitives::Condition,
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "notify-unheld",
    group: Group::Conditions,
    lesson: "Change what others wait for with the lock held, or a waiter may miss the change",
    source: include_str!("notify_unheld.rs"),
    variants: &[
        Variant::new(
            "no-check",
            &NoCheck { waiters: 1 },
            "The flag is set and the notification sent between the waiter's look and its sleep.",
        )
        .deadlocks("`waiter 0` waits for notified")
        .swept(sizes!(NoCheck { waiters: 1..=3 })),
        Variant::new(
            "refused",
            &Refused { waiters: 0 },
            "A condition that knows its lock refuses the notification.",
        )
        .refuses("notification of a condition whose lock is not held")
        .swept(sizes!(Refused { waiters: 0..=2 } if waiters == 0)),
        Variant::new(
            "held",
            &Held { waiters: 1 },
            "With the lock, the change comes before the look, or after the sleep has begun.",
        )
        .outcomes(&["ready"])
        .sized(&[(Engine::Dpor, &Held { waiters: 2 })])
        .swept(sizes!(Held { waiters: 1..=2 })),
    ],
};

#[derive(Debug)]
struct NoCheck {
    waiters: usize,
}

struct Bare<B: Backend> {
    lock: Mutex<B, ()>,
    notified: Condvar<B>,
    ready: AtomicBool<B>,
}

impl Program for NoCheck {
    fn run<B: Backend>(&self) {
        let bare = Arc::new(Bare::<B> {
            lock: Mutex::named("lock", ()),
            notified: Condvar::named("notified"),
            ready: AtomicBool::named("ready", false),
        });
        let waiters: Vec<_> = (0..self.waiters)
            .map(|n| {
                let body = sharing(&bare, |bare: &Bare<B>| {
                    let mut guard = bare.lock.lock();
                    while !bare.ready.load(SeqCst) {
                        guard = bare.notified.wait(guard);
                    }
                });
                B::spawn(format!("waiter {n}"), body)
            })
            .collect();
        bare.ready.store(true, SeqCst);
        bare.notified.notify_all();
        join_all(waiters);
    }
}

/// A condition, and the flag that its waiters wait for.
struct Checked<B: Backend> {
    condition: Condition<B>,
    ready: AtomicBool<B>,
}

impl<B: Backend> Checked<B> {
    fn not_ready() -> Arc<Self> {
        let (condition, ready) = (Condition::named("ready"), AtomicBool::named("flag", false));
        Arc::new(Self { condition, ready })
    }

    fn wait(&self) {
        let _held = self.condition.lock();
        self.condition.wait_for(|| self.ready.load(SeqCst)).expect("held");
    }
}

#[derive(Debug)]
struct Refused {
    waiters: usize,
}

impl Program for Refused {
    fn run<B: Backend>(&self) {
        let checked = Checked::<B>::not_ready();
        let waiters: Vec<_> = (0..self.waiters)
            .map(|n| B::spawn(format!("waiter {n}"), sharing(&checked, Checked::wait)))
            .collect();
        checked.ready.store(true, SeqCst);
        if let Err(error) = checked.condition.notify_all() {
            refused(error);
        }
        join_all(waiters);
    }
}

#[derive(Debug)]
struct Held {
    waiters: usize,
}

impl Program for Held {
    fn run<B: Backend>(&self) {
        let checked = Checked::<B>::not_ready();
        let waiters: Vec<_> = (0..self.waiters)
            .map(|n| B::spawn(format!("waiter {n}"), sharing(&checked, Checked::wait)))
            .collect();
        let held = checked.condition.lock();
        checked.ready.store(true, SeqCst);
        checked.condition.notify_all().expect("held");
        drop(held);
        join_all(waiters);
        outcome("ready");
    }
}
