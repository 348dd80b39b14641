//! What a new step depends on, found in its objects' histories.

use super::Traces;
use super::races::Race;
use crate::kernel::machine::Outcome;
use crate::kernel::owners::Matter;
use crate::kernel::spurious::FOR_NO_REASON;
use crate::kernel::{Act, Detail, Event, Footprint, Kernel, Op, Status};

/// The steps of this execution that touched an object.
#[derive(Default)]
struct History {
    /// The execution that they belong to.
    epoch: u64,
    /// The last step that wrote it, plus one; 0: none.
    last_write: u32,
    /// The steps that read it since.
    reads: Vec<u32>,
    /// Locks: the last step that took it exclusively, plus one; 0: none.
    exclusive: u32,
    /// Read-write locks: the steps that took it for reading since. Barriers: the arrivals of the round
    /// before.
    shared: Vec<u32>,
}

impl History {
    /// Adds the steps to `sources` that conflict with a step that reads or writes the object: the
    /// last write, or the reads since.
    #[inline(always)]
    fn conflicts(&self, written: bool, sources: &mut Vec<u32>) {
        if written && !self.reads.is_empty() {
            sources.extend_from_slice(&self.reads);
        } else if self.last_write != 0 {
            sources.push(self.last_write - 1);
        }
    }

    /// Notes that step `index` reads or writes the object.
    #[inline(always)]
    fn touch(&mut self, written: bool, index: u32) {
        if written {
            self.last_write = index + 1;
            self.reads.clear();
        } else {
            self.reads.push(index);
        }
    }

    /// Notes that step `index` takes the lock.
    #[inline]
    fn took(&mut self, exclusively: bool, index: u32) {
        if exclusively {
            self.exclusive = index + 1;
            self.shared.clear();
        } else {
            self.shared.push(index);
        }
    }
}

/// The histories of all objects.
#[derive(Default)]
pub(super) struct Histories {
    epoch: u64,
    /// The last step that touched everything, plus one; 0: none.
    everything: u32,
    of_objects: Vec<History>,
}

impl Histories {
    pub(super) fn begin(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.everything = 0;
    }

    /// An object's history, brought up to date.
    #[inline(always)]
    fn of(&mut self, object: u32) -> &mut History {
        let object = object as usize;
        if object >= self.of_objects.len() {
            self.grow(object + 1);
        }
        let history = &mut self.of_objects[object];
        if history.epoch != self.epoch {
            history.epoch = self.epoch;
            history.exclusive = 0;
            history.shared.clear();
            history.last_write = self.everything;
            history.reads.clear();
        } else if history.last_write < self.everything {
            history.last_write = self.everything;
            history.reads.clear();
        }
        history
    }

    /// The last steps on an object, one of which comes after any other.
    pub(super) fn last_on(&mut self, object: u32) -> impl Iterator<Item = u32> {
        let History { last_write, reads, .. } = self.of(object);
        last_write.checked_sub(1).into_iter().chain(reads.iter().copied())
    }

    #[cold]
    fn grow(&mut self, objects: usize) {
        self.of_objects.resize_with(objects, History::default);
    }

    /// Notes that step `index` touches everything, and adds the steps to `sources` that conflict.
    #[cold]
    fn touch_everything(&mut self, index: u32, sources: &mut Vec<u32>) {
        sources.extend(self.everything.checked_sub(1));
        for history in self.of_objects.iter().filter(|history| history.epoch == self.epoch) {
            sources.extend_from_slice(&history.reads);
            sources.extend(history.last_write.checked_sub(1));
        }
        self.everything = index + 1;
    }
}

