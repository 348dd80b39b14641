//! What each step does to its objects.

use std::sync::atomic::Ordering;

use super::datarace;
use super::event::{Detail, Event};
use super::footprint::Footprint;
use super::machine::{NOT_SEEN, Outcome};
use super::memory::Memory;
use super::op::Op;
use super::owners::{Count, Counted, LOOKED, Matter, Turn};
use super::rwlock::{BEHIND, arrivals};
use super::spurious::FOR_NO_REASON;
use super::state::Kernel;
use super::thread::NOBODY;

/// An atomic's step, whose value its thread holds.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    pub(crate) op: Op,
    pub(crate) object: u32,
    pub(crate) written: bool,
    /// Whether it counts as a write: it is one, or failed for no reason.
    pub(crate) as_write: bool,
    /// Whether the value is another now.
    pub(crate) changed: bool,
    /// The value that a compare-and-swap expects.
    pub(crate) expected: u64,
    /// The value before.
    pub(crate) old: u64,
    pub(crate) order: Ordering,
    /// Whether the value is an address, which is another in every run.
    pub(crate) pointer: bool,
}

/// What a step touches, what comes of it, and what its thread is told.
struct Effect {
    footprint: Footprint,
    detail: Detail,
    result: u32,
}

impl Effect {
    #[inline(always)]
    fn of(footprint: Footprint, result: u32) -> Self {
        Effect { footprint, detail: Detail::None, result }
    }
}

impl Kernel {
    /// Takes the chosen step of the running thread, unless it is an atomic's: see [`Kernel::access`].
    /// Returns what comes of it for the thread.
    #[inline]
    pub(crate) fn execute(&mut self) -> u32 {
        let op = self.me().pending.op;
        // Each arm adds its own event, so that the most frequent ones are made in their place.
        match op {
            Op::Lock(mutex) | Op::Relock(mutex) => {
                let Effect { footprint, result, .. } = self.lock(mutex);
                self.add_step(op, footprint, Detail::None, false);
                result
            }
            Op::Unlock(mutex) => {
                let changed = self.me().poll.has_effect();
                let Effect { footprint, result, .. } = self.unlock(mutex, Footprint::write(mutex));
                self.add_step(op, footprint, Detail::None, changed);
                result
            }
            Op::ReadLock(lock) if self.alt == BEHIND => self.execute_other(Op::GiveWay(lock)),
            Op::ReadBehind(lock) => self.execute_other(Op::ReadLock(lock)),
            _ => self.execute_other(op),
        }
    }

    #[inline(never)]
    fn execute_other(&mut self, op: Op) -> u32 {
        let changed = self.is_change(op, self.alt);
        let Effect { footprint, detail, result } = self.other_effect(op);
        self.add_step(op, footprint, detail, changed);
        if let Some(object) = self.ordered_weakly(op, result) {
            self.note_weak(object);
        }
        result
    }

    /// The object of a step whose place among the others orders no memory, though its thread may find it out: as a weak
    /// step of an atomic it may come out otherwise under a weaker memory model.
    fn ordered_weakly(&self, op: Op, result: u32) -> Option<u32> {
        let weak = match op {
            Op::TryLock(_) | Op::TryRead(_) | Op::TryWrite(_) | Op::ParkTimeout { .. } => {
                result == 0
            }
            Op::IsFinished { .. } | Op::IsPoisoned { .. } => true,
            Op::ClearPoison { lock, .. } => !self.objects[lock as usize].is_held_by(self.current),
            Op::NotifyOne(condvar) | Op::NotifyAll(condvar) => !self.notifies_under(condvar),
            Op::Wait { condvar, mutex } => self.objects[condvar as usize].mutex != Some(mutex),
            Op::Act { object, act } => self.act_is_weak(object, act, result),
            _ => false,
        };
        let object = match op {
            Op::ParkTimeout { token } => Some(token),
            Op::IsFinished { end, .. } => Some(end),
            _ => op.object(),
        };
        object.filter(|_| weak)
    }

    /// Does the running thread hold the mutex of those that wait?
    fn notifies_under(&self, condvar: u32) -> bool {
        let mutex = self.objects[condvar as usize].mutex;
        mutex.is_some_and(|mutex| self.objects[mutex as usize].is_held_by(self.current))
    }

    /// Before any thread has waited, the mutex is taken to be the lock that the one that notifies holds.
    fn presume_mutex(&mut self, condvar: u32) {
        if self.objects[condvar as usize].mutex.is_none() {
            let held = self.held_by(self.current).next();
            self.objects[condvar as usize].mutex = held;
        }
    }

