//! Reads that wait behind a writer for ever.
//!
//! Where no thread can do anything but read and pass a writer that waits, these reads may wait behind it: the
//! step [`Op::GiveWay`]. It is possible in a state, and so in each execution that has the steps that
//! lead there and in which nothing follows but them and what comes after these reads. So after
//! each execution every set R of its reads, at most one a thread, is looked at: the steps that are not
//! in R and do not happen after a read of R make a state. If no thread can go on there but by passing
//! a writer, the execution is owed that ends there.
//!
//! None is missed. Let all threads be blocked in a state in this sense, with the pending reads R. Where
//! reads pass, the state is not the end: some execution goes on from it, and one of its trace
//! is explored. Nothing but reads of R can come next, and what comes later does so
//! because of them, so the steps before are exactly those that do not happen after a read of R.
//!
//! None is owed twice: it is put in the wakeup tree as any reversal is. The first step of the execution that is
//! not among those before is a read of R, and the step that gives way depends on it as on every other.

use super::Traces;
use super::wakeup::Step;
use crate::kernel::rwlock::{BEHIND, RwLockPolicy};
use crate::kernel::{Detail, Event, Footprint, Kernel, Op, Status};

/// What a thread does between two steps that concerns others.
#[derive(Clone, Copy)]
pub(super) struct Local {
    thread: u16,
    /// How many steps it had taken.
    after: u32,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Spawn(u16),
    Join(u16),
}

impl Local {
    pub(super) fn spawn(thread: u16, after: u32, child: u16) -> Self {
        Local { thread, after, what: What::Spawn(child) }
    }

    pub(super) fn join(thread: u16, after: u32, ended: u16) -> Self {
        Local { thread, after, what: What::Join(ended) }
    }
}

/// Which threads hold a lock.
#[derive(Default)]
pub(super) struct Held {
    pub(super) owner: Option<u16>,
    pub(super) readers: Vec<u16>,
}

impl Held {
    /// Takes note of a step on the lock.
    pub(super) fn follow(&mut self, event: &Event) {
        let thread = event.thread;
        match event.op {
            Op::Lock(_) | Op::Relock(_) | Op::WriteLock(_) => self.owner = Some(thread),
            Op::TryLock(_) | Op::TryWrite(_) if event.succeeded() => self.owner = Some(thread),
            Op::Unlock(_) | Op::Wait { .. } | Op::WriteUnlock(_) => self.owner = None,
            Op::ReadLock(_) => self.readers.push(thread),
            Op::TryRead(_) if event.succeeded() => self.readers.push(thread),
            Op::Downgrade(_) => {
                self.owner = None;
                self.readers.push(thread);
            }
            Op::ReadUnlock(_) => {
                if let Some(at) = self.readers.iter().position(|reader| *reader == thread) {
                    self.readers.swap_remove(at);
                }
            }
            _ => {}
        }
    }
}

impl Traces {
    /// Owes the executions in which reads of the one that has just ended wait behind a writer for ever.
    pub(super) fn owe_deadlocks(&mut self, kernel: &Kernel) {
        let passes = kernel.limits.rwlock == RwLockPolicy::ReadersPass;
        if !self.reads_locks || passes || self.gave_way.is_some() {
            return;
        }
        let stopped_short = |id: u16| kernel.thread(id).status == Status::Local;
        if kernel.ids().any(stopped_short) {
            return;
        }
        let locks = self.locks_that_may_stay_read(kernel);
        if locks.is_empty() {
            return;
        }
        let mut reads = Vec::new();
        for id in kernel.ids() {
            let of_thread = |i: &u32| self.is_behind_a_writer(kernel, &locks, *i);
            reads.push(self.order.steps(id).iter().copied().filter(of_thread).collect::<Vec<_>>());
        }
        reads.retain(|of_thread| !of_thread.is_empty());
        let mut sets = vec![Vec::new()];
        for of_thread in reads {
            for nth in 0..sets.len() {
                for read in &of_thread {
                    let unordered = |other: &u32| {
                        let (a, b) = (*read as usize, *other as usize);
                        !self.order.before(a, b) && !self.order.before(b, a)
                    };
                    if sets[nth].iter().all(unordered) {
                        let with = sets[nth].iter().copied().chain([*read]).collect();
                        sets.push(with);
                    }
                }
            }
        }
        for set in &sets[1..] {
            self.owe_deadlock(kernel, set);
        }
    }

    /// Might this step be a read that passes a writer of one of these locks?
    fn is_behind_a_writer(&self, kernel: &Kernel, locks: &[u32], index: u32) -> bool {
        let Event { op: Op::ReadLock(lock), thread, .. } = *kernel.events.get(index as usize)
        else {
            return false;
        };
        let writes = |other: u16| {
            let pending = kernel.thread(other);
            pending.pending.op == Op::WriteLock(lock) && pending.status != Status::Absent
                || self
                    .order
                    .steps(other)
                    .iter()
                    .any(|i| kernel.events.get(*i as usize).op == Op::WriteLock(lock))
        };
        locks.contains(&lock) && kernel.ids().any(|other| other != thread && writes(other))
    }