impl Traces {
    /// Notes the step that the kernel has taken last.
    #[inline]
    pub(super) fn record(&mut self, kernel: &Kernel) {
        let (event, new) = kernel.events.last();
        let Event { thread, op, .. } = *event;
        let index = kernel.events.taken() as u32 - 1;
        if op.stops_others() {
            self.before_a_stop(kernel, event, index);
        }
        self.sources.clear();
        let lock = op.acquires();
        let acts = matches!(op, Op::Act { .. });
        match lock {
            Some(lock) => self.acquire(kernel, event, lock, index, new),
            None if acts => self.act(kernel, event, index, new),
            None => self.touch(event, index),
        }
        if !new {
            self.order.repeat(thread, index as usize);
        } else if lock.is_some() || acts {
            self.order.push(thread, &mut self.sources, |_, _| {});
        } else {
            if self.sources.len() > 1 {
                self.sources.sort_unstable();
            }
            let races = &mut self.races;
            self.order.push(thread, &mut self.sources, |first, second| {
                races.push(Race::new(first, second));
            });
        }
        match op {
            // It fails by itself, so it cannot fail for no reason.
            Op::WeakExchange(_) if new && event.alt == 0 && !event.succeeded() => {
                self.path.owe_no_more((thread, FOR_NO_REASON));
            }
            Op::NotifyOne(_) | Op::NotifyAll(_) => {
                kernel.woken.iter().for_each(|waiter| self.order.happened(*waiter, index));
            }
            Op::Act { object, act } if !kernel.woken.is_empty() => {
                self.let_go(kernel, object, act, index);
            }
            Op::Count { arc, .. } => {
                self.drops_matter |= kernel.objects[arc as usize].matter == Matter::Last;
            }
            Op::GiveWay(_) => {
                self.gave_way = Some(index);
                // Where else reads give way is worked out when the execution is over.
                while self.races.pop_if(|race| race.second == index).is_some() {}
            }
            _ => {}
        }
    }

    /// Notes what a step touches, and puts the steps in `sources` that it comes after.
    #[inline(always)]
    fn touch(&mut self, event: &Event, index: u32) {
        let Event { op, footprint, detail, .. } = *event;
        let Traces { histories, sources, .. } = self;
        footprint.each_access(|object, written| {
            let history = histories.of(object);
            history.conflicts(written, sources);
            history.touch(written, index);
        });
        match (op, detail) {
            (Op::TryLock(lock) | Op::TryWrite(lock), Detail::Try { taken: true, .. }) => {
                histories.of(lock).took(true, index);
            }
            (Op::TryRead(lock), Detail::Try { taken: true, .. }) => {
                histories.of(lock).took(false, index);
            }
            (Op::Wake(_), Detail::Wake { by: Some(notification) }) => {
                // It could have woken before it was notified.
                sources.clear();
                sources.push(notification);
            }
            _ => {}
        }
        if footprint == Footprint::EVERYTHING {
            histories.touch_everything(index, sources);
        }
    }

    /// Notes that a step takes a lock. It races only with earlier acquisitions: it could not have
    /// come before the release it waited for, but before the whole critical section it could.
    #[inline]
    fn acquire(&mut self, kernel: &Kernel, event: &Event, lock: u32, index: u32, new: bool) {
        let reads = matches!(event.op, Op::ReadLock(_));
        self.reads_locks |= reads;
        if new {
            self.find_rivals(kernel, event.thread, event.op, lock);
            self.races.extend(self.sources.iter().map(|first| Race::new(*first, index)));
            self.sources.clear();
        }
        let history = self.histories.of(lock);
        self.sources.extend(history.last_write.checked_sub(1));
        if !reads {
            self.sources.extend_from_slice(&history.reads);
        }
        history.touch(!reads, index);
        history.took(!reads, index);
    }

    /// Notes an act on a machine. It races with the steps that it could have come before.
    #[cold]
    fn act(&mut self, kernel: &Kernel, event: &Event, index: u32, new: bool) {
        if let Op::Act { object, act } = event.op
            && new
            && act != Act::Pass
        {
            self.find_act_rivals(kernel, event.thread, (object, act), index);
            self.races.extend(self.sources.iter().map(|first| Race::new(*first, index)));
        }
        self.sources.clear();
        if let Op::Act { object, act: Act::Meet } = event.op {
            self.meet(kernel, event.thread, object);
        }
        self.touch(event, index);
        self.sources.sort_unstable();
    }

    /// Notes an arrival at a barrier. It comes after those of the round before; if nothing orders it
    /// after one of them, it could have been in that round.
    fn meet(&mut self, kernel: &Kernel, thread: u16, barrier: u32) {
        let Traces { histories, order, .. } = self;
        let History { reads, shared, .. } = histories.of(barrier);
        if kernel.has_begun_round(barrier) {
            shared.clone_from(reads);
            reads.clear();
        }
        let own = |i: u32| kernel.events.get(i as usize).thread == thread;
        self.crowded |= shared.iter().any(|i| !own(*i) && !order.is_past(thread, *i));
    }

    /// Notes that threads go on because of an act.
    fn let_go(&mut self, kernel: &Kernel, barrier: u32, act: Act, index: u32) {
        let Traces { histories, order, .. } = self;
        for waiter in &kernel.woken {
            order.happened(*waiter, index);
            if act == Act::Meet {
                histories.last_on(barrier).for_each(|i| order.happened(*waiter, i));
            }
            order.tidy(*waiter);
        }
    }

