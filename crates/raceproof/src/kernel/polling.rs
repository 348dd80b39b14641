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
//! When nothing else is enabled, every such yield is let go: see [`Kernel::let_pollers_go`]. It
//! happens after everything so far. If nothing changes for many such rounds, nothing ever
//! will: a livelock.

use std::panic::Location;

use super::event::Detail;
use super::fault::FailureKind;
use super::footprint::Footprint;
use super::op::Op;
use super::state::Kernel;
use super::thread::Status;

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
pub(crate) struct Poll {
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

impl Poll {
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
    pub(crate) fn begin_yield(&mut self, at: &'static Location<'static>) -> bool {
        let (me, now) = (self.current, self.events.taken() as u32);
        let poll = &mut self.threads[usize::from(me)].poll;
        let from = std::mem::replace(&mut poll.mark, now);
        let effect = std::mem::take(&mut poll.effect);
        let same = poll.place.replace(at) == Some(at);
        if effect || !same {
            return false;
        }
        let events = self.events.all();
        let own = |i: &u32| events[*i as usize].thread == me;
        if (from..now).filter(own).any(|i| events[i as usize].changed) {
            return false;
        }
        let mut watched = std::mem::take(&mut self.me().poll.watched);
        watched.clear();
        self.watch(me, from, now, &mut watched);
        let ready = (from..now).any(|i| self.changes(i, me, &watched));
        let poll = &mut self.me().poll;
        poll.watched = watched;
        poll.ready = ready;
        poll.released = false;
        // The step remembers the window in which its thread looked.
        poll.mark = from;
        self.now.polling += 1;
        true
    }

    /// What the thread looked at in these steps.
    pub(crate) fn watch(&self, thread: u16, from: u32, to: u32, watched: &mut Vec<Watch>) {
        for i in from..to {
            let event = self.events.get(i as usize);
            if event.thread != thread {
                continue;
            }
            let busy = event.is_failed_try();
            event.footprint.each_access(|obj, _| {
                watched.retain(|watch| watch.obj != obj);
                watched.push(Watch { obj, seen: i, busy });
            });
        }
    }

    /// Is step `i` a change of something watched?
    pub(crate) fn changes(&self, i: u32, thread: u16, watched: &[Watch]) -> bool {
        let event = self.events.get(i as usize);
        event.thread != thread
            && watched.iter().any(|watch| {
                let released = matches!(
                    event.op,
                    Op::Unlock(_) | Op::Wait { .. } | Op::ReadUnlock(_) | Op::WriteUnlock(_)
                );
                i > watch.seen
                    && event.footprint.touches(watch.obj)
                    && (event.changed || (watch.busy && released))
            })
    }

    /// Lets threads go that yield until something changes, if step `index` is that.
    #[cold]
    pub(super) fn wake_pollers(&mut self, index: usize) {
        for id in self.ids() {
            if self.polls(id) && !self.thread(id).poll.ready {
                let ready = self.changes(index as u32, id, &self.thread(id).poll.watched);
                self.threads[usize::from(id)].poll.ready = ready;
            }
        }
    }

    pub(crate) fn polls(&self, id: u16) -> bool {
        let thread = self.thread(id);
        thread.status == Status::Pending && thread.pending.op == Op::Yield
    }

    /// Takes the step of a yield.
    pub(super) fn poll(&mut self) -> (Footprint, Detail) {
        self.now.polling -= 1;
        let now = self.events.taken() as u32;
        let poll = &mut self.me().poll;
        let from = std::mem::replace(&mut poll.mark, now + 1);
        let footprint = match poll.watched[..] {
            _ if !poll.ready => Footprint::NOTHING,
            [one] => Footprint::read(one.obj),
            _ => Footprint::EVERYTHING,
        };
        (footprint, Detail::Poll { from })
    }

    /// When nothing is enabled: lets every thread go that yields. False if none does, or if
    /// that has led nowhere for long.
    pub(crate) fn let_pollers_go(&mut self) -> bool {
        if self.now.polling == 0 {
            return false;
        }
        self.now.idle += 1;
        if self.now.idle > self.limits.patience {
            self.fail(FailureKind::Livelock, "nothing changes any more".to_owned());
            return false;
        }
        for id in self.ids() {
            if self.polls(id) {
                self.threads[usize::from(id)].poll.released = true;
            }
        }
        true
    }
}