    /// Adds a step of the running thread.
    #[inline(always)]
    fn add_step(&mut self, op: Op, footprint: Footprint, detail: Detail, changed: bool) {
        let (thread, alt) = (self.current, self.alt);
        let generation = self.me().poll.generation(footprint);
        self.add(Event { thread, alt, op, footprint, detail, changed, generation });
        if self.limits.polls {
            self.see(true);
        }
    }

    fn other_effect(&mut self, op: Op) -> Effect {
        match op {
            Op::Lock(lock) | Op::Relock(lock) | Op::TryLock(lock) => self.try_lock(lock),
            Op::Unlock(lock) | Op::WriteUnlock(lock) => self.unlock(lock, Footprint::write(lock)),
            Op::ReadLock(lock) => self.read_lock(lock),
            Op::TryRead(lock) => self.try_read(lock),
            Op::GiveWay(lock) => {
                self.give_way(lock);
                Effect::of(Footprint::EVERYTHING, 0)
            }
            Op::Arrive(lock) => Effect::of(Footprint::read(arrivals(lock)), 0),
            Op::Downgrade(lock) => {
                let unlocked = self.unlock(lock, Footprint::write(lock));
                self.objects[lock as usize].threads.push(self.current);
                unlocked
            }
            Op::ReadUnlock(lock) => self.read_unlock(lock),
            Op::WriteLock(lock) | Op::TryWrite(lock) => self.write_lock(lock),
            Op::Wait { condvar, mutex } => self.wait(condvar, mutex),
            Op::Wake(condvar) => self.wake(condvar),
            Op::NotifyOne(condvar) => self.notify_one(condvar),
            Op::NotifyAll(condvar) => self.notify_all(condvar),
            Op::Park { token } | Op::ParkTimeout { token } => self.take_token(token),
            Op::Unpark { token, .. } => self.give_token(token),
            Op::BeginPark { token } => self.begin_park(token),
            Op::Choose(_) => Effect::of(self.own_footprint(self.current), u32::from(self.alt)),
            Op::Touch { .. } => Effect::of(self.own_footprint(self.current), 0),
            Op::Compare => {
                self.choose_answer();
                Effect::of(self.own_footprint(self.current), 0)
            }
            Op::StopDaemons => {
                self.stop_daemons();
                Effect::of(Footprint::EVERYTHING, 0)
            }
            Op::Kill(process) => {
                self.kill(process);
                Effect::of(Footprint::EVERYTHING, 0)
            }
            Op::End { end } => {
                self.me().finished = true;
                Effect::of(Footprint::write(end), 0)
            }
            Op::IsFinished { end, thread } => {
                let ended = self.thread(thread).finished && self.alt != NOT_SEEN;
                Effect::of(Footprint::read(end), u32::from(ended))
            }
            Op::Poison { poison, .. } | Op::ClearPoison { poison, .. } => {
                self.objects[poison as usize].there = matches!(op, Op::Poison { .. });
                Effect::of(Footprint::write(poison), 0)
            }
            Op::IsPoisoned { poison, .. } | Op::SeePoison { poison } => {
                let last = self.objects[poison as usize].there;
                let found = self.alt.checked_sub(1).map_or(last, |found| found == 1);
                Effect::of(Footprint::read(poison), u32::from(found))
            }
            Op::Count { arc, how } => self.count_by_step(arc, how),
            Op::Yield => {
                let (footprint, detail) = self.poll();
                Effect { footprint, detail, result: 0 }
            }
            Op::Act { object, act } => {
                let Outcome { footprint, result, .. } = self.act(object, act);
                Effect { footprint, detail: Detail::Act { result }, result }
            }
            Op::Asleep { .. }
            | Op::ReadBehind(_)
            | Op::Join(_)
            | Op::JoinClosure(_)
            | Op::Load(_)
            | Op::Store(_)
            | Op::Rmw(_)
            | Op::CompareExchange(_)
            | Op::WeakExchange(_) => {
                unreachable!("{op:?} is done elsewhere")
            }
        }
    }

    /// Notes the step of an atomic that the running thread has taken.
    #[inline(always)]
    pub(crate) fn access(&mut self, access: &Access) {
        let Access { op, object, written, as_write, changed, expected, old, order, pointer } =
            *access;
        let (thread, reads) = (self.current, !matches!(op, Op::Store(_)));
        if order != Ordering::SeqCst && !self.weaker_orders {
            self.weaker_orders = !self.is_alone();
        }
        if self.limits.plain {
            self.atomic_beside_plain(object, reads, written, order);
        } else {
            self.races.atomic(usize::from(thread), object, reads, written, order);
        }
        let footprint = if as_write { Footprint::write(object) } else { Footprint::read(object) };
        let detail = Detail::Atomic { old, expected };
        let generation = self.me().poll.generation(footprint);
        self.add(Event { thread, alt: self.alt, op, footprint, detail, changed, generation });
        if self.limits.polls {
            self.see(!pointer);
        }
    }