    /// The locks that a thread may hold for reading while it waits for something.
    fn locks_that_may_stay_read(&self, kernel: &Kernel) -> Vec<u32> {
        let mut locks = Vec::new();
        for id in kernel.ids().filter(|id| kernel.thread(*id).status != Status::Absent) {
            let mut inside: Vec<u32> = Vec::new();
            let joins = |after: usize| {
                let join = |local: &Local| {
                    (local.thread, local.after as usize) == (id, after)
                        && matches!(local.what, What::Join(_))
                };
                self.locals.iter().any(join)
            };
            let steps = self.order.steps(id);
            for nth in 0..=self.order.taken(id) as usize {
                let event = steps.get(nth).map(|i| kernel.events.get(*i as usize));
                let waits = event.is_none_or(|event| event.op.may_wait());
                if !inside.is_empty() && (waits || joins(nth)) {
                    locks.extend(inside.iter());
                }
                match event.map(|event| (event.op, event)) {
                    Some((Op::ReadLock(lock) | Op::Downgrade(lock), _)) => inside.push(lock),
                    Some((Op::TryRead(lock), event)) if event.succeeded() => inside.push(lock),
                    Some((Op::ReadUnlock(lock), _)) => {
                        if let Some(at) = inside.iter().position(|other| *other == lock) {
                            inside.swap_remove(at);
                        }
                    }
                    _ => {}
                }
            }
        }
        locks.sort_unstable();
        locks.dedup();
        locks
    }

    /// Owes the execution that ends before these reads, if no thread can go on there but by passing
    /// a writer.
    fn owe_deadlock(&mut self, kernel: &Kernel, reads: &[u32]) {
        let cut = Cut::before(self, kernel, reads);
        let Some(thread) = cut.gives_way() else {
            return;
        };
        let outside = cut.inside.iter().position(|inside| !inside);
        let first = outside.expect("the reads are outside");
        let after = (first..cut.inside.len()).filter(|i| cut.inside[*i]).map(|i| i as u32);
        self.sequence.at = after.collect();
        self.ask(kernel, first, Step { thread, alt: BEHIND, footprint: Footprint::EVERYTHING });
    }
}

impl Op {
    /// Does its thread have to wait in some states until it is enabled?
    fn may_wait(self) -> bool {
        let waits = matches!(self, Op::Park { .. } | Op::Yield | Op::StopDaemons | Op::Act { .. });
        self.acquires().is_some() || waits
    }
}

/// How a thread stands in a state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// It has not been started.
    Absent,
    /// It takes no more steps.
    Over,
    /// It waits for another to end.
    Joins,
    /// Its next step.
    At(Op),
}

/// The state after some steps of an execution, with all that happens before them.
struct Cut<'a> {
    traces: &'a Traces,
    kernel: &'a Kernel,
    /// By step.
    inside: Vec<bool>,
    /// How many steps each thread has taken.
    taken: Vec<u32>,
}

impl<'a> Cut<'a> {
    /// The state after the steps that are none of these and happen after none of them.
    fn before(traces: &'a Traces, kernel: &'a Kernel, steps: &[u32]) -> Self {
        let order = &traces.order;
        let after = |i: usize| steps.iter().any(|step| order.before(*step as usize, i));
        let inside = (0..kernel.events.taken()).map(|i| !after(i)).collect::<Vec<_>>();
        let taken =
            |id: u16| order.steps(id).iter().take_while(|i| inside[**i as usize]).count() as u32;
        let taken = kernel.ids().map(taken).collect();
        Cut { traces, kernel, inside, taken }
    }

