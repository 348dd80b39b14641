//! Steps that stop other threads: the end of the daemons, and the death of a process.
//!
//! Both depend on every other step. A strategy takes them, if there is a choice, only when
//! nothing else can be done.

use super::machine::Act;
use super::object::{Kind, Object};
use super::op::Op;
use super::state::Kernel;
use super::thread::{NEVER, Status};

impl Kernel {
    /// Has every thread ended but this one and the daemons?
    pub(super) fn may_stop_daemons(&self, stopper: u16) -> bool {
        self.alive().all(|id| id == stopper || self.thread(id).is_unawaited())
    }

    /// The threads that may stop others now, in the order in which they are to: before the daemons
    /// are stopped they may kill.
    pub(crate) fn stoppers(&self) -> Vec<u16> {
        let may = |id: &u16| self.stops_others(*id) && self.enabled(*id);
        let mut ready = self.alive().filter(may).collect::<Vec<_>>();
        ready.sort_by_key(|id| self.thread(*id).pending.op == Op::StopDaemons);
        ready
    }

    pub(super) fn stop_daemons(&mut self) {
        for nth in 0..self.alive.len() {
            let id = self.alive[nth];
            if id != self.current && self.thread(id).status == Status::Pending {
                self.stop(id, self.events.taken() as u32);
            }
        }
    }

    pub(super) fn kill(&mut self, process: u16) {
        let index = self.events.taken() as u32;
        // Which of them may go on is decided before any is stopped.
        let victims = self.alive().filter(|id| self.is_victim(*id, process)).collect::<Vec<_>>();
        let (doomed, stopped): (Vec<_>, _) =
            victims.iter().partition(|id| self.is_under_way(**id) && self.holds_a_lock(**id));
        for id in victims {
            let victim = &mut self.threads[usize::from(id)];
            self.now.unawaited += u32::from(!victim.is_unawaited());
            // One that has gone on since it was killed is not waited for since then.
            if victim.killed_by == NEVER {
                victim.killed_by = index;
            }
        }
        doomed.into_iter().for_each(|id| self.threads[usize::from(id)].doomed = true);
        stopped.into_iter().for_each(|id| self.stop(id, index));
    }

    fn is_victim(&self, id: u16, process: u16) -> bool {
        let thread = self.thread(id);
        thread.process == process && thread.status == Status::Pending
    }

    /// Would it go on by itself?
    fn is_under_way(&self, id: u16) -> bool {
        let waits = match self.thread(id).pending.op {
            Op::Wake(_) | Op::ParkTimeout { .. } | Op::Yield => true,
            Op::Act { act, .. } => matches!(act, Act::ReceiveInTime | Act::TakeInTime),
            _ => false,
        };
        !waits && self.enabled(id)
    }

    fn holds_a_lock(&self, id: u16) -> bool {
        self.held_by(id).next().is_some()
    }

    /// The locks that a thread holds.
    pub(super) fn held_by(&self, id: u16) -> impl Iterator<Item = u32> {
        let all = (0..).zip(&self.objects);
        let held = all.filter(move |(_, it)| it.epoch == self.epoch && it.is_held_by(id));
        held.map(|(lock, _)| lock)
    }

    /// Lets a thread take no more steps.
    fn stop(&mut self, id: u16, by: u32) {
        let thread = &mut self.threads[usize::from(id)];
        thread.status = Status::Stopped;
        thread.stopped_by = by;
        self.now.polling -= u32::from(thread.pending.op == Op::Yield);
        // No notification reaches it, and no thread's end lets it go on.
        let waited_at = |object: &&mut Object| object.kind == Kind::Condvar;
        for object in self.objects.iter_mut().filter(waited_at) {
            object.threads.retain(|waiter| *waiter != id);
        }
        self.machines.stop(id);
        for thread in &mut self.threads {
            thread.joiners.retain(|joiner| *joiner != id);
        }
    }

    /// Stops the running thread if it was to go on only as long as it held a lock.
    #[cold]
    pub(super) fn stop_doomed(&mut self) {
        let me = self.current;
        let polls = self.me().pending.op == Op::Yield;
        if polls || !self.holds_a_lock(me) {
            let killed_by = self.me().killed_by;
            debug_assert_ne!(killed_by, NEVER);
            self.stop(me, killed_by);
        }
    }
}
