//! The rounds of a barrier, and how each ended.

use super::Broken;
use std::collections::BTreeMap;

#[derive(Default)]
pub(in crate::primitives) struct State {
    /// The number of threads that wait in the current round; fewer than the parties.
    pub(in crate::primitives) arrived: usize,
    /// The number of the current round. A waiter whose round has ended goes on, whatever has
    /// happened to the rounds after it.
    pub(in crate::primitives) round: u64,
    /// Whether the barrier refuses every wait until it is reset.
    pub(in crate::primitives) broken: bool,
    /// The rounds that ended incomplete, and the number of their waiters that have not yet seen it.
    pub(in crate::primitives) failed: BTreeMap<u64, usize>,
}

impl State {
    /// Ends the current round, which is incomplete.
    pub(in crate::primitives) fn fail_round(&mut self) {
        if self.arrived > 0 {
            self.failed.insert(self.round, self.arrived);
            self.arrived = 0;
            self.round += 1;
        }
    }

    /// Whether a waiter of `round`, which has ended, goes on or gets an error.
    pub(in crate::primitives) fn outcome(&mut self, round: u64) -> Result<(), Broken> {
        let Some(waiters) = self.failed.get_mut(&round) else { return Ok(()) };
        *waiters -= 1;
        if *waiters == 0 {
            self.failed.remove(&round);
        }
        Err(Broken)
    }
}
