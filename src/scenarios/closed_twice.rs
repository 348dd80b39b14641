//! A connection is closed by its owner when it is no longer needed, and by its reader when the other
//! side breaks off. To close it is to close its channel of requests, so that whoever sends requests
//! ends. In Go, to close a channel that is closed is a panic, and ends the program.
//!
//! So both look first whether the connection is closed already. Each finds it open, each marks it as
//! closed, and each closes the channel (gocql PR #423; swarmkit PR #604 and pitaya PR #86 are the
//! same). The look was made with a lock, or with an atomic load, and it made no difference: between
//! the look and the mark there was nothing.
//!
//! Who closes is decided by the step that marks the connection: one compare and exchange, which
//! exactly one of them wins.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, Backend},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "closed-twice",
    group: Group::Trackers,
    lesson: "Two that may both close it must decide in one step which of them does",
    source: include_str!("closed_twice.rs"),
    variants: &[
        Variant::new(
            "look-then-mark",
            &LookThenMark,
            "Both find the connection open, and the second closes a closed channel.",
        )
        .fails(FailureKind::Assertion, "close of a closed channel"),
        Variant::new(
            "one-step",
            &OneStep,
            "One of them marks the connection, and that one closes.",
        ),
    ],
};

struct Connection<B: Backend> {
    closed: AtomicBool<B>,
    /// The channel of requests is closed.
    channel: AtomicBool<B>,
}

impl<B: Backend> Connection<B> {
    /// Marks the connection as closed; whether it is the caller who closes the channel.
    fn look_then_mark(&self) -> bool {
        let open = !self.closed.load(SeqCst);
        self.closed.store(true, SeqCst);
        open
    }

    fn mark(&self) -> bool {
        self.closed.compare_exchange(false, true, SeqCst, SeqCst).is_ok()
    }

    fn close(&self, mark: fn(&Self) -> bool) {
        if mark(self) {
            assert!(!self.channel.swap(true, SeqCst), "close of a closed channel");
        }
    }

    fn run(mark: fn(&Self) -> bool) {
        let connection = Arc::new(Self {
            closed: AtomicBool::named("closed", false),
            channel: AtomicBool::named("channel is closed", false),
        });
        let breaks = sharing(&connection, move |connection: &Self| connection.close(mark));
        let reader = B::spawn("reader", breaks);
        connection.close(mark);
        reader.join().expect("no panic");
    }
}

#[derive(Debug)]
struct LookThenMark;

impl Program for LookThenMark {
    fn run<B: Backend>(&self) {
        Connection::<B>::run(Connection::look_then_mark);
    }
}

#[derive(Debug)]
struct OneStep;

impl Program for OneStep {
    fn run<B: Backend>(&self) {
        Connection::<B>::run(Connection::mark);
    }
}
