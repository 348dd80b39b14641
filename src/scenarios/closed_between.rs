//! A pool wakes its managing thread by a byte in a pipe. The manager closes the pipe when it ends.
//! Any other thread may want to wake it at that time, so `wake` looks first whether the pipe is
//! closed, and writes only if it is not.
//!
//! The look says what was true when it was made. The manager closes the pipe between the look and
//! the write, and the write goes to a closed file; or, worse, to another file that has been opened
//! under its number in the meantime. In Python's process pool it was an error that came up in the
//! test machines now and then (cpython bpo-39995).
//!
//! The look and the write belong under the lock under which the pipe is closed.

use super::sharing;
use crate::{
    backend::{Arc, AtomicBool, Backend, Mutex},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "closed-between",
    group: Group::Trackers,
    lesson: "A look whether a file is closed protects no write: lock look, write and close",
    source: include_str!("closed_between.rs"),
    variants: &[
        Variant::new(
            "look-then-write",
            &LookThenWrite,
            "The pipe is closed between the look and the write.",
        )
        .fails(FailureKind::Assertion, "written to a closed pipe"),
        Variant::new("one-lock", &OneLock, "The close comes before the look or after the write."),
    ],
};

/// A pipe that notices what is written to it too late.
struct Pipe<B: Backend> {
    closed: AtomicBool<B>,
    lock: Mutex<B, ()>,
}

impl<B: Backend> Pipe<B> {
    fn write(&self) {
        assert!(!self.closed.load(SeqCst), "written to a closed pipe");
    }

    /// A thread wakes the manager while the manager closes the pipe.
    fn run(locked: bool) {
        let closed = AtomicBool::named("closed", false);
        let pipe = Arc::new(Self { closed, lock: Mutex::named("lock of the pipe", ()) });
        let close = sharing(&pipe, move |pipe: &Self| {
            let _held = locked.then(|| pipe.lock.lock());
            pipe.closed.store(true, SeqCst);
        });
        let manager = B::spawn("manager", close);
        let held = locked.then(|| pipe.lock.lock());
        if !pipe.closed.load(SeqCst) {
            pipe.write();
        }
        drop(held);
        manager.join().expect("no panic");
    }
}

#[derive(Debug)]
struct LookThenWrite;

impl Program for LookThenWrite {
    fn run<B: Backend>(&self) {
        Pipe::<B>::run(false);
    }
}

#[derive(Debug)]
struct OneLock;

impl Program for OneLock {
    fn run<B: Backend>(&self) {
        Pipe::<B>::run(true);
    }
}