    /// The steps of the state.
    fn steps(&self) -> impl Iterator<Item = &'a Event> {
        let events = self.kernel.events.all().iter().zip(&self.inside);
        events.filter(|(_, inside)| **inside).map(|(event, _)| event)
    }

    /// If no thread can go on but by passing a writer: the first that can.
    fn gives_way(&self) -> Option<u16> {
        let stands = self.kernel.ids().map(|id| self.stand(id)).collect::<Vec<_>>();
        if self.is_over(&stands, None) {
            return None;
        }
        let mut first = None;
        for (id, stand) in (0..).zip(&stands) {
            let Stand::At(op) = *stand else { continue };
            if !self.is_enabled(id, op, &stands) {
                continue;
            }
            match op {
                Op::ReadLock(lock) if self.passes_a_writer(id, lock, &stands) => {
                    first = first.or(Some(id));
                }
                _ => return None,
            }
        }
        first
    }

    /// How a thread stands, whether it can go on or not.
    fn stand(&self, id: u16) -> Stand {
        let taken = self.taken[usize::from(id)];
        let thread = self.kernel.thread(id);
        if thread.status == Status::Absent || !self.is_started(id) {
            return Stand::Absent;
        }
        if !self.has_joined(id, taken, usize::MAX) {
            return Stand::Joins;
        }
        if let Some(next) = self.traces.order.steps(id).get(taken as usize) {
            return Stand::At(self.kernel.events.get(*next as usize).op);
        }
        let stopped = |by: u32| self.inside.get(by as usize).is_some_and(|inside| *inside);
        match thread.status {
            Status::Done => Stand::Over,
            Status::Stopped if stopped(thread.stopped_by) => Stand::Over,
            _ if matches!(thread.pending.op, Op::Join(_) | Op::JoinClosure(_)) => Stand::Joins,
            _ => Stand::At(thread.pending.op),
        }
    }

    /// Does the execution wait for no thread but this one?
    fn is_over(&self, stands: &[Stand], but: Option<u16>) -> bool {
        let mut others = (0..).zip(stands).filter(|(id, _)| but != Some(*id));
        others.all(|(id, stand)| {
            let thread = self.kernel.thread(id);
            let killed = self.inside.get(thread.killed_by as usize).is_some_and(|inside| *inside);
            matches!(stand, Stand::Absent | Stand::Over) || thread.daemon || killed
        })
    }

    fn is_started(&self, id: u16) -> bool {
        let started = |local: &&Local| matches!(local.what, What::Spawn(child) if child == id);
        let locals = &self.traces.locals;
        let Some(at) = locals.iter().position(|local| started(&local)) else {
            return id == 0;
        };
        let Local { thread: parent, after, .. } = locals[at];
        let taken = self.taken[usize::from(parent)];
        taken > after
            || taken == after && self.is_started(parent) && self.has_joined(parent, after, at)
    }

    /// Are those threads over that a thread joins after so many steps, as far as the local operation at `end`?
    fn has_joined(&self, id: u16, after: u32, end: usize) -> bool {
        let mut locals = self.traces.locals.iter().take(end);
        locals.all(|local| match local.what {
            What::Join(ended) if (local.thread, local.after) == (id, after) => {
                self.stand(ended) == Stand::Over
            }
            _ => true,
        })
    }

    fn is_enabled(&self, id: u16, op: Op, stands: &[Stand]) -> bool {
        match op {
            Op::Asleep { .. } => self.is_notified(id),
            Op::Relock(lock) => self.is_notified(id) && self.held(lock).owner.is_none(),
            Op::Lock(lock) | Op::ReadLock(lock) => self.held(lock).owner.is_none(),
            Op::WriteLock(lock) => {
                let held = self.held(lock);
                held.owner.is_none() && held.readers.is_empty()
            }
            Op::Act { object, act } => {
                let mut there = self.kernel.rehearse(object);
                self.steps().for_each(|event| there.follow(event));
                there.outcome(id, act).is_some()
            }
            Op::Park { token } => self.has_token(token),
            Op::Yield => self.is_let_go(id),
            Op::StopDaemons => self.is_over(stands, Some(id)),
            _ => true,
        }
    }

    fn held(&self, lock: u32) -> Held {
        let mut held = Held::default();
        self.steps()
            .filter(|event| event.footprint.touches(lock))
            .for_each(|event| held.follow(event));
        held
    }

    /// Does a read by this thread pass a writer that waits?
    fn passes_a_writer(&self, id: u16, lock: u32, stands: &[Stand]) -> bool {
        let waits = |other: &u16| stands[usize::from(*other)] == Stand::At(Op::WriteLock(lock));
        !self.held(lock).readers.is_empty()
            && self.kernel.ids().any(|other| other != id && waits(&other))
    }

    /// Is the thread not among the waiters of a condition variable?
    fn is_notified(&self, id: u16) -> bool {
        let mut waits_for = None;
        for event in self.steps() {
            match event.op {
                Op::Wait { condvar, .. } if event.thread == id && event.alt == 0 => {
                    waits_for = Some(condvar);
                }
                Op::NotifyOne(_) if event.alt == id => waits_for = None,
                Op::NotifyAll(condvar) if waits_for == Some(condvar) => waits_for = None,
                _ if event.thread == id => waits_for = None,
                _ => {}
            }
        }
        waits_for.is_none()
    }

    fn has_token(&self, token: u32) -> bool {
        let mut there = false;
        for event in self.steps().filter(|event| event.footprint.touches(token)) {
            there = match event.op {
                Op::Unpark { .. } => true,
                Op::Park { .. } | Op::ParkTimeout { .. } => false,
                _ => there,
            };
        }
        there
    }

    /// Has something changed that the thread waits for, which polls?
    fn is_let_go(&self, id: u16) -> bool {
        let taken = self.taken[usize::from(id)] as usize;
        let steps = self.traces.order.steps(id);
        let round = match steps.get(taken).map(|i| self.kernel.events.get(*i as usize).detail) {
            Some(Detail::Poll(round)) => round,
            Some(_) => return true,
            None => self.kernel.thread(id).poll.round(),
        };
        let last = taken.checked_sub(1).map_or(0, |last| steps[last] + 1);
        let mut watched = Vec::new();
        self.kernel.watch(id, round, last, &mut watched);
        let mut changes = (0..).zip(&self.inside).filter(|(_, inside)| **inside);
        changes.any(|(i, _)| self.kernel.changes(i, id, &watched))
    }
}
