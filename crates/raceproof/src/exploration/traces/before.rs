//! What is so before a step that a reversal goes back to, and after the sequence that comes before it then.

use super::Traces;
use super::behind::Held;
use super::races::Second;
use crate::kernel::rwlock::Refusal;
use crate::kernel::spurious::FOR_NO_REASON;
use crate::kernel::{Detail, Event, Footprint, Kernel, Op};

impl Traces {
    /// The waiters of a condition variable before the step at `first` and after the
    /// steps of the sequence.
    pub(super) fn waiters_before(&self, kernel: &Kernel, first: usize, condvar: u32) -> Vec<u16> {
        let process = |thread: u16| kernel.thread(thread).process;
        let (mut waiters, mut killed) = (Vec::new(), Vec::new());
        for event in self.before_and_sequence_on(kernel, first, condvar) {
            match event.op {
                Op::Wait { .. }
                    if event.alt == FOR_NO_REASON || killed.contains(&process(event.thread)) => {}
                Op::Wait { .. } => waiters.push(event.thread),
                Op::StopDaemons => waiters.clear(),
                Op::Kill(victim) => {
                    waiters.retain(|waiter| process(*waiter) != victim);
                    killed.push(victim);
                }
                Op::Wake(_) => waiters.retain(|waiter| *waiter != event.thread),
                Op::NotifyOne(_) => waiters.retain(|waiter| *waiter != event.alt),
                Op::NotifyAll(_) => waiters.clear(),
                _ => {}
            }
        }
        waiters
    }

    /// How many owners there are before the step at `first` and after the sequence.
    pub(super) fn owners_before(&self, kernel: &Kernel, first: usize, arc: u32) -> u32 {
        let of = |event: &Event| match (event.op, event.detail) {
            (Op::Count { arc: other, .. }, Detail::Count { owners, more, .. }) if other == arc => {
                Some((owners, more))
            }
            _ => None,
        };
        let begun = kernel.events.all().iter().find_map(of).map_or(0, |(owners, _)| owners);
        let counted = self.before_and_sequence(first).filter_map(|i| of(kernel.events.get(i)));
        counted.fold(begun, |owners, (_, more)| owners.saturating_add_signed(more))
    }

    /// Might a `try_read` fail before the step at `first` and after the sequence because a writer waits?
    pub(super) fn refusal_before(
        &self,
        kernel: &Kernel,
        first: usize,
        thread: u16,
        lock: u32,
    ) -> Refusal {
        let mut waiting = Vec::new();
        let mut held = Held::default();
        for i in self.before_and_sequence(first) {
            let event = kernel.events.get(i);
            match event.op {
                Op::Arrive(other) if other == lock => waiting.push(event.thread),
                Op::WriteLock(other) if other == lock => {
                    waiting.retain(|id| *id != event.thread);
                }
                _ if event.op.stops_others() => {
                    waiting.retain(|id| kernel.thread(*id).stopped_by != i as u32);
                }
                _ => {}
            }
            if event.footprint.touches(lock) {
                held.follow(event);
            }
        }
        let waits = waiting.iter().any(|id| *id != thread);
        if held.owner.is_some() || held.readers.is_empty() || !waits {
            return Refusal::Never;
        }
        let events = self.before_and_sequence_on(kernel, first, lock).collect::<Vec<_>>();
        Refusal::after(events.into_iter(), thread, lock)
    }

    /// Might this wait have woken for no reason? Not if none has ended by a notification since the
    /// thread's last one that did.
    pub(super) fn could_wake_spuriously(
        &self,
        kernel: &Kernel,
        wait: Second,
        condvar: u32,
    ) -> bool {
        let mut timed_out = false;
        let last = self.own_before(kernel, wait).find_map(|event| match (event.op, event.detail) {
            (Op::Wake(other), Detail::Wake { by }) if other == condvar => {
                timed_out = by.is_none();
                by.map(|_| false)
            }
            (Op::Wait { condvar: other, .. }, _) if other == condvar => {
                let spurious = event.alt == FOR_NO_REASON;
                // A wait without a limit ended by a notification, since the thread went on.
                (spurious || !std::mem::take(&mut timed_out)).then_some(spurious)
            }
            _ => None,
        });
        let may_be = kernel.limits.spurious && !kernel.objects[condvar as usize].reasons;
        may_be && last != Some(true)
    }

