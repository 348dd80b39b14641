//! What a new step depends on, found in its objects' histories.

use crate::exploration::traces::events::{Event, Race};
use crate::kernel::op::{Footprint, Op};
use crate::kernel::state::Kernel;

impl Kernel {
    /// Appends a step whose races are with whatever conflicts with it.
    #[inline]
    pub(crate) fn record(&mut self, event: Event) -> usize {
        if self.repeat(&event) {
            return self.touch(&event);
        }
        self.sources.clear();
        event.footprint.each_access(|obj, written| {
            let object = &self.objects[obj as usize];
            if written {
                self.sources.extend_from_slice(&object.reads);
            }
            if (!written || object.reads.is_empty()) && object.last_write != 0 {
                self.sources.push(object.last_write - 1);
            }
        });
        if event.footprint == Footprint::EVERYTHING {
            for object in self.objects.iter().filter(|object| object.is_in(self.epoch)) {
                self.sources.extend_from_slice(&object.reads);
                self.sources.extend(object.last_write.checked_sub(1));
            }
        }
        if self.sources.len() > 1 {
            self.sources.sort_unstable();
        }
        self.append(event, true)
    }

    /// Appends a timed wait's waking by step `source`, which it could have come before.
    pub(crate) fn record_after(&mut self, event: Event, source: u32) -> usize {
        if self.repeat(&event) {
            return self.touch(&event);
        }
        self.sources.clear();
        self.sources.push(source);
        self.append(event, true)
    }

    /// Appends the taking of a lock. It races only with earlier acquisitions: it could
    /// not have come before the release it waited for, but before the whole critical
    /// section it could.
    #[inline]
    pub(crate) fn acquire(&mut self, event: Event, obj: u32) -> usize {
        let index = if self.repeat(&event) {
            self.touch(&event)
        } else {
            self.find_rivals(&event, obj);
            let second = self.events.taken() as u32;
            let races = self.sources.iter().map(|first| Race::new(*first, second));
            self.events.races.extend(races);
            self.sources.clear();
            let object = &self.objects[obj as usize];
            if object.last_write != 0 {
                self.sources.push(object.last_write - 1);
            }
            if event.op != Op::ReadLock {
                self.sources.extend_from_slice(&object.reads);
            }
            self.append(event, false)
        };
        if event.op == Op::ReadLock {
            self.objects[obj as usize].shared.push(index as u32);
        } else {
            self.took(obj, index);
        }
        index
    }

    /// Puts the steps that a blocking acquisition of `obj` could come before in `sources`.
    pub(crate) fn find_rivals(&mut self, event: &Event, obj: u32) {
        self.sources.clear();
        let object = &self.objects[obj as usize];
        let thread = &self.threads[usize::from(event.thread)];
        if object.exclusive != 0 {
            self.sources.push(object.exclusive - 1);
        }
        if event.op != Op::ReadLock {
            self.sources.extend_from_slice(&object.shared);
        } else if object.last_write != 0 {
            // An attempt to write that failed because of readers fails no more, or not
            // only, because of them if a reader comes before it.
            let last = self.events.get(object.last_write as usize - 1);
            if last.op == Op::TryWrite && !last.flag && last.expected == 0 {
                self.sources.push(object.last_write - 1);
            }
        }
        // A yield that looked at the lock comes before it or after it.
        let yields = |i: &u32| self.events.get(*i as usize).op == Op::Yield;
        self.sources.extend(object.reads.iter().copied().filter(yields));
        self.sources.extend(object.last_write.checked_sub(1).filter(yields));
        let events = &self.events;
        self.sources.retain(|source| {
            let known = |row: &u32| events.in_row(*source as usize, *row);
            !known(&thread.past) && !thread.also.iter().any(known)
        });
    }

    /// Notes that step `index` took the lock exclusively.
    #[inline]
    pub(crate) fn took(&mut self, obj: u32, index: usize) {
        let object = &mut self.objects[obj as usize];
        object.exclusive = index as u32 + 1;
        object.shared.clear();
    }

    /// Is this step one that the execution repeats? Then it must be the same.
    #[inline(always)]
    fn repeat(&mut self, event: &Event) -> bool {
        let Some(kept) = self.events.repeat() else {
            return false;
        };
        if kept.thread != event.thread || kept.op != event.op || kept.footprint != event.footprint {
            let kept = kept.op;
            self.diverged(format!("{:?} takes the place of {kept:?}", event.op));
        }
        let thread = &mut self.threads[usize::from(event.thread)];
        thread.past = self.events.taken() as u32;
        thread.also.clear();
        true
    }

    /// Puts the step last taken in its objects' histories.
    #[inline(always)]
    fn touch(&mut self, event: &Event) -> usize {
        let index = self.events.taken() - 1;
        event.footprint.each_access(|obj, written| {
            self.objects[obj as usize].touch(index as u32, written);
        });
        if event.footprint == Footprint::EVERYTHING {
            self.everything = index as u32 + 1;
            self.touched = true;
            self.objects.iter_mut().for_each(|object| object.touch(index as u32, true));
        }
        self.threads[usize::from(event.thread)].steps += 1;
        if event.changed {
            self.idle_ticks = 0;
        }
        if self.yielding > 0 {
            self.wake_yielders(index);
        }
        index
    }

    /// Gives the step its clock, joined over `sources` from the latest back; those not
    /// in it by then race with it, if `racing`.
    #[inline]
    fn append(&mut self, mut event: Event, racing: bool) -> usize {
        let thread = &mut self.threads[usize::from(event.thread)];
        event.nth = thread.steps + 1;
        let source = self.sources.last().map_or(0, |source| source + 1);
        let latest = thread.also.iter().copied().fold(source, u32::max);
        event.after = thread.past.max(latest);
        let index = self.events.push(event);
        self.events.begin_clock(thread.past);
        thread.also.iter().for_each(|row| self.events.join_clock(*row));
        thread.also.clear();
        thread.past = index as u32 + 1;
        while let Some(source) = self.sources.pop() {
            if !self.events.before(source as usize, index) {
                if racing {
                    self.events.races.push(Race::new(source, index as u32));
                }
                self.events.join_clock(source + 1);
            }
        }
        self.events.finish_clock(usize::from(event.thread), event.nth);
        self.touch(&event)
    }
}
