//! Every schedule, or every one with few preemptions: no reduction.
//!
//! A bound on preemptions and the reduction to traces do not go together without missing
//! executions that the bound allows. This enumerates schedules: it is also what the tests
//! compare the reduction with.

use crate::execution::Strategy;
use crate::kernel::Kernel;
use crate::kernel::rwlock::BEHIND;

/// A step taken, and those that are still to be taken in its place.
struct Node {
    taken: (u16, u16),
    owed: Vec<(u16, u16)>,
    /// The thread of the step before, and whether it could have gone on.
    last: u16,
    may_go_on: bool,
    /// The step by which reads wait behind a writer, where no other thread can go on.
    gives_way: Option<(u16, u16)>,
    /// Preemptions before this step.
    preemptions: u32,
}

impl Node {
    /// Preemptions up to and with this step.
    fn preemptions(&self) -> u32 {
        // Reads that wait behind a writer are no other thread's turn.
        let waits = self.gives_way == Some(self.taken);
        self.preemptions + u32::from(self.may_go_on && self.taken.0 != self.last && !waits)
    }
}

/// Explores schedules, one after the other.
#[derive(Default)]
pub(crate) struct Schedules {
    /// The greatest number of preemptions, if they are bounded.
    bound: Option<u32>,
    nodes: Vec<Node>,
}

impl Schedules {
    /// Every schedule.
    pub(crate) fn all() -> Self {
        Self::default()
    }

    /// Every schedule with at most this many preemptions.
    pub(crate) fn bounded(preemptions: u32) -> Self {
        Schedules { bound: Some(preemptions), nodes: Vec::new() }
    }

    /// The steps that may come next, each with its alternatives, the last thread's first.
    fn possible(&self, kernel: &Kernel, last: u16, may_only_go_on: bool) -> Vec<(u16, u16)> {
        // A thread on trial goes on alone.
        let first = kernel.now.on_trial.filter(|id| *id == last || !may_only_go_on).unwrap_or(last);
        let others = kernel.alive().filter(|id| *id != first && (*id == last || !may_only_go_on));
        let mut possible = Vec::new();
        for thread in std::iter::once(first).chain(others).filter(|id| kernel.enabled(*id)) {
            possible.push((thread, kernel.first_alternative(thread)));
            let from = possible.len();
            kernel.other_alternatives(thread, |alt, _| possible.push((thread, alt)));
            possible[from..].reverse();
        }
        possible
    }
}

impl Strategy for Schedules {
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        let depth = kernel.events.taken();
        if let Some(node) = self.nodes.get(depth) {
            let (thread, _) = node.taken;
            let ready = kernel.ready(thread) || kernel.may_be_let_go(thread);
            if !ready && !kernel.now.ending {
                kernel.diverged(format!("thread {thread} cannot take its step"));
            }
            return ready.then_some(node.taken);
        }
        kernel.end_vain_trial();
        let last = kernel.last_thread();
        let preemptions = self.nodes.last().map_or(0, Node::preemptions);
        let may_go_on = kernel.enabled(last);
        let spent = self.bound.is_some_and(|bound| preemptions >= bound);
        let mut owed = self.possible(kernel, last, spent && may_go_on);
        if owed.is_empty() {
            return if kernel.let_pollers_go() { self.choose(kernel) } else { None };
        }
        let gives_way = kernel.gives_way().map(|thread| (thread, BEHIND));
        owed.splice(..0, gives_way);
        let taken = owed.remove(0);
        self.nodes.push(Node { taken, owed, last, may_go_on, gives_way, preemptions });
        Some(taken)
    }

    fn end(&mut self, kernel: &mut Kernel) {
        self.nodes.truncate(kernel.events.taken());
    }

    fn give_up(&mut self, kernel: &mut Kernel, len: usize) {
        self.nodes.truncate(len);
        kernel.events.keep(0);
    }

    fn again(&mut self, kernel: &mut Kernel) -> bool {
        self.nodes.truncate(kernel.events.taken());
        true
    }

    fn next(&mut self, _: &mut Kernel) -> bool {
        while let Some(node) = self.nodes.last_mut() {
            if let Some(next) = node.owed.pop() {
                node.taken = next;
                return true;
            }
            self.nodes.pop();
        }
        false
    }
}
