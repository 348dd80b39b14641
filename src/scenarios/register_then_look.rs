//! An asynchronous runtime has a `Notify` that wakes all tasks which wait *now*, and stores nothing
//! for those that come later. A task looks whether its connection is closed, finds that it is not,
//! and begins to wait. Between the two the connection is closed and all waiters are notified: this
//! task is none of them yet, and waits for ever.
//!
//! Several projects met this when a server was shut down (octos #927, the Rust SDK of the Model
//! Context Protocol, PR #611). The runtime documents the way out: make the future that waits, have
//! it registered, look *then*, and wait only afterwards. Here registering is to read the number of
//! notifications so far, and to wait is to wait until there are more.
//!
//! It is the lost wake-up again, in a shape in which it is hard to see: no mutex is in sight under
//! which the look and the wait could be one step.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, Backend, Condvar, Mutex},
    program::{Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "register-then-look",
    group: Group::Trackers,
    lesson: "Register for the notification first, then look, then wait",
    source: include_str!("register_then_look.rs"),
    variants: &[
        Variant::new(
            "look-first",
            &LookFirst,
            "The notification comes between the look and the registration, and wakes no task.",
        )
        .deadlocks("`task` waits for notified"),
        Variant::new(
            "register-first",
            &RegisterFirst,
            "What is closed after the look is notified after the registration: the wait ends.",
        ),
    ],
};

/// Wakes all that are registered.
struct Notify<B: Backend> {
    /// How often that was done.
    times: Mutex<B, usize>,
    notified: Condvar<B>,
}

impl<B: Backend> Notify<B> {
    fn register(&self) -> usize {
        *self.times.lock()
    }

    /// Blocks until there is a notification that `registered` has not seen.
    fn wait(&self, registered: usize) {
        drop(self.notified.wait_while(self.times.lock(), |times| *times == registered));
    }

    fn notify_waiters(&self) {
        *self.times.lock() += 1;
        self.notified.notify_all();
    }
}

fn close_while_a_task_waits<B: Backend>(registers_first: bool) {
    let times = Mutex::<B, _>::named("notifications", 0);
    let notify = Notify { times, notified: Condvar::named("notified") };
    let connection = Arc::new((AtomicBool::<B>::named("closed", false), notify));
    let wait = move |(closed, notify): &(AtomicBool<B>, Notify<B>)| {
        let early = registers_first.then(|| notify.register());
        if !closed.load(SeqCst) {
            notify.wait(early.unwrap_or_else(|| notify.register()));
        }
    };
    let task = B::spawn("task", sharing(&connection, wait));
    connection.0.store(true, SeqCst);
    connection.1.notify_waiters();
    task.join().expect("no panic");
}

#[derive(Debug)]
struct LookFirst;

impl Program for LookFirst {
    fn run<B: Backend>(&self) {
        close_while_a_task_waits::<B>(false);
    }
}

#[derive(Debug)]
struct RegisterFirst;

impl Program for RegisterFirst {
    fn run<B: Backend>(&self) {
        close_while_a_task_waits::<B>(true);
    }
}
