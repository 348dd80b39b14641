//! An execution along a schedule, and then as a fair scheduler may go on with it.
//!
//! Without a schedule it is a random execution in which loops that wait by looking look as often as it comes.

use super::Replay;
use crate::execution::Strategy;
use crate::kernel::Kernel;
use crate::random::Random;

/// Each thread that can go on takes the next step with the same probability, so that each goes on at some time, and any
/// finite order of their steps comes about.
pub(crate) struct Fair {
    before: Replay,
    /// How many steps the schedule has.
    steps: usize,
    /// The last thread goes on once more in so many of [`OFTEN`] cases, if it can.
    stays: usize,
    /// Any alternative of a step is taken, and not the first.
    any: bool,
    /// The same numbers in each run.
    random: Random,
}

const OFTEN: usize = 64;

/// In how many of [`OFTEN`] cases a thread goes on, in one random execution after the other.
const STAYS: [usize; 4] = [0, 32, 56, 62];

impl Fair {
    pub(crate) fn after(steps: Vec<(u16, u16)>) -> Self {
        Fair {
            steps: steps.len(),
            before: Replay::new(steps),
            stays: 0,
            any: false,
            random: Random::new(0),
        }
    }

    /// The `nth` random execution. In some of them threads go on for long.
    pub(crate) fn nth(nth: usize) -> Self {
        Fair {
            steps: 0,
            before: Replay::new(Vec::new()),
            stays: STAYS[nth % STAYS.len()],
            any: true,
            random: Random::nth(0, nth as u64),
        }
    }

    fn alternative(&mut self, kernel: &Kernel, thread: u16) -> u16 {
        let mut alternatives = vec![kernel.first_alternative(thread)];
        if self.any {
            kernel.other_alternatives(thread, |alternative, _| alternatives.push(alternative));
        }
        alternatives[self.random.below(alternatives.len())]
    }
}

impl Strategy for Fair {
    fn begin(&mut self, kernel: &mut Kernel) {
        self.before.begin(kernel);
    }

    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        if kernel.events.taken() < self.steps {
            return self.before.choose(kernel);
        }
        let enabled = |kernel: &Kernel| {
            let free = |id: &u16| kernel.enabled(*id) && !kernel.stops_others(*id);
            kernel.alive().filter(free).collect::<Vec<_>>()
        };
        // Whoever waits by looking may look.
        kernel.alive().collect::<Vec<_>>().into_iter().for_each(|id| kernel.let_go(id));
        let threads = enabled(kernel);
        let last = kernel.last_thread();
        let thread = match threads.len() {
            0 => kernel.stoppers().first().copied()?,
            _ if self.stays > self.random.below(OFTEN) && threads.contains(&last) => last,
            many => threads[self.random.below(many)],
        };
        Some((thread, self.alternative(kernel, thread)))
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {}

    fn next(&mut self, _: &mut Kernel) -> bool {
        false
    }
}
