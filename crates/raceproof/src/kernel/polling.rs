//! Yields, and loops that wait by looking.
//!
//! A loop that looks, yields and looks again may do so for ever, and each round would be another
//! trace. So a yield is a step only if its thread *waits* by it: if the loop does not end by
//! itself. Otherwise it is free, and the loop is explored as any other code.
//!
//! Does the loop end by itself? It is [tried](super::trials).
//!
//! **The step.** It is enabled once another thread has changed something that this one has
//! looked at since it was last at that place. It reads all of that, so it depends on the changes
//! that enable it. Timed waits, timed parks and sleeps in a loop are yields in this sense.
//!
//! **Loops that wait for each other.** A round may change something, the state of a lock say, that
//! another loop looks at, whose round changes something that the first looks at. A round's
//! changes have a *generation*, one more than those that it was let go by; from [`GENERATIONS`] on
//! they let no loop go, which a proof then [assumes](Assumption::ShortExchanges) to be enough. It is 0 again once the thread touches what it did not look at before, or
//! yields elsewhere.
//!
//! **Rest.** When nothing else is enabled, every yield is let go: see [`Kernel::let_pollers_go`]. It
//! happens after everything so far. If nothing else happens for many such rounds, nothing ever
//! will: a livelock. If the same happens again, a fair scheduler may end it: see [`repeats`](super::repeats).
//!
//! So a proof may assume that a loop goes on to wait which has found nothing so many times in a
//! row, and that the number of its fruitless rounds decides nothing: where it may, because [rounds can be
//! counted](super::rounds), there is no proof. That a loop which waits by
//! looking is to be taken for blocked is from GenMC ("spin-assume"); that an explorer must be
//! fair, from Musuvathi and Qadeer, "Fair Stateless Model Checking", PLDI 2008.

use std::panic::Location;

use super::assumption::Assumption;
use super::event::Detail;
use super::fault::FailureKind;
use super::footprint::Footprint;
use super::object::Kind;
use super::op::{Op, Pending};
use super::state::Kernel;
use super::thread::{NOBODY, Status};
use super::time::LENGTH;
use super::trials::Yields;

/// How many loops may let each other go in a row.
const GENERATIONS: u8 = 8;

/// Says in a schedule that a step is a yield. (A choice has fewer alternatives.)
pub(crate) const YIELD: u16 = NOBODY - 1;

/// Says at the end of a schedule that nothing changes any more: so many threads, told in the place of one, wait for ever by the
/// yields before it.
pub(crate) const STANDS: u16 = NOBODY - 4;

/// The first alternative in a schedule of a yield that comes after others of its thread which were no steps, with no step
/// of the thread in between: this one after one of them.
pub(crate) const PASSED: u16 = LENGTH - MOST_PASSED;

/// How many of them a schedule tells apart.
const MOST_PASSED: u16 = 1 << 12;

/// How a schedule tells a yield after so many others.
pub(crate) fn passing(others: u16) -> u16 {
    others.checked_sub(1).map_or(YIELD, |more| PASSED + more.min(MOST_PASSED - 1))
}

/// After how many others a yield comes, if this is one in a schedule.
pub(crate) fn passed(alternative: u16) -> Option<u16> {
    match alternative {
        YIELD => Some(0),
        PASSED..LENGTH => Some(alternative - PASSED + 1),
        _ => None,
    }
}

/// Something that a thread looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    obj: u32,
    /// The first step of which it could not see the change; 0 if it has not looked yet.
    after: u32,
    /// It was found locked: any release counts as a change.
    busy: bool,
}

impl Watch {
    pub(super) fn obj(self) -> u32 {
        self.obj
    }
}

/// A round of a loop that waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Round {
    /// Its first step.
    from: u32,
    /// The loop, by its number.
    of: u32,
    /// How many yields before the one that ends it were no steps, since its thread's last step.
    passed: u16,
}

/// A place where a thread has yielded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) place: &'static Location<'static>,
    /// How many steps the execution had then.
    pub(super) mark: u32,
}