    /// The steps of the thread before this one of its own, the last first.
    pub(super) fn own_before<'a>(
        &'a self,
        kernel: &'a Kernel,
        step: Second,
    ) -> impl Iterator<Item = &'a Event> {
        let earlier = (1..step.nth).rev();
        let places = earlier.filter_map(move |nth| self.order.find(step.event.thread, nth));
        let events = places.map(|place| kernel.events.get(place));
        events.take_while(move |event| event.thread == step.event.thread)
    }

    /// Is the lock not held exclusively before the step at `first` and after the sequence?
    /// An earlier acquisition found it so, but a yield may not have.
    pub(super) fn unowned_before(&self, kernel: &Kernel, first: usize, lock: u32) -> bool {
        if kernel.events.get(first).op != Op::Yield {
            return true;
        }
        let mut owned = false;
        for event in self.before_and_sequence_on(kernel, first, lock) {
            owned = match event.op {
                Op::Lock(_) | Op::Relock(_) | Op::WriteLock(_) => true,
                Op::TryLock(_) | Op::TryWrite(_) => owned || event.succeeded(),
                Op::Unlock(_) | Op::Wait { .. } | Op::WriteUnlock(_) | Op::Downgrade(_) => false,
                _ => owned,
            };
        }
        !owned
    }

    /// Is the token there before the step at `first` and after the sequence?
    pub(super) fn token_before(&self, kernel: &Kernel, first: usize, token: u32) -> bool {
        let mut there = false;
        for event in self.before_and_sequence_on(kernel, first, token) {
            there = match event.op {
                Op::Unpark { .. } => true,
                Op::Park { .. } | Op::ParkTimeout { .. } => false,
                _ => there,
            };
        }
        there
    }

    /// Could the thread of this yield go on before the step at `first` and after the sequence?
    pub(super) fn changed_before(&self, kernel: &Kernel, first: usize, second: Second) -> bool {
        let Detail::Poll(round) = second.event.detail else {
            return true;
        };
        if second.event.footprint == Footprint::NOTHING {
            return true;
        }
        let thread = second.event.thread;
        let last = second.nth.checked_sub(1).and_then(|nth| self.order.find(thread, nth));
        let mut watched = Vec::new();
        kernel.watch(thread, round, last.map_or(0, |last| last as u32 + 1), &mut watched);
        self.before_and_sequence(first).any(|i| kernel.changes(i as u32, thread, &watched))
    }

    /// The steps before `first`, and those of the sequence.
    pub(super) fn before_and_sequence(&self, first: usize) -> impl Iterator<Item = usize> {
        (0..first).chain(self.sequence.at.iter().map(|i| *i as usize))
    }

    /// Those of them that touch an object.
    pub(super) fn before_and_sequence_on<'a>(
        &'a self,
        kernel: &'a Kernel,
        first: usize,
        object: u32,
    ) -> impl Iterator<Item = &'a Event> {
        let events = self.before_and_sequence(first).map(|i| kernel.events.get(i));
        events.filter(move |event| event.footprint.touches(object))
    }

    /// The first acquisition whose reader is still inside before `first` and after the sequence.
    pub(super) fn reader_inside(&self, kernel: &Kernel, first: usize, lock: u32) -> Option<usize> {
        let mut inside: Vec<usize> = Vec::new();
        for i in self.before_and_sequence(first) {
            let event = kernel.events.get(i);
            if !event.footprint.touches(lock) {
                continue;
            }
            match event.op {
                Op::ReadLock(_) | Op::Downgrade(_) => inside.push(i),
                Op::TryRead(_) if event.succeeded() => inside.push(i),
                Op::ReadUnlock(_) => {
                    let of_reader = |i: &usize| kernel.events.get(*i).thread == event.thread;
                    if let Some(at) = inside.iter().position(of_reader) {
                        inside.remove(at);
                    }
                }
                _ => {}
            }
        }
        inside.first().copied()
    }
}
