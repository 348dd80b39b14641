//! What a thread has seen so far, as a number.
//!
//! What a thread does next depends on nothing but what its operations have told it: a program
//! that depends on anything else is refused as not deterministic. So two executions in which a
//! thread has seen the same leave it in the same state. Each thread has a hash of what its
//! operations came to, in order; each object has one of what the thread had seen that changed
//! it last, which others see by looking. Values of integers stand for themselves, pointers,
//! which differ from run to run, for what their writer had seen.
//!
//! This is worked out only in explorations that need it: see [`Limits::polls`](super::Limits::polls).

use super::event::Detail;
use super::machine::Outcome;
use super::op::Op;
use super::state::Kernel;

/// A hash of 128 bits. It is compared with others of one exploration, of which there are some
/// millions at the most, so that two that differ are equal is out of the question.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Seen([u64; 2]);

impl Default for Seen {
    /// Nothing. It is not 0, which stays 0 whenever a 0 is added.
    fn default() -> Self {
        Self([0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b])
    }
}

impl Seen {
    /// What a thread has seen when it begins: what its parent had, and that it is this child and not its
    /// parent, whatever that sees next.
    pub(crate) fn of_child(self, nth: usize) -> Self {
        let mut seen = self;
        seen.mix(0x3c6e_f372_fe94_f82b);
        seen.mix(nth as u64);
        seen
    }

    /// Adds a number.
    #[inline]
    pub(crate) fn mix(&mut self, x: u64) {
        let [a, b] = &mut self.0;
        *a = (*a ^ x).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        *b = (b.rotate_left(23) ^ x.wrapping_mul(0xd6e8_feb8_6659_fd93))
            .wrapping_mul(0xa076_1d64_78bd_642f)
            .wrapping_add(*a);
    }

    /// Adds all that another hash stands for.
    #[inline]
    pub(crate) fn join(&mut self, other: Seen) {
        self.mix(other.0[0]);
        self.mix(other.0[1]);
    }
}

impl Kernel {
    /// Notes what the thread of the step that was taken last sees by it, and what it leaves for
    /// others to see. A `stable` value is the same in every run.
    #[cold]
    #[inline(never)]
    pub(super) fn see(&mut self, stable: bool) {
        let event = *self.events.last().0;
        if event.op == Op::Yield {
            return;
        }
        let effect = self.thread(event.thread).poll.has_effect();
        let thread = &mut self.threads[usize::from(event.thread)];
        let mut seen = thread.seen;
        seen.mix(u64::from(event.alt) << 1 | u64::from(event.succeeded()));
        match event.op {
            Op::Lock(object)
            | Op::Relock(object)
            | Op::TryLock(object)
            | Op::ReadLock(object)
            | Op::WriteLock(object)
            | Op::TryRead(object)
            | Op::TryWrite(object) => seen.join(self.objects[object as usize].content),
            Op::Unlock(object)
            | Op::WriteUnlock(object)
            | Op::Downgrade(object)
            | Op::Wait { mutex: object, .. } => {
                if effect {
                    self.objects[object as usize].content = seen;
                }
            }
            Op::Load(object)
            | Op::Store(object)
            | Op::Rmw(object)
            | Op::CompareExchange(object)
            | Op::WeakExchange(object) => {
                let content = &mut self.objects[object as usize].content;
                match event.detail {
                    _ if matches!(event.op, Op::Store(_)) => {}
                    Detail::Atomic { old, .. } if stable => seen.mix(old),
                    _ => seen.join(*content),
                }
                if event.changed {
                    *content = seen;
                }
            }
            Op::IsFinished { thread, .. } => {
                seen.mix(u64::from(self.thread(thread).finished));
            }
            Op::Poison { poison, .. } | Op::ClearPoison { poison, .. } => {
                self.objects[poison as usize].content = seen;
            }
            Op::IsPoisoned { poison, .. } | Op::SeePoison { poison } => {
                seen.join(self.objects[poison as usize].content);
            }
            Op::Count { arc, how } => {
                let content = &mut self.objects[arc as usize].content;
                if how.changes() {
                    content.join(seen);
                }
                if let Detail::Count { owners, weaks, .. } = event.detail
                    && how.asks()
                {
                    seen.mix(u64::from(owners) << 32 | u64::from(weaks));
                    seen.join(*content);
                }
            }
            // What it was told is known already.
            Op::Act { .. }
            | Op::ReadUnlock(_)
            | Op::GiveWay(_)
            | Op::ReadBehind(_)
            | Op::Arrive(_)
            | Op::Asleep { .. }
            | Op::Wake(_)
            | Op::NotifyOne(_)
            | Op::NotifyAll(_)
            | Op::BeginPark { .. }
            | Op::Park { .. }
            | Op::ParkTimeout { .. }
            | Op::Unpark { .. }
            | Op::Join(_)
            | Op::Touch { .. }
            | Op::JoinClosure(_)
            | Op::Choose(_)
            | Op::Compare
            | Op::Yield
            | Op::End { .. }
            | Op::StopDaemons
            | Op::Kill(_) => {}
        }
        self.threads[usize::from(event.thread)].seen = seen;
    }

    /// Notes what the running thread sees of a machine, and what it leaves there for others to see.
    pub(super) fn see_act(&mut self, outcome: Outcome) {
        if !self.limits.polls {
            return;
        }
        let content = outcome.acquires.map(|from| self.objects[from as usize].content);
        let seen = &mut self.me().seen;
        seen.mix(u64::from(outcome.result));
        content.into_iter().for_each(|content| seen.join(content));
        let seen = *seen;
        if let Some(to) = outcome.releases {
            self.objects[to as usize].content = seen;
        }
    }

    /// Notes that the running thread looks at memory that nothing guards, or writes it.
    pub(crate) fn see_cell(&mut self, cell: u32, written: bool) {
        if !self.limits.polls {
            return;
        }
        let content = self.objects[cell as usize].content;
        let seen = &mut self.me().seen;
        seen.join(content);
        let seen = *seen;
        if written {
            self.objects[cell as usize].content = seen;
        }
    }
}