/// What a thread has done since it began to poll.
#[derive(Default)]
pub(crate) struct Poll {
    /// The places where it has yielded, each once, with its last visit.
    visits: Vec<Visit>,
    /// How many yields were no steps since the thread's last step, and how many steps the execution had then.
    passed: (u16, u32),
    /// Whether it has changed something since its last yield, by other means than a step.
    effect: bool,
    /// What it waits for: see [`Watch`].
    watched: Vec<Watch>,
    /// The round that its pending yield ends.
    round: Round,
    /// Something watched has changed.
    ready: bool,
    /// Nothing else was enabled.
    released: bool,
    /// The generation of its changes; 0: it does not poll.
    generation: u8,
}

impl Round {
    /// Its first step.
    pub(super) fn from(self) -> u32 {
        self.from
    }

    /// The loop, by its number.
    pub(super) fn of(self) -> usize {
        self.of as usize
    }

    /// How a schedule tells the yield that ends it.
    pub(crate) fn alternative(self) -> u16 {
        passing(self.passed)
    }
}

impl Poll {
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.visits.clear();
        self.effect = false;
        self.generation = 0;
    }

    /// The round that its last yield ended.
    pub(crate) fn round(&self) -> Round {
        self.round
    }

    /// How a schedule tells a yield that comes now.
    pub(super) fn alternative(&self) -> u16 {
        passing(self.passed.0)
    }

    /// Where the thread has yielded last, if it has since so many steps of the execution.
    pub(crate) fn paused_since(&self, steps: usize) -> Option<&'static Location<'static>> {
        let last = self.visits.iter().max_by_key(|visit| visit.mark)?;
        (last.mark as usize >= steps).then_some(last.place)
    }

    #[inline]
    pub(crate) fn note_effect(&mut self) {
        self.effect = true;
    }

    #[inline]
    pub(crate) fn enabled(&self) -> bool {
        self.ready || self.released
    }

    /// Has the thread changed something since this was asked, by other means than a step?
    pub(crate) fn take_effect(&mut self) -> bool {
        std::mem::take(&mut self.effect)
    }

    /// What it waits for a change of.
    pub(crate) fn watched_objects(&self) -> impl Iterator<Item = u32> {
        self.watched.iter().map(|watch| watch.obj)
    }

    /// Has the thread changed something since its last yield?
    #[inline]
    pub(crate) fn has_effect(&self) -> bool {
        self.effect
    }

    /// The generation of a step's changes.
    #[inline(always)]
    pub(super) fn generation(&mut self, footprint: Footprint) -> u8 {
        if self.generation > 0 {
            self.leave_elsewhere(footprint);
        }
        self.generation
    }

    /// It polls no more if it touches something that it did not look at.
    #[cold]
    #[inline(never)]
    fn leave_elsewhere(&mut self, footprint: Footprint) {
        let watched = &self.watched;
        let mut elsewhere = false;
        footprint.each_access(|obj, _| {
            elsewhere |= !watched.iter().any(|watch| watch.obj == obj);
        });
        if elsewhere {
            self.generation = 0;
        }
    }
}

impl Kernel {
    /// Is the yield of the running thread here a step, by which it waits for a change? `callers` tells
    /// the calls that the thread is in.
    pub(crate) fn begin_yield(
        &mut self,
        at: &'static Location<'static>,
        callers: &dyn Fn() -> u64,
    ) -> bool {
        let (me, now) = (self.current, self.events.taken() as u32);
        let visit = Visit { place: at, mark: now };
        let thread = &mut self.threads[usize::from(me)];
        thread.seen.mix(std::ptr::from_ref(at).addr() as u64);
        let (seen, poll) = (thread.seen, &mut thread.poll);
        poll.effect = false;
        let Some(before) = poll.visits.iter_mut().find(|before| before.place == at) else {
            poll.visits.push(visit);
            poll.generation = 0;
            return false;
        };
        let from = std::mem::replace(&mut before.mark, now);
        if poll.passed.1 != now {
            poll.passed = (0, now);
        }
        if !self.limits.polls {
            // Only now it matters what threads see.
            self.limits.polls = true;
            self.begin_again();
        }
        if !self.now.ending
            && let Some(of) = self.waits_by(me, seen, visit, callers)
        {
            let passed = self.me().poll.passed.0;
            self.watch_from(me, Round { from, of, passed }, now);
            return true;
        }
        let passed = &mut self.me().poll.passed.0;
        *passed = passed.saturating_add(1);
        // A thread that only yields would never come to an operation.
        self.now.ending
    }

