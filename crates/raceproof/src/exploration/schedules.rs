//! Every schedule, or every one with few preemptions.
//!
//! The reduction to traces and a bound on preemptions do not go together without missing
//! executions that the bound allows: what a race asks for may be an execution within the bound that is come to by way of
//! others only, which are not. Under a bound, schedules are enumerated, and a beginning is left that is
//! [equivalent](super::prefixes) to an earlier one with as few preemptions and the same last thread. So each trace with a
//! schedule within the bound is explored, once.
//!
//! Without a bound this is what the tests compare the reduction with.

use super::prefixes::{Known, Prefix, announced};
use crate::execution::Strategy;
use crate::kernel::Kernel;
use crate::kernel::rwlock::BEHIND;

/// A step taken, and those that are still to be taken in its place.
struct Node {
    taken: (u16, u16),
    owed: Vec<(u16, u16)>,
    /// The hash of the beginning with each of these, as far as it is known.
    after: Vec<Option<u128>>,
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
    /// Equivalent beginnings are one.
    merges: bool,
    prefix: Prefix,
    known: Known,
    /// The beginning of the execution is known.
    cut: bool,
    /// Some step would have been a preemption too many.
    leaves_out: bool,
}

impl Schedules {
    /// Every schedule, or every one with at most so many preemptions.
    pub(crate) fn every(bound: Option<u32>) -> Self {
        Schedules { bound, ..Self::default() }
    }

    /// One of each trace that has schedules with at most so many preemptions.
    pub(crate) fn inequivalent(preemptions: u32) -> Self {
        Schedules { merges: true, ..Self::every(Some(preemptions)) }
    }

    /// Is something known of the beginning of the execution, and are others to be left that are equivalent?
    fn knows(&self, kernel: &Kernel) -> bool {
        // What is known of a loop that waits depends on more than what has happened.
        self.merges && !kernel.limits.polls
    }

    /// Notes what the steps of a node lead to, as far as that is known.
    fn look_ahead(&self, kernel: &Kernel, node: &mut Node) {
        let after = |(thread, alternative): &(u16, u16)| {
            let footprint = announced(kernel.thread(*thread).pending.op)?;
            Some(self.prefix.with((*thread, *alternative), footprint))
        };
        node.after = node.owed.iter().map(after).collect();
    }

    /// The next step of a node that does not lead to what is known.
    fn next_of(known: &Known, node: &mut Node) -> bool {
        while let Some(next) = node.owed.pop() {
            node.taken = next;
            let after = node.after.pop().flatten();
            if !after.is_some_and(|hash| known.has(hash, Some(next.0), node.preemptions())) {
                return true;
            }
        }
        false
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
    fn begin(&mut self, _: &mut Kernel) {
        self.cut = false;
        self.prefix.begin();
    }

    fn step(&mut self, kernel: &mut Kernel) {
        if self.merges {
            self.prefix.find_crowd(kernel);
            self.prefix.add(kernel);
        }
    }

    fn stops(&mut self, kernel: &mut Kernel) {
        // At the end it does not matter with how many preemptions it was come to.
        let is_over = kernel.now.fault.is_none() && kernel.now.given_up.is_none() && !self.cut;
        self.cut |= is_over && self.knows(kernel) && self.known.comes_to_end(self.prefix.hash());
    }

    fn cut(&self) -> bool {
        self.cut
    }

    fn kept(&self) -> (usize, usize) {
        (self.known.size(), 0)
    }

    fn leaves_out(&self) -> bool {
        self.leaves_out
    }

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
        let knows = depth > 0 && self.knows(kernel);
        let goes_on = may_go_on.then_some(last);
        let again = knows && self.known.comes_to(self.prefix.hash(), goes_on, preemptions);
        let spent = self.bound.is_some_and(|bound| preemptions >= bound);
        let mut owed = self.possible(kernel, last, spent && may_go_on);
        self.leaves_out |=
            spent && may_go_on && kernel.alive().any(|id| id != last && kernel.enabled(id));
        if owed.is_empty() && !again && kernel.let_pollers_go() {
            return self.choose(kernel);
        }
        self.cut = again;
        if again || owed.is_empty() {
            return None;
        }
        let gives_way = kernel.gives_way().map(|thread| (thread, BEHIND));
        owed.splice(..0, gives_way);
        // The first is popped first.
        owed.rotate_left(1);
        let mut node = Node {
            taken: (0, 0),
            owed,
            after: Vec::new(),
            last,
            may_go_on,
            gives_way,
            preemptions,
        };
        if knows {
            self.look_ahead(kernel, &mut node);
        }
        if !Self::next_of(&self.known, &mut node) {
            self.cut = true;
            return None;
        }
        let taken = node.taken;
        self.nodes.push(node);
        Some(taken)
    }

    fn end(&mut self, kernel: &mut Kernel) {
        self.nodes.truncate(kernel.events.taken());
    }

    fn give_up(&mut self, kernel: &mut Kernel, len: usize) {
        self.nodes.truncate(len);
        // What comes after these beginnings was not explored.
        self.known = Known::default();
        kernel.events.keep(0);
    }

    fn again(&mut self, kernel: &mut Kernel) -> bool {
        self.nodes.truncate(kernel.events.taken());
        // It comes to the same end.
        self.known.forget_end(self.prefix.hash());
        true
    }

    fn next(&mut self, _: &mut Kernel) -> bool {
        while let Some(node) = self.nodes.last_mut() {
            if Self::next_of(&self.known, node) {
                return true;
            }
            self.nodes.pop();
        }
        false
    }
}
