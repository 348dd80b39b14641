//! Running an execution out that is stopped before its end, though nothing has gone wrong in it: because nothing new can
//! follow, or because the search has learnt what makes it begin again.
//!
//! Its threads are in the middle of what they do. To unwind them there would leave what they share as no thread
//! of the program ever finds it: a list with a link that is not set yet, whose destructor follows it all the same. So
//! they go on, as a fair scheduler would let them, until all have ended. Nothing of that counts for the search.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::atomic::Ordering;

use super::session::{Kept, Session};
use super::spawn;
use super::strategy::{Accessed, Strategy, WeakAccess};
use crate::execution::installed::with;
use crate::kernel::object::Kind;
use crate::kernel::{Kernel, Limits, Memory};
use crate::random::Random;

/// Steps after which those that have not ended are unwound after all.
const PATIENCE: usize = 2_000;

/// Each thread that can go on takes the next step with the same probability.
struct RunningOut {
    random: Random,
    /// The values of atomics, if memory is weak: a load reads the last one.
    values: HashMap<u32, u64>,
}

impl RunningOut {
    fn value(&self, object: u32) -> u64 {
        self.values.get(&object).copied().unwrap_or(0)
    }
}

impl Strategy for RunningOut {
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        // Whoever waits by looking may look.
        kernel.alive().collect::<Vec<_>>().into_iter().for_each(|id| kernel.let_go(id));
        let free = |id: &u16| kernel.enabled(*id) && !kernel.stops_others(*id);
        let threads = kernel.alive().filter(free).collect::<Vec<_>>();
        let thread = match threads.len() {
            0 => kernel.stoppers().first().copied()?,
            many => threads[self.random.below(many)],
        };
        Some((thread, kernel.first_alternative(thread)))
    }

    fn create(&mut self, object: u32, value: u64) {
        self.values.insert(object, value);
    }

    fn last_written(&self, object: u32) -> u64 {
        self.value(object)
    }

    fn rewrite(&mut self, object: u32, value: u64) {
        self.values.insert(object, value);
    }

    fn access(&mut self, _: &mut Kernel, access: &WeakAccess<'_>) -> Accessed {
        let old = self.value(access.object);
        let new = (access.make)(old);
        self.values.extend(new.map(|new| (access.object, new)));
        Accessed { old, new, latest: true, newer: None }
    }

    fn fence(&mut self, _: &mut Kernel, _: Ordering) {}

    fn yields(
        &mut self,
        _: &mut Kernel,
        _: &'static Location<'static>,
        _: &dyn Fn() -> u64,
    ) -> bool {
        false
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {}

    fn next(&mut self, _: &mut Kernel) -> bool {
        false
    }
}

/// The values of atomics by now, if they are the strategy's.
pub(super) type Values = HashMap<u32, u64>;

impl Session {
    /// The values of all atomics, if the strategy has them.
    pub(super) fn values(&self) -> Values {
        if self.kernel.limits.memory == Memory::Sequential {
            return Values::new();
        }
        let all = (0..).zip(&self.kernel.objects);
        let atomics =
            all.filter(|(_, it)| it.epoch == self.kernel.epoch && it.kind == Kind::Atomic);
        atomics.map(|(object, _)| (object, self.strategy.last_written(object))).collect()
    }

    /// Has the threads go on that are still alive.
    fn go_on_apart(&mut self, values: Values) -> (Kept, Limits) {
        let limits = self.kernel.limits;
        let now = &mut self.kernel.now;
        (now.ending, now.restart, now.given_up) = (false, false, None);
        (now.on_trial, now.held, now.idle) = (None, None, 0);
        (now.stutters, now.repeats) = (false, false);
        self.kernel.limits = Limits { steps: PATIENCE, keep_going: true, ..limits };
        let strategy = RunningOut { random: Random::new(0), values };
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
pub(super) fn run_out(values: Values) {
    let kept = with(|session| session.go_on_apart(values));
    spawn::run_on();
    with(|session| session.come_back(kept));
}
