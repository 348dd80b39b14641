//! Each primitive compared with a sequential model when several threads use it at once.
//!
//! Where an operation takes effect at one moment, whichever thread calls it, every client of up to 2
//! threads with 2 operations each and 3 with one is explored. For the others see [`explored`]. One file has
//! the model and the operations of a primitive, or of several primitives with one model.

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
use raceproof::linearizable::Checked;
use std::time::Duration;

/// Long enough for real threads to do something, short enough to pass.
const MOMENT: Duration = Duration::from_micros(20);

/// Every client was explored, and none fails.
fn holds(checked: &Checked) -> Result<(), String> {
    let holds = checked.is_whole && checked.counterexample.is_none();
    if holds { Ok(()) } else { Err(checked.to_string()) }
}

/// Lists the subjects, each as a test.
macro_rules! tests {
    ($($subject:ty),* $(,)?) => {
        [$((<$subject>::NAME, is_linearizable::<$subject> as fn() -> Result<(), String>)),*]
    };
}

pub(crate) fn trials() -> Vec<Trial> {
    let tests = tests![
        rlock::RLocks,
        condition::Conditions,
        barrier::Barriers,
        timer::Timers,
        local::Locals,
        thread::Processes,
        future::Futures,
        manager::Managers,
    ];
    let clients: [(_, fn() -> Checked); 8] = [
        ("lock", permits::lock),
        ("semaphore", permits::semaphore),
        ("event", event::event),
        ("queue", items::queue),
        ("lifo queue", items::lifo_queue),
        ("priority queue", items::priority_queue),
        ("pipe", items::pipe),
        ("stream", items::stream),
    ];
    let clients = clients.map(|(name, check)| trial("linearizable", name, move || holds(&check())));
    let torn = trial("linearizable", "torn lock is rejected", permits::torn);
    let random = tests.map(|(name, test)| trial("linearizable", name, test));
    random.into_iter().chain(clients).chain([torn]).collect()
}
