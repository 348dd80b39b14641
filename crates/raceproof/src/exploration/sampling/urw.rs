//! Each thread, with a probability in proportion to the steps that it has yet to take.

use super::Draw;
use crate::kernel::Kernel;
use crate::random::Random;

/// What is known of a thread from the executions before.
#[derive(Clone, Default)]
struct Known {
    parent: Option<u16>,
    /// Steps in all executions in which there was this thread, and how many those are.
    steps: u64,
    executions: u64,
    /// In the execution under way: has it started, and how many steps has it taken?
    started: bool,
    taken: u64,
}

impl Known {
    /// How many steps it has yet to take, as a mean.
    fn left(&self) -> u64 {
        let mean = self.steps.div_ceil(self.executions.max(1));
        mean.saturating_sub(self.taken)
    }
}

/// The threads, by their numbers, which are the same in each execution.
#[derive(Default)]
pub(super) struct Urw(Vec<Known>);

impl Urw {
    fn known(&mut self, thread: u16) -> &mut Known {
        let thread = usize::from(thread);
        if self.0.len() <= thread {
            self.0.resize(thread + 1, Known::default());
        }
        &mut self.0[thread]
    }

    /// The steps that each of these threads, with those that it has yet to start, has yet to take.
    fn weights(&self, ready: &[u16]) -> Vec<u64> {
        // A thread that can go on takes at least one.
        let own = |thread: &u16| self.0.get(usize::from(*thread)).map_or(1, |it| it.left().max(1));
        let mut weights: Vec<u64> = ready.iter().map(own).collect();
        for known in self.0.iter().filter(|known| !known.started) {
            let mut starter = known.parent;
            while let Some(thread) = starter.map(|id| &self.0[usize::from(id)])
                && !thread.started
            {
                starter = thread.parent;
            }
            let at = starter.and_then(|starter| ready.iter().position(|id| *id == starter));
            if let Some(at) = at {
                weights[at] += known.left();
            }
        }
        weights
    }
}

impl Draw for Urw {
    fn begin(&mut self, _: &mut Random) {
        for known in &mut self.0 {
            (known.started, known.taken) = (false, 0);
        }
    }

    fn thread(&mut self, _: &Kernel, ready: &[u16], random: &mut Random) -> u16 {
        let weights = self.weights(ready);
        let sum = weights.iter().sum::<u64>();
        let mut drawn = random.below(sum as usize) as u64;
        for (thread, weight) in ready.iter().zip(weights) {
            if drawn < weight {
                return *thread;
            }
            drawn -= weight;
        }
        unreachable!("a number below the sum of the weights")
    }

    fn start(&mut self, child: u16, parent: Option<u16>, _: &mut Random) {
        let known = self.known(child);
        (known.parent, known.started) = (parent, true);
    }

    fn step(&mut self, kernel: &Kernel, _: &mut Random) {
        let (event, _) = kernel.events.last();
        self.known(event.thread).taken += 1;
    }

    fn end(&mut self, _: &Kernel) {
        for known in self.0.iter_mut().filter(|known| known.started) {
            known.steps += known.taken;
            known.executions += 1;
        }
    }
}
