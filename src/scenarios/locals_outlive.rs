//! A scope starts threads and returns when they have ended, so that what they borrow may be dropped
//! after it. Each thread, when its function has returned, counts itself out, and the scope returns
//! when the count is zero.
//!
//! A thread is not at its end when its function has returned. Now the destructors of its
//! thread-local variables run, and they may do anything: flush a log, take a lock, use what the
//! scope's caller is about to drop. A user of Rust's `thread::scope` found a thread-local at work
//! after the scope (rust #116179, #116237), where a join had always waited for it; the documentation
//! says so now (PR #149482).
//!
//! To know that a thread has done all that it will do, join it.

use crate::{
    backend::{Arc, AtomicBool, Backend, Condvar, Mutex},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::{Acquire, Release};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "locals-outlive",
    group: Group::Trackers,
    lesson: "A thread whose function has returned still has destructors to run: join it",
    source: include_str!("locals_outlive.rs"),
    variants: &[
        Variant::new(
            "counts-to-zero",
            &CountsToZero,
            "The count is zero when the function has returned, and the file is still open.",
        )
        .fails(FailureKind::Assertion, "the file is still open"),
        Variant::new("joins", &Joins, "A join waits for the thread-local variables, too."),
    ],
};

/// A thread-local variable: a file that is open as long as it lives.
struct Local<B: Backend>(Arc<AtomicBool<B>>);

impl<B: Backend> Drop for Local<B> {
    fn drop(&mut self) {
        self.0.store(false, Release);
    }
}

/// Runs one thread in a scope that counts it out, and joins it before it returns if `joins`.
fn scope<B: Backend>(joins: bool) {
    let running = Arc::new((Mutex::<B, _>::named("running", 1), Condvar::<B>::named("none left")));
    let open = Arc::new(AtomicBool::<B>::named("open", true));
    let (local, counted) = (Local(Arc::clone(&open)), Arc::clone(&running));
    let thread = B::spawn("thread", move || {
        // Its function has returned.
        *counted.0.lock() -= 1;
        counted.1.notify_one();
        drop(local);
    });
    let (running, none_left) = &*running;
    drop(none_left.wait_while(running.lock(), |running| *running > 0));
    let mut thread = Some(thread);
    if let Some(thread) = thread.take_if(|_| joins) {
        thread.join().expect("no panic");
    }
    assert!(!open.load(Acquire), "the file is still open");
    if let Some(thread) = thread {
        thread.join().expect("no panic");
    }
}

#[derive(Debug)]
struct CountsToZero;

impl Program for CountsToZero {
    fn run<B: Backend>(&self) {
        scope::<B>(false);
    }
}

#[derive(Debug)]
struct Joins;

impl Program for Joins {
    fn run<B: Backend>(&self) {
        scope::<B>(true);
    }
}
