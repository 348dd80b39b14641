//! One execution along a schedule, and then any way that leads to its end.

use crate::execution::Strategy;
use crate::kernel::Kernel;
use crate::kernel::polling::Yields;

/// Runs an execution once more.
pub(crate) struct Replay {
    /// The threads and alternatives of its steps.
    steps: Vec<(u16, u16)>,
}

impl Replay {
    pub(crate) fn new(steps: Vec<(u16, u16)>) -> Self {
        Replay { steps }
    }
}

impl Strategy for Replay {
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        let Some(&(thread, alt)) = self.steps.get(kernel.events.taken()) else {
            return any(kernel);
        };
        let ready = kernel.ready(thread) || kernel.may_be_let_go(thread);
        if !ready && !kernel.now.ending {
            if kernel.ended_without_a_step(thread) {
                // The schedule was made with ends as steps.
                kernel.begin_with_ends();
                return None;
            }
            kernel.diverged(format!("thread {thread} cannot take its step"));
        }
        ready.then_some((thread, alt))
    }

    fn begin(&mut self, kernel: &mut Kernel) {
        kernel.yields = Yields::Scripted(self.steps.clone());
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {}

    fn next(&mut self, _: &mut Kernel) -> bool {
        false
    }
}

/// A step that is enabled, the last thread's if possible, and one that stops others only if there
/// is no other.
fn any(kernel: &mut Kernel) -> Option<(u16, u16)> {
    let mut ids = std::iter::once(kernel.last_thread()).chain(kernel.ids());
    let found = ids.find(|id| kernel.enabled(*id) && !kernel.stops_others(*id));
    match found.or_else(|| kernel.stoppers().first().copied()) {
        Some(thread) => Some((thread, kernel.first_alternative(thread))),
        None if kernel.let_pollers_go() => any(kernel),
        None => None,
    }
}
