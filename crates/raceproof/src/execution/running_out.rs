//! Running an execution out that is stopped before its end, though nothing has gone wrong in it: because nothing new can
//! follow, or because the search has learnt what makes it begin again.
//!
//! Its threads are in the middle of what they do. To unwind them there would leave what they share as no thread
//! of the program ever finds it: a list with a link that is not set yet, whose destructor follows it all the same. So
//! they go on, as a fair scheduler would let them, until all have ended. Nothing of that counts for the search.

use super::installed::with;
use super::planning::Kept;
use super::session::Session;
use super::spawn;
use super::strategy::Strategy;
use crate::kernel::{Kernel, Limits, Memory, Op};
use crate::random::Random;

/// Steps after which those that have not ended are unwound after all.
const PATIENCE: usize = 500;

/// Steps in a row of each thread by which nothing changes, after which nothing will.
const IDLE: usize = 8;

/// Each thread that can go on takes the next step with the same probability.
struct RunningOut {
    random: Random,
    /// Steps since something has changed.
    idle: usize,
}

impl Strategy for RunningOut {
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        let free = |id: &u16| kernel.enabled(*id) && !kernel.stops_others(*id);
        let threads = kernel.alive().filter(free).collect::<Vec<_>>();
        if !threads.is_empty() && self.idle > IDLE * threads.len() {
            return None;
        }
        let thread = match threads.len() {
            0 => kernel.stoppers().first().copied()?,
            many => threads[self.random.below(many)],
        };
        Some((thread, kernel.first_alternative(thread)))
    }

    fn step(&mut self, kernel: &mut Kernel) {
        self.idle = if kernel.events.last().0.changed { 0 } else { self.idle + 1 };
    }

    fn start(&mut self, _: &mut Kernel, _child: u16, _parent: Option<u16>) {
        self.idle = 0;
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {}

    fn next(&mut self, _: &mut Kernel) -> bool {
        false
    }
}

impl Session {
    /// Has the threads go on that are still alive.
    fn go_on_apart(&mut self) -> (Kept, Limits) {
        let limits = self.kernel.limits;
        let now = &mut self.kernel.now;
        (now.ending, now.restart, now.given_up) = (false, false, None);
        (now.on_trial, now.held, now.idle) = (None, None, 0);
        (now.stutters, now.repeats, now.runs_out) = (false, false, true);
        // Whoever waits by looking may look.
        now.polling = 0;
        for thread in &mut self.kernel.threads {
            if thread.pending.op == Op::Yield {
                thread.pending.op = Op::Choose(1);
            }
        }
        // A load reads what was stored last from now on.
        let memory = Memory::Sequential;
        self.kernel.limits =
            Limits { steps: PATIENCE, keep_going: true, polls: false, memory, ..limits };
        let strategy = RunningOut { random: Random::new(0), idle: 0 };
        let kept = self.exchange(Kept::new(Box::new(strategy)));
        self.go_on();
        (kept, limits)
    }

    fn come_back(&mut self, (kept, limits): (Kept, Limits)) {
        drop(self.exchange(kept));
        self.kernel.limits = limits;
        self.stop();
    }
}

/// Runs the execution out that has just been stopped, as far as that can be.
pub(super) fn run_out() {
    let kept = with(|session| session.go_on_apart());
    spawn::run_on();
    with(|session| session.come_back(kept));
}
