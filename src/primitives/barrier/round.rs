//! The rounds of a barrier, and how each ended.

use super::Broken;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct State {
    /// How many threads wait in the current round; fewer than the parties.
    pub(super) arrived: usize,
    /// The number of the current round. A waiter whose round is over goes on, whatever has become of
    /// the rounds after it.
    pub(super) round: u64,
    /// Whether the barrier refuses every wait until it is reset.
    pub(super) broken: bool,
    /// The rounds that ended without being complete, and how many of their waiters have yet to hear
    /// of it.
    pub(super) failed: BTreeMap<u64, usize>,
}

impl State {
    /// Ends the current round without its being complete.
    pub(super) fn fail_round(&mut self) {
        if self.arrived > 0 {
            self.failed.insert(self.round, self.arrived);
            self.arrived = 0;
            self.round += 1;
        }
    }

    /// Whether a waiter of `round`, which is over, goes on or hears that it failed.
    pub(super) fn outcome(&mut self, round: u64) -> Result<(), Broken> {
        let Some(waiters) = self.failed.get_mut(&round) else { return Ok(()) };
        *waiters -= 1;
        if *waiters == 0 {
            self.failed.remove(&round);
        }
        Err(Broken)
    }
}
