//! Yields, and loops that wait by looking.
//!
//! A loop that looks, yields and looks again could do so for ever, and each round would
//! be another trace. So a yield is free, and no step at all, unless the thread yields at
//! the same place again without having changed anything since: then it is taken to be
//! waiting, and the yield is a step that is enabled once another thread has changed
//! something that this one looked at since its last yield. The step reads everything
//! that was looked at, so it depends on the changes that enable it. Timed waits, timed
//! parks and sleeps in a loop are yields in this sense.
//!
//! When nothing else is enabled, every such yield is let go: a *tick*. It happens after
//! all that came before it, and is no step. A loop that looks a bounded number of times
//! so comes to its end; if nothing changes for many ticks, nothing ever will: a livelock.
//!
//! What is not explored: a loop that yields without changing anything and yet does
//! something else after a certain number of rounds, before the others have come to rest.

use std::panic::Location;

use crate::execution::step::perform;
use crate::execution::teardown;
use crate::exploration::traces::events::Event;
use crate::kernel::op::{Footprint, Op, Pending};
use crate::kernel::state::{Kernel, Status, try_with, with};
use crate::telling::failure::FailureKind;

/// Something that a thread looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    obj: u32,
    /// The last step by which it did.
    seen: u32,
    /// It was found locked: any release counts as a change.
    busy: bool,
}

/// What a thread has done since its last yield.
#[derive(Default)]
pub(crate) struct Spin {
    /// Where it yielded last.
    place: Option<&'static Location<'static>>,
    /// How many steps the execution had then.
    mark: u32,
    /// Whether it has changed something since, by other means than a step.
    effect: bool,
    watched: Vec<Watch>,
    /// Something watched has changed.
    ready: bool,
    /// Nothing else was enabled.
    released: bool,
}

/// Yields the running thread.
pub(crate) fn yield_at(at: &'static Location<'static>) {
    let looping = !teardown::under_way() && with(|kernel| kernel.begin_yield(at));
    if looping || teardown::under_way() {
        perform(Pending { op: Op::Yield, obj: 0, aux: 0, at });
    }
}

/// Notes that the running thread changes something by other means than a step.
#[inline]
pub(crate) fn note_effect() {
    try_with(|kernel| kernel.me().spin.note_effect());
}

impl Spin {
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.place = None;
        self.mark = 0;
        self.effect = false;
    }

    #[inline]
    pub(crate) fn note_effect(&mut self) {
        self.effect = true;
    }

    #[inline]
    pub(crate) fn enabled(&self) -> bool {
        self.ready || self.released
    }

    /// Has the thread changed something since its last yield?
    #[inline]
    pub(crate) fn has_effect(&self) -> bool {
        self.effect
    }
}

impl Kernel {
    /// Is the running thread, which yields here, waiting for a change?
    fn begin_yield(&mut self, at: &'static Location<'static>) -> bool {
        let (me, now) = (self.current, self.events.taken() as u32);
        let spin = &mut self.threads[usize::from(me)].spin;
        let from = std::mem::replace(&mut spin.mark, now);
        let effect = std::mem::take(&mut spin.effect);
        let same = spin.place.replace(at) == Some(at);
        if effect || !same {
            return false;
        }
        let events = self.events.all();
        let own = |i: &u32| events[*i as usize].thread == me;
        if (from..now).filter(own).any(|i| events[i as usize].changed) {
            return false;
        }
        let mut watched = std::mem::take(&mut self.me().spin.watched);
        watched.clear();
        self.watch(me, from, now, &mut watched);
        let ready = (from..now).any(|i| self.changes(i, me, &watched));
        let spin = &mut self.me().spin;
        spin.watched = watched;
        spin.ready = ready;
        spin.released = false;
        // The step remembers the window in which its thread looked.
        spin.mark = from;
        self.yielding += 1;
        true
    }

    /// What the thread looked at in these steps.
    fn watch(&self, thread: u16, from: u32, to: u32, watched: &mut Vec<Watch>) {
        for i in from..to {
            let event = self.events.get(i as usize);
            if event.thread != thread {
                continue;
            }
            let busy = matches!(event.op, Op::TryLock | Op::TryRead | Op::TryWrite) && !event.flag;
            event.footprint.each_access(|obj, _| {
                watched.retain(|watch| watch.obj != obj);
                watched.push(Watch { obj, seen: i, busy });
            });
        }
    }

    /// Is step `i` a change of something watched?
    fn changes(&self, i: u32, thread: u16, watched: &[Watch]) -> bool {
        let event = self.events.get(i as usize);
        event.thread != thread
            && watched.iter().any(|watch| {
                let released =
                    matches!(event.op, Op::Unlock | Op::Wait | Op::ReadUnlock | Op::WriteUnlock);
                i > watch.seen
                    && event.footprint.touches(watch.obj)
                    && (event.changed || (watch.busy && released))
            })
    }

    /// Lets threads go that yield until something changes, if the step just taken is that.
    pub(crate) fn wake_yielders(&mut self, index: usize) {
        for thread in 0..self.threads.len() {
            let state = &self.threads[thread];
            if state.status == Status::Pending && state.pending.op == Op::Yield && !state.spin.ready
            {
                let ready = self.changes(index as u32, thread as u16, &state.spin.watched);
                self.threads[thread].spin.ready = ready;
            }
        }
    }

    /// Takes the step of a yield.
    pub(crate) fn yield_step(&mut self, mut event: Event) {
        self.yielding -= 1;
        let now = self.events.taken() as u32;
        let spin = &mut self.me().spin;
        event.expected = u64::from(std::mem::replace(&mut spin.mark, now + 1));
        event.changed = false;
        if spin.ready {
            event.footprint = match spin.watched[..] {
                [one] => Footprint::read(one.obj),
                _ => Footprint::EVERYTHING,
            };
        }
        self.record(event);
    }

    /// Could the thread of this yield go on before the step at `first` and after the sequence?
    pub(crate) fn changed_before(&self, first: usize, second: &Event) -> bool {
        if second.footprint == Footprint::NOTHING {
            return true;
        }
        let mut watched = Vec::new();
        let own = |event: &&Event| event.thread == second.thread && event.nth < second.nth;
        let last = self.events.all().iter().rposition(|event| own(&event));
        let to = last.map_or(0, |last| last as u32 + 1);
        self.watch(second.thread, second.expected as u32, to, &mut watched);
        self.before_and_sequence(first).any(|i| self.changes(i as u32, second.thread, &watched))
    }

    /// Nothing is enabled: lets every thread go that yields. False if none does, or if
    /// that has led nowhere for long.
    pub(crate) fn tick(&mut self) -> bool {
        if self.yielding == 0 {
            return false;
        }
        self.idle_ticks += 1;
        if self.idle_ticks > self.limits.patience {
            let blocked = self.deadlock_message();
            self.fail(FailureKind::Livelock, format!("nothing changes any more; {blocked}"));
            return false;
        }
        for thread in 0..self.threads.len() {
            let state = &self.threads[thread];
            if state.status == Status::Pending && state.pending.op == Op::Yield {
                for other in 0..self.threads.len() {
                    if other != thread && self.threads[other].status != Status::Absent {
                        self.inherit(thread, other);
                    }
                }
                let state = &mut self.threads[thread];
                state.also.sort_unstable();
                state.also.dedup();
                state.spin.released = true;
            }
        }
        true
    }
}