    /// What the thread looked at in a round, and in others of its loop, becomes what it waits for.
    fn watch_from(&mut self, me: u16, round: Round, now: u32) {
        let mut watched = std::mem::take(&mut self.me().poll.watched);
        watched.clear();
        self.watch(me, round, now, &mut watched);
        let first = watched.iter().map(|watch| watch.after).min().unwrap_or(now);
        let changes = (first..now).filter(|i| self.changes(*i, me, &watched));
        let generation = changes.map(|i| self.events.get(i as usize).generation).max();
        let poll = &mut self.me().poll;
        poll.watched = watched;
        poll.ready = generation.is_some();
        poll.generation = generation.map_or(1, |generation| generation + 1);
        poll.released = false;
        poll.round = round;
        self.now.polling += 1;
    }

    /// What a thread waits for after a round that ends before step `to`.
    pub(crate) fn watch(&self, thread: u16, round: Round, to: u32, watched: &mut Vec<Watch>) {
        self.watch_steps(thread, round.from, to, watched);
        let Yields::Tried(tried) = &self.yields else {
            return;
        };
        let others = tried.looked_at.get(round.of()).into_iter().flatten();
        for obj in others {
            if watched.iter().any(|watch| watch.obj == *obj) {
                continue;
            }
            let looks = |i: &u32| {
                let event = self.events.get(*i as usize);
                event.thread == thread && event.op != Op::Yield && event.footprint.touches(*obj)
            };
            let last = (0..round.from).rev().find(looks);
            watched.push(Watch { obj: *obj, after: last.map_or(0, |last| last + 1), busy: false });
        }
    }

    /// What a thread looked at in these steps.
    pub(super) fn watch_steps(&self, thread: u16, from: u32, to: u32, watched: &mut Vec<Watch>) {
        for i in from..to {
            let event = self.events.get(i as usize);
            if event.thread != thread || event.op == Op::Yield {
                continue;
            }
            let busy = event.is_failed_try();
            event.footprint.each_access(|obj, _| {
                watched.retain(|watch| watch.obj != obj);
                watched.push(Watch { obj, after: i + 1, busy });
            });
        }
    }

    /// Is step `i` a change of something watched, by another thread?
    pub(crate) fn changes(&self, i: u32, thread: u16, watched: &[Watch]) -> bool {
        let event = self.events.get(i as usize);
        event.thread != thread
            && event.generation < GENERATIONS
            && watched.iter().any(|watch| {
                let released = matches!(
                    event.op,
                    Op::Unlock(_)
                        | Op::Wait { .. }
                        | Op::ReadUnlock(_)
                        | Op::WriteUnlock(_)
                        | Op::Downgrade(_)
                );
                i >= watch.after
                    && event.footprint.touches(watch.obj)
                    && (event.changed || (watch.busy && released))
            })
    }

    /// Lets threads go that wait for step `index`.
    #[cold]
    #[inline(never)]
    pub(super) fn wake_pollers(&mut self, index: usize) {
        let generation = self.events.get(index).generation;
        for nth in 0..self.alive.len() {
            let id = self.alive[nth];
            if self.polls(id) && self.changes(index as u32, id, &self.thread(id).poll.watched) {
                let poll = &mut self.threads[usize::from(id)].poll;
                poll.generation =
                    if poll.ready { poll.generation.max(generation + 1) } else { generation + 1 };
                poll.ready = true;
            }
        }
    }

    /// Has the thread announced a yield by which it waits?
    pub(crate) fn polls(&self, id: u16) -> bool {
        let thread = self.thread(id);
        thread.status == Status::Pending && thread.pending.op == Op::Yield
    }