    /// Notes the step of an atomic that some thread may access plainly.
    #[cold]
    fn atomic_beside_plain(&mut self, object: u32, reads: bool, written: bool, order: Ordering) {
        let later = datarace::Access::now(self, written, self.thread(self.current).pending.at);
        if let Some(race) = self.races.atomic_beside_plain(object, reads, order, later) {
            let (kind, message) = self.conflict(object, race);
            self.fail(kind, message);
        }
    }

    /// Does the step leave something other than it was, for a thread that looks? A lock is
    /// given back changed if its holder has changed anything since it last yielded.
    fn is_change(&mut self, op: Op, alt: u16) -> bool {
        match op {
            Op::Unlock(_) | Op::WriteUnlock(_) | Op::Downgrade(_) | Op::Wait { .. } => {
                self.me().poll.has_effect()
            }
            Op::NotifyOne(_) => alt != NOBODY,
            Op::Act { object, act } => {
                let outcome = self.outcome(self.current, object, act);
                outcome.is_some_and(|outcome| outcome.changed)
            }
            Op::NotifyAll(_)
            | Op::Unpark { .. }
            | Op::Choose(_)
            | Op::End { .. }
            | Op::Poison { .. }
            | Op::ClearPoison { .. } => true,
            Op::Count { how, .. } => how.changes(),
            _ => false,
        }
    }

    #[inline(always)]
    fn lock(&mut self, mutex: u32) -> Effect {
        let me = self.current;
        self.objects[mutex as usize].owner = me;
        self.races.acquire(usize::from(me), mutex, false);
        Effect::of(Footprint::write(mutex), 1)
    }

    fn try_lock(&mut self, mutex: u32) -> Effect {
        let taken = self.objects[mutex as usize].owner == NOBODY && self.alt != NOT_SEEN;
        let detail = Detail::Try { taken, writer: !taken };
        if taken {
            return Effect { detail, ..self.lock(mutex) };
        }
        Effect { footprint: Footprint::read(mutex), detail, result: 0 }
    }

    /// Ends an exclusive hold of a lock.
    #[inline(always)]
    fn unlock(&mut self, lock: u32, footprint: Footprint) -> Effect {
        self.objects[lock as usize].owner = NOBODY;
        self.races.release(usize::from(self.current), lock, false);
        Effect::of(footprint, 1)
    }

    fn read_lock(&mut self, lock: u32) -> Effect {
        let me = self.current;
        let object = &mut self.objects[lock as usize];
        let taken = object.owner == NOBODY;
        if taken {
            object.threads.push(me);
            self.races.acquire(usize::from(me), lock, false);
        }
        let detail = Detail::Try { taken, writer: !taken };
        Effect { footprint: Footprint::read(lock), detail, result: u32::from(taken) }
    }

    fn try_read(&mut self, lock: u32) -> Effect {
        let tried = if self.alt == BEHIND {
            let detail = Detail::Try { taken: false, writer: false };
            Effect { detail, ..Effect::of(Footprint::read(lock), 0) }
        } else {
            self.read_lock(lock)
        };
        Effect { footprint: self.try_footprint(lock), ..tried }
    }

    fn read_unlock(&mut self, lock: u32) -> Effect {
        let me = self.current;
        self.objects[lock as usize].remove_reader(me);
        self.races.release(usize::from(me), lock, true);
        Effect::of(Footprint::read(lock), 1)
    }

    fn write_lock(&mut self, lock: u32) -> Effect {
        let me = self.current;
        let object = &mut self.objects[lock as usize];
        let writer = object.owner != NOBODY;
        let taken = !writer && object.threads.is_empty() && self.alt != NOT_SEEN;
        if taken {
            object.owner = me;
            self.races.acquire(usize::from(me), lock, true);
        }
        let detail = Detail::Try { taken, writer };
        Effect { footprint: Footprint::write(lock), detail, result: u32::from(taken) }
    }

