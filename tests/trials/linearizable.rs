//! Each primitive compared with its model when several threads use it at once: a small random
//! program of operations is explored completely, and every history must be linearizable.
//!
//! One file has the model and the operations of a primitive, or of several primitives with one
//! model.

mod barrier;
mod condition;
mod event;
mod explored;
mod future;
mod items;
mod local;
mod manager;
mod permits;
mod rlock;
mod thread;
mod timer;

use super::trial;
use explored::{Subject, is_linearizable};
use libtest_mimic::Trial;
use permits::Torn;

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

pub(crate) fn trials() -> Vec<Trial> {
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
    tests
        .into_iter()
        .chain([(Torn::NAME, torn_is_rejected as _)])
        .map(|(name, test)| trial("linearizable", name, test))
        .collect()
}