    /// Puts the last steps in `sources` that an act of a thread, after the first `end` steps, could come
    /// before, and that it depends on there.
    fn find_act_rivals(&mut self, kernel: &Kernel, thread: u16, act: (u32, Act), end: u32) {
        let Traces { sources, order, .. } = self;
        sources.clear();
        let (object, act) = act;
        for first in (0..end).rev() {
            let Event { thread: other, op, footprint, .. } = *kernel.events.get(first as usize);
            let concerns = op.object() == Some(object) || op == Op::Yield;
            let covered = |later: &u32| order.before(first as usize, *later as usize);
            if other == thread
                || !concerns
                || order.is_past(thread, first)
                || sources.iter().any(covered)
            {
                continue;
            }
            let mut there = kernel.rehearse(object);
            for i in 0..end {
                if i < first || !order.before(first as usize, i as usize) {
                    there.follow(kernel.events.get(i as usize));
                }
            }
            let depends = |outcome: Outcome| outcome.footprint.conflicts(footprint);
            if there.outcome(thread, act).is_some_and(depends) {
                sources.push(first);
            }
        }
    }

    /// Might a thread wait, after the first `end` steps, for something that some of them took away? Puts
    /// these in `sources`.
    pub(super) fn find_rivals_if_blocked(
        &mut self,
        kernel: &Kernel,
        thread: u16,
        end: u32,
    ) -> bool {
        let op = kernel.thread(thread).pending.op;
        if let Op::Act { object, act } = op {
            self.find_act_rivals(kernel, thread, (object, act), end);
        } else if let Some(lock) = op.acquires() {
            self.find_rivals(kernel, thread, op, lock);
        } else {
            return false;
        }
        true
    }

    /// Puts the steps in `sources` that a blocking acquisition of `lock` could come before.
    fn find_rivals(&mut self, kernel: &Kernel, thread: u16, op: Op, lock: u32) {
        let Traces { histories, sources, order, .. } = self;
        sources.clear();
        let history = histories.of(lock);
        sources.extend(history.exclusive.checked_sub(1));
        if !matches!(op, Op::ReadLock(_)) {
            sources.extend_from_slice(&history.shared);
        } else if let Some(last) = history.last_write.checked_sub(1) {
            // An attempt to write that failed because of readers fails no more, or not
            // only, because of them if a reader comes before it. And whether an attempt to read
            // may fail because of a writer that waits depends on the readers.
            let Event { op, detail, .. } = kernel.events.get(last as usize);
            if matches!(
                (op, detail),
                (Op::TryWrite(_), Detail::Try { taken: false, writer: false })
                    | (Op::TryRead(_), Detail::Try { writer: false, .. })
            ) {
                sources.push(last);
            }
        }
        // A yield that looked at the lock comes before it or after it.
        let yields = |i: &u32| kernel.events.get(*i as usize).op == Op::Yield;
        if !matches!(op, Op::ReadLock(_)) {
            sources.extend(history.reads.iter().copied().filter(yields));
        }
        sources.extend(history.last_write.checked_sub(1).filter(yields));
        sources.retain(|source| !order.is_past(thread, *source));
    }

    /// What is to be noted of the threads before a step that stops some of them.
    #[cold]
    fn before_a_stop(&mut self, kernel: &Kernel, event: &Event, index: u32) {
        if event.op == Op::StopDaemons {
            for id in kernel.ids() {
                let thread = kernel.thread(id);
                if thread.daemon {
                    continue;
                }
                if thread.is_unawaited() {
                    self.order.happened(event.thread, thread.killed_by);
                } else if thread.status == Status::Done {
                    self.order.inherit(event.thread, id);
                }
            }
        }
        for id in kernel.ids() {
            let thread = kernel.thread(id);
            let stopped = thread.status == Status::Stopped && thread.stopped_by == index;
            if thread.status != Status::Pending && !stopped {
                continue;
            }
            self.rivals[usize::from(id)].clear();
            // A thread that goes on for a while is asked again when it stops.
            let goes_on = thread.doomed && !stopped && event.op == Op::Kill(thread.process);
            if !goes_on && self.find_rivals_if_blocked(kernel, id, index) {
                self.rivals[usize::from(id)].clone_from(&self.sources);
            }
        }
    }
}
