//! Threads that are [alike](crate::thread::spawn_symmetric).
//!
//! Two of them are *in step* after so many steps of each if they have made the same steps, these only looked, and nothing
//! that they looked at changed in between. Then nobody can tell them apart: with their names exchanged, the execution so far is
//! the same one, in another order. So of the two executions in which the one or the other goes on first, one is enough:
//! the first of the two does. That orders its next step before the other's, as if it had let the other go, so it is
//! part of what [happens before](super::order). Whether two threads are in step hangs on what happens before their
//! steps alone, and is the same in all executions of a trace.
//!
//! Of each execution some exchange of names is explored: give the names in the order in which threads that are in step
//! go on. (Where two threads that are in step take steps of different objects, those of their own say, they are no longer
//! taken to be alike: others may look at these in an order.)

use std::mem::discriminant;

use super::Traces;
use crate::kernel::{Event, Kernel, Op, Status};

/// Of each thread, what is known of it and the one before it that is like it.
#[derive(Default)]
pub(super) struct Symmetry {
    pairs: Vec<Pair>,
}

#[derive(Clone, Copy)]
struct Pair {
    /// They are no longer in step.
    apart: bool,
    /// How many steps the thread had taken when it first started another: who that is tells it apart.
    alone_for: u32,
}

impl Default for Pair {
    fn default() -> Self {
        Pair { apart: false, alone_for: u32::MAX }
    }
}

impl Symmetry {
    /// Another execution begins.
    pub(super) fn begin(&mut self) {
        self.pairs.clear();
    }

    fn pair(&self, thread: u16) -> Pair {
        self.pairs.get(usize::from(thread)).copied().unwrap_or_default()
    }

    fn pair_mut(&mut self, thread: u16) -> &mut Pair {
        let at = usize::from(thread);
        if self.pairs.len() <= at {
            self.pairs.resize(at + 1, Pair::default());
        }
        &mut self.pairs[at]
    }

    /// A thread that has taken so many steps starts another.
    pub(super) fn starts_another(&mut self, thread: u16, steps: u32) {
        let alone_for = &mut self.pair_mut(thread).alone_for;
        *alone_for = (*alone_for).min(steps);
    }
}

/// Do two threads do the same by these steps, and only look?
fn look_alike(one: &Event, other: &Event) -> bool {
    let looks = match one.op {
        Op::Load(_) | Op::CompareExchange(_) => {
            one.footprint.read_only().is_some() && one.footprint == other.footprint
        }
        Op::Choose(_) => true,
        _ => false,
    };
    looks && (one.op, one.alt) == (other.op, other.alt)
}

impl Traces {
    /// The thread that is like this one, if the two are in step, and how many steps of it are the same.
    fn in_step(&self, kernel: &Kernel, thread: u16) -> Option<(u16, u32)> {
        let before = kernel.thread(thread).alike_to()?;
        let steps = self.order.taken(thread);
        let alone_for = |it| self.symmetry.pair(it).alone_for;
        let may_differ = self.symmetry.pair(thread).apart
            || kernel.limits.polls
            || kernel.may_stop_threads()
            || steps >= alone_for(thread).min(alone_for(before));
        (!may_differ).then_some((before, steps))
    }

    /// Does a thread have to wait until one that is like it, and is about to do the same, has gone on?
    #[inline]
    pub(super) fn comes_later(&self, kernel: &Kernel, thread: u16) -> bool {
        kernel.thread(thread).alike_to().is_some() && self.waits_for_alike(kernel, thread)
    }

    #[cold]
    fn waits_for_alike(&self, kernel: &Kernel, thread: u16) -> bool {
        self.in_step(kernel, thread).is_some_and(|(before, steps)| {
            let [first, second] = [before, thread].map(|it| kernel.thread(it));
            self.order.taken(before) <= steps
                && first.status == Status::Pending
                && first.pending.op == second.pending.op
        })
    }

    /// The alternative of a choice that is the first to be explored: what the thread before it has chosen that it is in step
    /// with. The ones before that are the same executions with the names exchanged.
    #[inline]
    pub(super) fn least_choice(&self, kernel: &Kernel, thread: u16) -> Option<u16> {
        let chooses = matches!(kernel.thread(thread).pending.op, Op::Choose(_));
        if !chooses || kernel.thread(thread).alike_to().is_none() {
            return None;
        }
        let (before, steps) = self.in_step(kernel, thread)?;
        let first = *self.order.steps(before).get(steps as usize)?;
        Some(kernel.events.get(first as usize).alt)
    }

    /// Threads are not alike that were said to be: begins again, and explores them as any.
    #[cold]
    pub(super) fn explore_as_any(kernel: &mut Kernel) {
        kernel.limits.symmetry = false;
        kernel.begin_again();
    }

    /// A thread that is like another has taken a step, which is not recorded yet.
    #[cold]
    pub(super) fn keep_step(&mut self, kernel: &mut Kernel, thread: u16) {
        let Some((before, steps)) = self.in_step(kernel, thread) else { return };
        let other = *kernel.events.last().0;
        let first = self.order.steps(before).get(steps as usize).copied();
        let one = first.map(|first| *kernel.events.get(first as usize));
        let waiting = kernel.thread(before);
        let announced = (waiting.status == Status::Pending).then_some(waiting.pending.op);
        let next = one.map(|one| one.op).or(announced);
        if next.as_ref().map(discriminant) != Some(discriminant(&other.op)) {
            return Self::explore_as_any(kernel);
        }
        // Objects of their own may tell them apart.
        let (Some(first), Some(one)) = (first, one.filter(|one| one.op == other.op)) else {
            self.symmetry.pair_mut(thread).apart = true;
            return;
        };
        self.order.happened(thread, first);
        let mut between = kernel.events.all().iter().skip(first as usize + 1);
        let is_changed = between.any(|event| event.footprint.conflicts(other.footprint));
        if is_changed || !look_alike(&one, &other) {
            self.symmetry.pair_mut(thread).apart = true;
        }
    }
}