    fn wait(&mut self, condvar: u32, mutex: u32) -> Effect {
        let (me, spurious) = (self.current, self.alt == FOR_NO_REASON);
        self.me().notified = 0;
        self.objects[condvar as usize].mutex.get_or_insert(mutex);
        if spurious {
            self.note_spurious(me, condvar, true);
        } else if !self.limits.spurious && !self.objects[condvar as usize].reasons {
            self.presumes_reasons = true;
        }
        if !spurious {
            self.objects[condvar as usize].threads.push(me);
        }
        let unlocked = self.unlock(mutex, Footprint::write_and_read(mutex, condvar));
        Effect { result: u32::from(spurious), ..unlocked }
    }

    fn wake(&mut self, condvar: u32) -> Effect {
        let me = self.current;
        let by = self.me().notified.checked_sub(1);
        let footprint = if by.is_some() {
            self.note_spurious(me, condvar, false);
            self.own_footprint(me)
        } else {
            self.objects[condvar as usize].threads.retain(|waiter| *waiter != me);
            Footprint::read(condvar)
        };
        Effect { footprint, detail: Detail::Wake { by }, result: u32::from(by.is_some()) }
    }

    fn notify_one(&mut self, condvar: u32) -> Effect {
        self.presume_mutex(condvar);
        let wanted = self.alt;
        self.woken.clear();
        let waiters = &mut self.objects[condvar as usize].threads;
        match waiters.iter().position(|waiter| *waiter == wanted) {
            Some(at) => {
                waiters.remove(at);
                self.notify(wanted);
            }
            None if wanted == NOBODY && waiters.is_empty() => {}
            None => self.diverged("another thread is there to be notified".to_owned()),
        }
        Effect::of(Footprint::write(condvar), 0)
    }

    fn notify_all(&mut self, condvar: u32) -> Effect {
        self.presume_mutex(condvar);
        self.woken.clear();
        let mut waiters = std::mem::take(&mut self.objects[condvar as usize].threads);
        let count = waiters.len();
        waiters.drain(..).for_each(|waiter| self.notify(waiter));
        self.objects[condvar as usize].threads = waiters;
        Effect::of(Footprint::write(condvar), count as u32)
    }

    /// Ends a thread's wait, by the step that is being taken.
    fn notify(&mut self, waiter: u16) {
        // Plain memory is not ordered by it: the mutex does that, if its holder notifies.
        let index = self.events.taken() as u32;
        let thread = &mut self.threads[usize::from(waiter)];
        if let Op::Asleep { mutex, condvar } = thread.pending.op {
            thread.pending.op = Op::Relock(mutex);
            self.woken.push(waiter);
            self.note_spurious(waiter, condvar, false);
        } else {
            // A timed wait: notified if its waking comes after this.
            thread.notified = index + 1;
        }
    }

    fn count_by_step(&mut self, arc: u32, how: Count) -> Effect {
        if self.limits.memory != Memory::Sequential {
            let there = self.objects[arc as usize].count;
            let Counted { footprint, before: (owners, weaks), more, succeeded } =
                self.count_weakly(arc, how);
            let outdated = owners != there;
            let detail = Detail::Count { owners, weaks, more, succeeded, outdated };
            let looks = how.looks(u64::from(owners));
            let result = if looks { owners + LOOKED } else { u32::from(succeeded) };
            return Effect { footprint, detail, result };
        }
        let counted = self.objects[arc as usize].matter > Matter::Nothing;
        if counted && self.alt != self.count_alternative(self.current, arc, how) {
            self.diverged("another owner is the last".to_owned());
        }
        self.me().free_counts = 0;
        let turn = Turn::of(self.alt).or(Some(Turn::default()));
        let Counted { footprint, before, more, succeeded } = self.count(arc, how, turn);
        let (owners, weaks) = before;
        let detail = Detail::Count { owners, weaks, more, succeeded, outdated: false };
        Effect { footprint, detail, result: u32::from(succeeded) }
    }

    fn begin_park(&mut self, token: u32) -> Effect {
        let spurious = self.alt == FOR_NO_REASON;
        if spurious {
            self.note_spurious(self.current, token, true);
        }
        Effect::of(self.own_footprint(self.current), u32::from(spurious))
    }

    fn give_token(&mut self, token: u32) -> Effect {
        self.races.release(usize::from(self.current), token, false);
        self.objects[token as usize].there = true;
        Effect::of(Footprint::read(token), 0)
    }

    fn take_token(&mut self, token: u32) -> Effect {
        let there = std::mem::take(&mut self.objects[token as usize].there);
        if there {
            self.races.acquire(usize::from(self.current), token, false);
            self.note_spurious(self.current, token, false);
        }
        let (footprint, detail) = (Footprint::write(token), Detail::Token(there));
        Effect { footprint, detail, result: u32::from(there) }
    }
}
