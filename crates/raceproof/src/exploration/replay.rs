//! One execution along a schedule, and then any way that leads to its end.

use crate::execution::{Probe, Strategy};
use crate::kernel::polling::{STANDS, YIELD, passed};
use crate::kernel::time::LENGTH;
use crate::kernel::trials::Yields;
use crate::kernel::{HELD, Kernel};

/// Runs an execution once more.
pub(crate) struct Replay {
    /// The threads and alternatives of its steps.
    steps: Vec<(u16, u16)>,
    /// The thread that is held back at one of its accesses of cells until those are taken.
    held: Option<(u16, u32)>,
    /// How many steps at the end are the yields by which threads wait for ever, if it is a livelock.
    stands: Option<u16>,
}

impl Replay {
    pub(crate) fn new(mut steps: Vec<(u16, u16)>) -> Self {
        let held = steps.iter().rev().take_while(|(_, alt)| *alt == HELD).count();
        let thread = steps.last().filter(|_| held > 0).map(|(thread, _)| *thread);
        steps.truncate(steps.len() - held);
        let stands = steps.pop_if(|(_, alt)| *alt == STANDS).map(|(many, _)| many);
        Replay { steps, held: thread.map(|thread| (thread, held as u32)), stands }
    }
}

impl From<Probe> for Replay {
    fn from(Probe { steps, held }: Probe) -> Self {
        Replay { steps, held, stands: None }
    }
}

impl Strategy for Replay {
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        let Some(&(thread, alt)) = self.steps.get(kernel.events.taken()) else {
            kernel.now.held = None;
            return any(kernel);
        };
        let left = self.steps.len() - kernel.events.taken();
        if self.stands.is_some_and(|many| usize::from(many) == left) && kernel.is_quiet() {
            kernel.stands_still();
            return None;
        }
        let ready = kernel.ready(thread) || kernel.may_be_let_go(thread);
        if !ready && !kernel.now.ending {
            stray(kernel, thread);
        }
        ready.then_some((thread, passed(alt).map_or(alt, |_| YIELD)))
    }

    fn begin(&mut self, kernel: &mut Kernel) {
        // The lengths of the schedule were bounds.
        let lengths = LENGTH..YIELD;
        kernel.limits.lengths |= self.steps.iter().any(|step| lengths.contains(&step.1));
        kernel.yields = Yields::Scripted(self.steps.clone());
        kernel.now.held = self.held;
    }

    fn give_up(&mut self, _: &mut Kernel, _: usize) {}

    fn next(&mut self, _: &mut Kernel) -> bool {
        false
    }
}

/// The thread cannot take the step that the schedule tells: it was made with the ends of threads as steps, or is another
/// program's.
pub(super) fn stray(kernel: &mut Kernel, thread: u16) {
    if kernel.ended_without_a_step(thread) {
        kernel.begin_with_ends();
    } else {
        kernel.diverged(format!("thread {thread} cannot take its step"));
    }
}

/// A step that is enabled, the last thread's if possible, and one that stops others only if there
/// is no other.
fn any(kernel: &mut Kernel) -> Option<(u16, u16)> {
    let free = |id: &u16| kernel.enabled(*id) && !kernel.stops_others(*id);
    let found = std::iter::once(kernel.last_thread()).chain(kernel.alive()).find(free);
    match found.or_else(|| kernel.stoppers().first().copied()) {
        Some(thread) => Some((thread, kernel.first_alternative(thread))),
        None if kernel.let_pollers_go() => any(kernel),
        None => None,
    }
}
