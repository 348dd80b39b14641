//! Each primitive compared with its model when several threads use it at once: a small random
//! program of operations is explored completely, and every history must be linearizable.
//!
//! One file has the model and the operations of a primitive, or of several primitives with one
//! model.

#[path = "linearizable/barrier.rs"]
mod barrier;
#[path = "linearizable/condition.rs"]
mod condition;
#[path = "linearizable/event.rs"]
mod event;
#[path = "linearizable/explored.rs"]
mod explored;
#[path = "linearizable/future.rs"]
mod future;
#[path = "linearizable/items.rs"]
mod items;
#[path = "linearizable/local.rs"]
mod local;
#[path = "linearizable/manager.rs"]
mod manager;
#[path = "linearizable/permits.rs"]
mod permits;
#[path = "linearizable/rlock.rs"]
mod rlock;
#[path = "linearizable/thread.rs"]
mod thread;
#[path = "linearizable/timer.rs"]
mod timer;

use explored::{Subject, is_linearizable};
use libtest_mimic::{Arguments, Trial};
use permits::Torn;
use std::process::ExitCode;

fn torn_is_rejected() -> Result<(), String> {
    match is_linearizable::<Torn>() {
        Err(error) if error.contains("not linearizable") => Ok(()),
        result => Err(format!("{result:?}")),
    }
}

/// Lists the subjects, each as a test.
macro_rules! tests {
    ($($subject:ty),* $(,)?) => {
        [$((<$subject>::NAME, is_linearizable::<$subject> as fn() -> Result<(), String>)),*]
    };
}

fn main() -> ExitCode {
    let tests = tests![
        permits::Locks,
        permits::Semaphores,
        rlock::RLocks,
        condition::Conditions,
        event::Events,
        barrier::Barriers,
        timer::Timers,
        local::Locals,
        thread::Processes,
        items::Fifos,
        items::Lifos,
        items::Priorities,
        items::Pipes,
        future::Futures,
        items::Streams,
        manager::Managers,
    ];
    let trials = tests
        .into_iter()
        .chain([(Torn::NAME, torn_is_rejected as _)])
        .map(|(name, test)| Trial::test(name, move || test().map_err(Into::into)))
        .collect();
    let mut arguments = Arguments::from_args();
    // One search at a time, because it replaces the process's panic hook.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials).exit_code()
}
