//! A barrier, of a mutex and a condition variable.

use std::fmt;

use super::{Condvar, Mutex};

/// A point that a number of threads reach together, as `std::sync::Barrier`.
pub struct Barrier {
    parties: usize,
    state: Mutex<State>,
    open: Condvar,
}

struct State {
    /// How many have arrived in this round.
    arrived: usize,
    /// How many rounds are over; a waiter of one leaves when there is another.
    round: usize,
}

/// Whether this thread is the one of its round that is told apart.
#[derive(Debug)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Is it the leader? Here that is the last to arrive.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// A barrier for this many threads; 0 is as 1.
    #[track_caller]
    pub fn new(parties: usize) -> Self {
        let state = Mutex::named("barrier", State { arrived: 0, round: 0 });
        Barrier { parties, state, open: Condvar::inner("barrier's opening") }
    }

    /// Waits until all parties are here.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        // A panic cannot leave the state half changed: there is none while it is locked.
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let round = state.round;
        state.arrived += 1;
        if state.arrived >= self.parties {
            state.arrived = 0;
            state.round = round.wrapping_add(1);
            self.open.notify_all();
            return BarrierWaitResult(true);
        }
        while state.round == round {
            state = self.open.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        BarrierWaitResult(false)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}
