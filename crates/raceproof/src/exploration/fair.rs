//! An execution along a schedule, and then as a fair scheduler may go on with it.

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
    /// The same numbers in each run.
    random: Random,
}

impl Fair {
    pub(crate) fn after(steps: Vec<(u16, u16)>) -> Self {
        Fair { steps: steps.len(), before: Replay::new(steps), random: Random::new(0) }
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
        let thread = match threads.len() {
            0 => kernel.stoppers().first().copied()?,
            many => threads[self.random.below(many)],
        };
        Some((thread, kernel.first_alternative(thread)))
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {}

    fn next(&mut self, _: &mut Kernel) -> bool {
        false
    }
}
