//! Read-write locks, as lanes.
//!
//! A read-write lock has a lane for writers, which is its own number, and one for each thread that
//! reads. A reader takes its thread's lane; a writer takes the writers', then the other threads' in
//! order of their numbers; all are given back at once. So readers have no order among each other, and
//! what is true of mutexes is true of lanes. The steps by which lanes are taken come before the
//! kernel's step, which has no place in any order then.
//!
//! Which threads read is found out: when another does, the exploration begins again.
//!
//! A writer that waits may hold lanes. A thread that waits for one of these need not: an execution
//! that ends so is cut, and the one in which the thread comes before the writer is another.

use super::Graphs;
use super::event::{Label, Name};
use super::graph::{Choice, LANES};
use crate::kernel::{Kernel, Op, Status};

impl Graphs {
    /// The number of the lane of a thread that reads a lock.
    fn lane(&mut self, lock: u32, thread: u16) -> u32 {
        let known = self.lanes.iter().position(|lane| *lane == (lock, thread));
        let at = known.unwrap_or_else(|| {
            self.lanes.push((lock, thread));
            self.lanes.len() - 1
        });
        LANES + at as u32
    }

    /// The lane that a thread takes next before its announced step, if it has not taken all.
    pub(super) fn next_take(&mut self, kernel: &Kernel, thread: u16) -> Option<Label> {
        let taken = self.taken[usize::from(thread)];
        let op = kernel.thread(thread).pending.op;
        if op.object().is_some_and(|lock| kernel.is_tried(lock)) {
            return None;
        }
        match op {
            Op::WriteLock(lock) => {
                let Some(nth) = taken.checked_sub(1) else {
                    return Some(Label::Take { lock, lane: lock, read: false });
                };
                let readers = kernel.limits.readers;
                let mut others = (0..128).filter(|id| readers >> id & 1 == 1 && *id != thread);
                let other = others.nth(usize::from(nth))?;
                Some(Label::Take { lock, lane: self.lane(lock, other), read: false })
            }
            Op::ReadLock(lock) | Op::Downgrade(lock) if taken == 0 => {
                let reads = kernel.objects[lock as usize].threads.contains(&thread);
                let lane = || Label::Take { lock, lane: self.lane(lock, thread), read: true };
                (!reads).then(lane)
            }
            _ => None,
        }
    }

    /// Is the lane free that a thread takes next?
    pub(super) fn may_take(&self, kernel: &Kernel, thread: u16, take: Label) -> bool {
        let Label::Take { lock, lane, read } = take else { return false };
        // A thread that reads waits for itself if it wants to write.
        let waits_for_itself = !read && kernel.objects[lock as usize].threads.contains(&thread);
        let graph = self.graph();
        !waits_for_itself
            && graph.object(lane).last().is_none_or(|last| graph.over(*last).is_some())
    }

    /// Adds the step by which a thread takes a lane that is free.
    pub(super) fn take(&mut self, kernel: &Kernel, thread: u16, take: Label) {
        if self.script.is_none() {
            self.revisit_operations(thread, take);
        }
        self.add(thread, take, Choice::default());
        self.taken[usize::from(thread)] += 1;
        self.note_lane(kernel, thread);
    }

    /// Takes every lane that a thread of the wanted execution needs for its announced step.
    pub(super) fn take_all(&mut self, kernel: &Kernel, thread: u16) {
        while let Some(take) = self.next_take(kernel, thread) {
            self.take(kernel, thread, take);
        }
    }

    /// Does a thread wait for a lane of a writer that itself waits for others?
    pub(super) fn waits_in_vain(&mut self, kernel: &Kernel) -> bool {
        kernel.ids().any(|thread| {
            let pending = kernel.thread(thread).status == Status::Pending;
            let reads = matches!(kernel.thread(thread).pending.op, Op::ReadLock(_));
            let take = if pending && reads { self.holder(kernel, thread) } else { None };
            take.is_some_and(|take| self.waits_to_write(kernel, take))
        })
    }

    /// Was a lane taken by this event for the write that its thread waits for? It may be one of another lock, or of this
    /// one for which the thread waits once more: then the thread holds that lock.
    fn waits_to_write(&self, kernel: &Kernel, take: Name) -> bool {
        let thread = usize::from(take.thread);
        let before = self.done[thread] - u32::from(self.taken[thread]);
        writes(kernel, take.thread) && take.index > before
    }

    /// The event by which the lane was taken that this thread wants.
    fn holder(&mut self, kernel: &Kernel, thread: u16) -> Option<Name> {
        let object = self.next_take(kernel, thread)?.object()?;
        let graph = self.graph();
        let before = match self.undone(thread) {
            Some(name) => graph.before(object, name)?,
            None => *graph.object(object).last()?,
        };
        graph.over(before).is_none().then_some(before)
    }

    /// Does a thread go on by this event, which is undone?
    pub(super) fn may_go_on(&self, kernel: &Kernel, name: Name) -> bool {
        let takes = matches!(self.graph().event(name).label, Label::Take { .. });
        let pending = kernel.thread(name.thread).status == Status::Pending;
        (if takes { pending } else { kernel.enabled(name.thread) }) && self.may_be_done(name)
    }
}

/// Begins again if a thread comes to read a lock that is not known to read: the writers before have not
/// taken its lane.
pub(super) fn finds_readers(kernel: &mut Kernel) -> bool {
    let known = kernel.limits.readers;
    for id in kernel.ids() {
        let thread = kernel.thread(id);
        let reads = matches!(thread.pending.op, Op::ReadLock(_) | Op::Downgrade(_));
        if thread.status != Status::Pending || !reads {
            continue;
        }
        let Some(reader) = 1_u128.checked_shl(u32::from(id)) else {
            kernel.refuse("read-write locks in the 129th thread");
            return true;
        };
        kernel.limits.readers |= reader;
    }
    let found = kernel.limits.readers != known;
    if found {
        kernel.begin_again();
    }
    found
}

/// Does a thread wait to write a read-write lock?
fn writes(kernel: &Kernel, thread: u16) -> bool {
    let thread = kernel.thread(thread);
    thread.status == Status::Pending && matches!(thread.pending.op, Op::WriteLock(_))
}
