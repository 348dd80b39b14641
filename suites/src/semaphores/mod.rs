//! Puzzles of *The Little Book of Semaphores* (Allen B. Downey, version 2.2.1), each with the usual wrong solution and
//! the right one, in code of ours. The names say which puzzle it is.

use raceproof_suite::{backend::Backend, primitives::Semaphore, program::Scenario};

mod barriers;
mod classics;
mod company;
mod rooms;

/// Every puzzle.
pub(crate) fn all() -> Vec<&'static Scenario> {
    [classics::ALL, barriers::ALL, company::ALL, rooms::ALL].concat()
}

fn signal<B: Backend>(semaphore: &Semaphore<B>) {
    semaphore.release().expect("far below the limit");
}