    /// Notes which threads poll in a livelock, before they are torn down.
    pub(crate) fn note_pollers(&mut self) {
        self.now.polled_last = self.alive().filter(|id| self.polls(*id)).collect();
    }

    /// Takes the step of a yield.
    pub(super) fn poll(&mut self) -> (Footprint, Detail) {
        self.now.polling -= 1;
        let poll = &self.thread(self.current).poll;
        let footprint = match poll.watched[..] {
            _ if !poll.ready => Footprint::NOTHING,
            // Readers that leave a lock do so in any order, but not in any order with this.
            // So with owners.
            [one] if one.busy || self.is_counted_object(one.obj) => Footprint::write(one.obj),
            [one] => Footprint::read(one.obj),
            _ => Footprint::EVERYTHING,
        };
        (footprint, Detail::Poll(poll.round))
    }

    fn is_counted_object(&self, object: u32) -> bool {
        matches!(self.objects[object as usize].kind, Kind::Owners | Kind::Weaks)
    }

    /// When nothing is enabled: lets every thread go that polls. False if none does, or if
    /// that has led nowhere for long.
    pub(crate) fn let_pollers_go(&mut self) -> bool {
        if self.now.polling == 0 {
            return false;
        }
        let explores = matches!(self.yields, Yields::Tried(_));
        let hopes = |id| self.polls(id) && self.hopes(id, self.thread(id).poll.round.from);
        if explores && self.ids().any(hopes) {
            (self.now.stutters, self.now.ending) = (true, true);
            return false;
        }
        if explores && self.limits.repeats && self.repeats_itself() {
            (self.now.repeats, self.now.stutters, self.now.ending) = (true, true, true);
            return false;
        }
        self.now.idle += 1;
        if self.now.idle > self.limits.patience {
            self.stands_still();
            return false;
        }
        for nth in 0..self.alive.len() {
            let id = self.alive[nth];
            self.let_go(id);
        }
        true
    }

    /// Nothing changes any more: a livelock.
    pub(crate) fn stands_still(&mut self) {
        self.fail(FailureKind::Livelock, "nothing changes any more".to_owned());
    }

    /// Lets a thread go if it polls. It may always do another round.
    pub(crate) fn let_go(&mut self, id: u16) {
        if self.polls(id) {
            let poll = &mut self.threads[usize::from(id)].poll;
            poll.released = true;
            poll.generation = if poll.ready { poll.generation } else { 1 };
        }
    }

    /// Lets this thread go, or all that poll if nothing else is enabled. Returns whether it may
    /// take its step now.
    pub(crate) fn may_be_let_go(&mut self, id: u16) -> bool {
        if self.is_quiet() {
            self.let_pollers_go();
        } else if usize::from(id) < self.threads.len() {
            self.let_go(id);
        }
        self.ready(id)
    }

    /// A thread waits for ever at this place, where it yields after each look at these objects.
    pub(crate) fn polls_for_ever(
        &mut self,
        thread: u16,
        at: &'static Location<'static>,
        objects: impl Iterator<Item = u32>,
    ) {
        let thread = &mut self.threads[usize::from(thread)];
        thread.pending = Pending { op: Op::Yield, at };
        thread.poll.watched.clear();
        thread.poll.watched.extend(objects.map(|obj| Watch { obj, after: 0, busy: false }));
    }

    /// A change of this generation was made.
    #[inline(always)]
    pub(super) fn note_generation(&mut self, generation: u8) {
        if generation >= GENERATIONS
            && let Yields::Tried(tried) = &mut self.yields
        {
            tried.is_long = true;
        }
    }

    /// What a proof assumes because some changes let no loop go, if there were any.
    pub(crate) fn assumes_short_exchanges(&self) -> Option<Assumption> {
        let is_long = matches!(&self.yields, Yields::Tried(tried) if tried.is_long);
        is_long.then_some(Assumption::ShortExchanges { rounds: u32::from(GENERATIONS) })
    }
}
