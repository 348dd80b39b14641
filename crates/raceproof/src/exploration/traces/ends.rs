//! Ends of objects that no step orders after a use of them.
//!
//! The end of an object is no step: it is part of what its thread does between two. If a use of the
//! object by another thread does not happen before it, as the steps order them, then there is an
//! execution in which that use is yet to come, unless something else orders them that the
//! exploration does not see: the count of an `Arc` whose changes are no steps. So that execution is
//! tried: the same one, with the use held back and what happens after it left out. Either it comes to
//! the end of the object while the other thread is in the use, or the end is not there.
//!
//! The end comes after the step that its thread has taken last; it is tried once for each node of
//! the exploration, when that step is new.

use super::Traces;
use crate::execution::Probe;
use crate::kernel::{Event, Kernel};

/// An end that may come before a use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Suspect {
    /// How many steps the execution had at the end.
    at: u32,
    /// The first step of the other thread that is held back, if it took any more: what happens
    /// after it is left out.
    from: Option<u32>,
    /// The step that comes after all of these.
    then: Option<u32>,
    /// The access of a cell, by its thread and its number there, at which that one is held back.
    held: Option<(u16, u32)>,
}

/// That a thread had an object for itself, when the execution had so many steps.
#[derive(Debug)]
pub(super) struct Owned {
    pub(super) object: u32,
    pub(super) thread: u16,
    pub(super) at: u32,
}

/// A thread's last step before this one.
fn last_step(kernel: &Kernel, thread: u16, before: u32) -> Option<u32> {
    (0..before).rev().find(|i| kernel.events.get(*i as usize).thread == thread)
}

impl Traces {
    /// Notes the uses of an object by other threads that do not happen before what the running
    /// thread does now.
    pub(super) fn suspect(&mut self, kernel: &Kernel, object: u32) {
        let (at, me) = (kernel.events.taken() as u32, kernel.current);
        if at > 0 && !kernel.events.last().1 {
            return;
        }
        if self.is_used_meanwhile(kernel, object) {
            let mut last: Vec<Option<u32>> = vec![None; kernel.threads.len()];
            for (i, event) in (0..).zip(kernel.events.all()) {
                if event.op.uses(object) {
                    last[usize::from(event.thread)] = Some(i);
                }
            }
            last[usize::from(me)] = None;
            let unordered = |i: &u32| !self.order.is_past(me, *i);
            let suspects = last.into_iter().flatten().filter(unordered);
            let suspects = suspects.map(|i| Suspect { at, from: Some(i), then: None, held: None });
            suspects.collect::<Vec<_>>().into_iter().for_each(|suspect| self.add_suspect(suspect));
        }
        if kernel.races.is_on() {
            self.suspect_touches(kernel, object);
        }
    }

    /// Is a step the last on this object that does not happen before the running thread's next?
    #[inline]
    fn is_used_meanwhile(&mut self, kernel: &Kernel, object: u32) -> bool {
        let me = kernel.current;
        let Traces { histories, order, .. } = self;
        let unordered = |i| kernel.events.get(i as usize).thread != me && !order.is_past(me, i);
        histories.last_on(object).any(unordered)
    }

    /// As [`Traces::suspect`], of a cell's accesses, which are between steps as well.
    fn suspect_touches(&mut self, kernel: &Kernel, cell: u32) {
        let (at, me) = (kernel.events.taken() as u32, kernel.current);
        let accesses = kernel.races.unordered(cell as usize, me);
        for access in accesses.filter(|access| access.nth > 0).collect::<Vec<_>>() {
            let later = kernel.events.all().iter().skip(access.taken as usize);
            let from = later.zip(access.taken..).find(|(event, _)| event.thread == access.thread);
            let from = from.map(|(_, i)| i);
            if from.is_none_or(|i| !self.order.is_past(me, i)) {
                let held = Some((access.thread, access.nth));
                self.add_suspect(Suspect { at, from, then: None, held });
            }
        }
    }

    /// Notes the uses, after a thread had an object for itself, that do not happen after that.
    pub(super) fn suspect_later_uses(&mut self, kernel: &Kernel) {
        for Owned { object, thread, at } in std::mem::take(&mut self.owned) {
            let Some(last) = last_step(kernel, thread, at) else { continue };
            let mut users = vec![thread];
            for i in at..kernel.events.taken() as u32 {
                let event = kernel.events.get(i as usize);
                let later = event.op.uses(object) && !self.order.before(last as usize, i as usize);
                if !later || users.contains(&event.thread) {
                    continue;
                }
                users.push(event.thread);
                if !kernel.events.is_kept(i as usize) {
                    let (from, then) = (Some(last), Some(last));
                    self.add_suspect(Suspect { at: i, from, then, held: None });
                }
            }
        }
    }

    /// Notes that the running thread accesses a cell which another had for itself, and that nothing
    /// orders the two.
    pub(super) fn suspect_owner(&mut self, kernel: &Kernel, owner: u16, owned: u32) {
        let (at, me) = (kernel.events.taken() as u32, kernel.current);
        if at > 0 && !kernel.events.last().1 {
            return;
        }
        let last = last_step(kernel, owner, owned).filter(|last| !self.order.is_past(me, *last));
        if last.is_some() {
            let held = Some((me, kernel.thread(me).touches));
            self.add_suspect(Suspect { at, from: last, then: last, held });
        }
    }

    fn add_suspect(&mut self, suspect: Suspect) {
        // Objects that end together have mostly been used together.
        if !self
            .suspects
            .iter()
            .rev()
            .take_while(|one| one.at == suspect.at)
            .any(|one| *one == suspect)
        {
            self.suspects.push(suspect);
        }
    }

    /// Forgets the ends that came after more steps than these.
    pub(super) fn forget_suspects(&mut self, len: usize) {
        self.suspects.retain(|suspect| suspect.at as usize <= len);
    }

    /// The steps of an execution that is to be tried, and the access at which a thread is held back.
    pub(super) fn next_suspect(&mut self, kernel: &Kernel) -> Option<Probe> {
        self.suspect_later_uses(kernel);
        let Suspect { at, from, then, held } = self.suspects.pop()?;
        let stays = |i: &usize| from.is_none_or(|from| !self.order.before(from as usize, *i));
        let then = then.map(|i| i as usize);
        let steps = (0..at as usize).filter(stays).chain(then).map(|i| {
            let Event { thread, alt, .. } = *kernel.events.get(i);
            (thread, alt)
        });
        Some(Probe { steps: steps.collect(), held })
    }
}
