//! Which steps may be taken, and which alternatives they have.

use super::footprint::Footprint;
use super::op::Op;
use super::polling::YIELD;
use super::rwlock::{ARRIVE, BEHIND, Refusal};
use super::spurious::{FOR_NO_REASON, WAITS};
use super::state::Kernel;
use super::thread::{NOBODY, Status};

impl Kernel {
    /// May this thread take its announced step now?
    #[inline(always)]
    pub(crate) fn enabled(&self, id: u16) -> bool {
        let thread = &self.threads[usize::from(id)];
        thread.status == Status::Pending && self.may_take(id, thread.pending.op)
    }

    #[inline(always)]
    fn may_take(&self, id: u16, op: Op) -> bool {
        match op {
            Op::Lock(lock) | Op::Relock(lock) | Op::ReadLock(lock) => {
                self.objects[lock as usize].owner == NOBODY
            }
            Op::WriteLock(lock) => {
                let lock = &self.objects[lock as usize];
                lock.owner == NOBODY && lock.threads.is_empty()
            }
            Op::ReadBehind(lock) => {
                self.objects[lock as usize].owner == NOBODY && !self.passes_a_writer(id, lock)
            }
            Op::Asleep { .. } | Op::Join(_) | Op::JoinClosure(_) => false,
            Op::Touch { .. } => self.now.held.is_none(),
            Op::Park { token } => self.objects[token as usize].there,
            Op::Yield => self.threads[usize::from(id)].poll.enabled(),
            Op::StopDaemons => self.may_stop_daemons(id),
            Op::Act { object, act } => self.outcome(id, object, act).is_some(),
            Op::Unlock(_)
            | Op::TryLock(_)
            | Op::GiveWay(_)
            | Op::Arrive(_)
            | Op::Downgrade(_)
            | Op::ReadUnlock(_)
            | Op::WriteUnlock(_)
            | Op::TryRead(_)
            | Op::TryWrite(_)
            | Op::Wait { .. }
            | Op::Wake(_)
            | Op::NotifyOne(_)
            | Op::NotifyAll(_)
            | Op::Load(_)
            | Op::Store(_)
            | Op::Rmw(_)
            | Op::CompareExchange(_)
            | Op::WeakExchange(_)
            | Op::BeginPark { .. }
            | Op::ParkTimeout { .. }
            | Op::Unpark { .. }
            | Op::Choose(_)
            | Op::Compare
            | Op::End { .. }
            | Op::IsFinished { .. }
            | Op::Poison { .. }
            | Op::IsPoisoned { .. }
            | Op::SeePoison { .. }
            | Op::ClearPoison { .. }
            | Op::Count { .. }
            | Op::Kill(_) => true,
        }
    }

    /// Is there such a thread, and may it take its announced step?
    #[inline]
    pub(crate) fn ready(&self, thread: u16) -> bool {
        usize::from(thread) < self.threads.len() && self.enabled(thread)
    }

    /// May no thread take its announced step?
    pub(crate) fn is_quiet(&self) -> bool {
        !self.alive().any(|thread| self.enabled(thread))
    }

    /// Has the thread announced that it stops others, the daemons or a process?
    #[inline]
    pub(crate) fn stops_others(&self, thread: u16) -> bool {
        self.threads[usize::from(thread)].pending.op.stops_others()
    }

    /// The first of the alternatives that a thread's announced step has.
    #[inline]
    pub(crate) fn first_alternative(&self, thread: u16) -> u16 {
        match self.threads[usize::from(thread)].pending.op {
            Op::NotifyOne(condvar) => {
                self.objects[condvar as usize].threads.first().copied().unwrap_or(NOBODY)
            }
            Op::TryRead(lock) if self.refusal(thread, lock) == Refusal::Again => BEHIND,
            Op::Arrive(_) => ARRIVE,
            Op::Count { arc, how } => self.count_alternative(thread, arc, how),
            Op::Yield => YIELD,
            Op::Compare => self.answers(thread)[0],
            Op::BeginPark { .. } => WAITS,
            _ => 0,
        }
    }

    /// Gives every further alternative of a thread's announced step, the last first, with what it
    /// touches.
    pub(crate) fn other_alternatives(&self, thread: u16, mut give: impl FnMut(u16, Footprint)) {
        match self.threads[usize::from(thread)].pending.op {
            Op::NotifyOne(condvar) => {
                let waiters = self.objects[condvar as usize].threads.iter().skip(1).rev();
                waiters.for_each(|waiter| give(*waiter, Footprint::write(condvar)));
            }
            Op::Choose(alternatives) => {
                let footprint = self.own_footprint(thread);
                (1..alternatives).rev().for_each(|alt| give(alt, footprint));
            }
            Op::Act { object, act } => {
                let footprint = self.own_footprint(thread);
                let alternatives = self.alternatives_of_act(thread, object, act);
                (1..alternatives).rev().for_each(|alt| give(alt, footprint));
            }
            Op::Compare => {
                let footprint = self.own_footprint(thread);
                self.answers(thread).into_iter().skip(1).rev().for_each(|alt| give(alt, footprint));
            }
            Op::Wait { condvar, mutex } if self.may_be_spurious(thread, condvar) => {
                give(FOR_NO_REASON, Footprint::write_and_read(mutex, condvar));
            }
            Op::BeginPark { token } if self.may_be_spurious(thread, token) => {
                give(FOR_NO_REASON, self.own_footprint(thread));
            }
            // If it finds another value, then that is the reason: see `Kernel::swaps`.
            Op::WeakExchange(atomic) if self.may_be_spurious(thread, atomic) => {
                give(FOR_NO_REASON, Footprint::write(atomic));
            }
            Op::TryRead(lock) if self.refusal(thread, lock) == Refusal::Perhaps => {
                give(BEHIND, self.try_footprint(lock));
            }
            _ => {}
        }
    }
}
