//! Whose turn it is once the graph has been gone through, and by which alternative its thread goes on.

use super::Graphs;
use super::event::Label;
use crate::kernel::{FailureKind, Kernel, Op, Status};

impl Graphs {
    /// The lowest thread that has a new step; if none has, the lowest that waits and may look again.
    pub(super) fn lowest(&mut self, kernel: &Kernel) -> Option<u16> {
        loop {
            let lowest = self.lowest_that_goes_on(kernel);
            if lowest.is_some() || self.on_trial().is_some() {
                return lowest;
            }
            let thread = kernel.ids().find(|id| self.looks_again(kernel, *id))?;
            match self.next_take(kernel, thread) {
                Some(take) => self.take(kernel, thread, take),
                None => return Some(thread),
            }
        }
    }

    /// Does a thread wait that may look again, and can?
    fn looks_again(&mut self, kernel: &Kernel, thread: u16) -> bool {
        if !kernel.enabled(thread) || !self.may_look_again(thread) {
            return false;
        }
        let take = self.next_take(kernel, thread);
        take.is_none_or(|take| self.may_take(kernel, thread, take))
    }

    /// The lowest thread that has a new step and does not wait, the lanes of read-write locks aside, which
    /// are taken meanwhile.
    fn lowest_that_goes_on(&mut self, kernel: &Kernel) -> Option<u16> {
        let mut ids = kernel.ids();
        while let Some(thread) = ids.next() {
            let pending = kernel.thread(thread).status == Status::Pending;
            let alone = self.on_trial().is_none_or(|alone| alone == thread);
            if !pending || !alone || self.waits(thread) || self.undone(thread).is_some() {
                continue;
            }
            match self.next_take(kernel, thread) {
                Some(take) if self.may_take(kernel, thread, take) => {
                    self.take(kernel, thread, take);
                    ids = kernel.ids();
                }
                None if kernel.enabled(thread) => return Some(thread),
                _ => {}
            }
        }
        None
    }

    /// No thread can go on.
    pub(super) fn comes_to_an_end(&mut self, kernel: &mut Kernel) {
        if self.on_trial().is_some() {
            return self.end_trial(kernel);
        }
        self.cut |=
            self.waiting.repeats() || self.waits_in_vain(kernel) || self.waits_for_nothing();
        if !self.cut && self.has_waiting(kernel) {
            self.revisit_by_pending(kernel);
            kernel.fail(FailureKind::Livelock, "nothing changes any more".to_owned());
        }
    }

    /// The alternative by which a thread's new step is added. Notes the others.
    pub(super) fn first_alternative(&mut self, kernel: &Kernel, thread: u16) -> u16 {
        self.others.clear();
        let op = kernel.thread(thread).pending.op;
        let atomic = Label::of_atomic(kernel, op).filter(|label| label.has_alternatives());
        if let Some(label) = atomic
            && (label.looks_for_poison() || self.on_trial() == Some(thread))
        {
            return self.alternative_of(kernel, thread, label);
        }
        let label = Label::Other(op);
        if let Label::Other(Op::NotifyOne(_)) = label {
            let graph = self.graph();
            let outcomes = graph.outcomes(graph.last_of(thread), label);
            self.others.extend(outcomes[1..].iter().map(|outcome| outcome.alternative));
            return outcomes[0].alternative;
        }
        kernel.other_alternatives(thread, |alternative, _| self.others.insert(0, alternative));
        kernel.first_alternative(thread)
    }

    /// The alternative by which a step is taken that is one of an atomic, if the last state there does not say it.
    fn alternative_of(&mut self, kernel: &Kernel, thread: u16, label: Label) -> u16 {
        self.learn_states(kernel, kernel.thread(thread).pending.op);
        let mut alternative = 0;
        self.with_atomic(label, 0, |graphs, access| {
            let choice = match graphs.on_trial() {
                Some(_) => graphs.oldest(thread, label, access),
                None => {
                    let last = graphs.graph().object(access.object).len();
                    graphs.choice(thread, access, label, last)
                }
            };
            alternative = choice.map_or(0, |choice| choice.alternative);
        });
        alternative
    }
}
