//! Clients that are generated, of structures that are right, and of each broken in a known way.

mod brute_force;
mod cache;
mod channel;
mod counter;
mod deque;
mod latch;
mod lazy_set;
mod operations;
mod progress;
mod properties;
pub(crate) mod queue;
mod refusals;
mod ring;
mod semaphore;
mod shards;
mod snapshot;
pub(crate) mod stack;
mod telling;

use raceproof::linearizable::Checked;

/// Held by a test that has failures remembered: each removes the folder that they are in.
static REMEMBERING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Every client is right.
#[track_caller]
fn proved(checked: &Checked) {
    println!("{checked}");
    assert!(checked.is_whole && checked.counterexample.is_none(), "{checked}");
}

/// The smallest client that fails has so many operations, in so many threads.
#[track_caller]
fn broken(checked: &Checked, operations: usize, threads: usize) {
    println!(
        "{} clients, {} executions, {:?}",
        checked.clients, checked.executions, checked.elapsed
    );
    let found = checked.counterexample.as_ref().expect("a counterexample");
    let size = (found.operations, found.threads.len() - 2);
    assert_eq!(size, (operations, threads), "{found}");
}
