//! A timer is about to close an idle connection. Just in time the user comes back and cancels it.
//!
//! A home-made timer sleeps, checks "have I been cancelled?", and runs its action. `cancel` sets
//! the flag and returns, and its caller assumes that the action will not run any more: it goes on
//! to use the connection. But there is a gap between the timer's check and its action. If the
//! cancel falls into it, the timer has already seen "no", and closes the connection while it is in
//! use.
//!
//! Whether the action runs must be decided in one step, which only one of the two can take: under
//! one lock, the timer moves from *pending* to *running*, or `cancel` moves it to *cancelled*. And
//! `cancel` must report which came first. *true*: the action has not run and never will. *false*:
//! it was too late, and the caller has to wait for the action's end before it touches anything.

use super::sharing;
use crate::backend::Capability::Timeouts;
use crate::{
    backend::{Arc, AtomicBool, Backend, execution::outcome},
    primitives::Timer,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "timer-cancel",
    group: Group::Gates,
    lesson: "A cancel that does not report whether it came in time cancels nothing",
    source: include_str!("timer_cancel.rs"),
    variants: &[
        Variant::new(
            "check-then-run",
            &CheckThenRun { after: PAUSE },
            "The cancel comes after the timer's check and before its action.",
        )
        .fails(FailureKind::Assertion, "ran after cancel")
        .outcomes(&["cancelled", "closed"])
        .swept(sizes!(CheckThenRun { after: [PAUSE] })),
        Variant::new(
            "fixed",
            &Fixed { after: PAUSE },
            "The timer and `cancel` decide in one step which of them was first, and `cancel` says \
             so.",
        )
        .needs(&[Timeouts])
        .outcomes(&["cancelled", "closed"])
        .swept(sizes!(Fixed { after: [PAUSE] })),
    ],
};

const PAUSE: Duration = Duration::from_micros(50);

#[derive(Debug)]
struct CheckThenRun {
    after: Duration,
}

struct Connection<B: Backend> {
    /// Whether the user has cancelled the timer and relies on it.
    cancelled: AtomicBool<B>,
    closed: AtomicBool<B>,
}

impl<B: Backend> Connection<B> {
    fn open() -> Arc<Self> {
        let (cancelled, closed) = ("cancelled", "closed");
        Arc::new(Self {
            cancelled: AtomicBool::named(cancelled, false),
            closed: AtomicBool::named(closed, false),
        })
    }

    fn close(&self) {
        self.closed.store(true, SeqCst);
    }

    /// Records the outcome.
    fn ended(&self) {
        outcome(if self.closed.load(SeqCst) { "closed" } else { "cancelled" });
    }
}

impl Program for CheckThenRun {
    fn run<B: Backend>(&self) {
        let connection = Connection::<B>::open();
        let after = self.after;
        let body = sharing(&connection, move |connection: &Connection<B>| {
            B::sleep(after);
            if !connection.cancelled.load(SeqCst) {
                connection.close();
            }
        });
        let timer = B::spawn("timer", body);
        B::sleep(after);
        connection.cancelled.store(true, SeqCst);
        let in_use = !connection.closed.load(SeqCst);
        timer.join().expect("no panic");
        connection.ended();
        assert!(!in_use || !connection.closed.load(SeqCst), "ran after cancel");
    }
}

#[derive(Debug)]
struct Fixed {
    after: Duration,
}

impl Program for Fixed {
    fn run<B: Backend>(&self) {
        let connection = Connection::<B>::open();
        let action = sharing(&connection, |connection: &Connection<B>| {
            assert!(!connection.cancelled.load(SeqCst), "ran after cancel");
            connection.close();
        });
        let timer = Timer::<B>::named("timer", self.after, action);
        timer.start().expect("for the first time");
        if timer.cancel() {
            connection.cancelled.store(true, SeqCst);
            assert!(!connection.closed.load(SeqCst), "ran before a cancel that came in time");
        }
        timer.join().expect("no panic");
        connection.ended();
    }
}
