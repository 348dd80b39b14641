//! The destructors of last owners, and what they show.

use super::matter::Matter;
use crate::kernel::memory::Memory;
use crate::kernel::state::Kernel;
use crate::kernel::thread::Status;

/// The last owner's destructor, under way where it is not known to matter which one is the last.
pub(crate) struct Destructor {
    thread: u16,
    arc: u32,
    /// How many steps, and operations that are none, the execution had when it began.
    begun: (usize, u32),
    /// It has looked at something that depends on its thread.
    looked: bool,
    /// What its thread came after before, for plain memory.
    clock: Option<Box<[u32]>>,
}

impl Kernel {
    /// Notes that the running thread begins to run the last owner's destructor, where it is not known to
    /// matter which one is the last.
    pub(super) fn begin_destructor(&mut self, arc: u32, by_step: bool) {
        let thread = self.current;
        self.note_inside(arc, false);
        let clock = self.races.acquire_for_a_while(usize::from(thread), arc);
        // The step is not among the others yet.
        let begun = (self.events.taken() + usize::from(by_step), self.now.unordered);
        self.now.destructors.push(Destructor { thread, arc, begun, looked: false, clock });
    }

    /// Notes that the last owner's destructor, run by the running thread, is over, or unwinds.
    pub(crate) fn end_destructor(&mut self, arc: u32, unwinds: bool) {
        let mine = |it: &Destructor| (it.thread, it.arc) == (self.current, arc);
        let Some(at) = self.now.destructors.iter().rposition(mine) else { return };
        let mut ended = self.now.destructors.remove(at);
        ended.looked |= unwinds;
        self.judge_destructor(&ended);
    }

    /// The values whose destructors the running thread is in, where it is not known to matter which owner is the last.
    pub(super) fn destructors(&self) -> impl Iterator<Item = u32> + use<'_> {
        let mine = self.now.destructors.iter().filter(|it| it.thread == self.current);
        mine.map(|it| it.arc)
    }

    /// Notes that the running thread looks at something that is another in each thread, or says
    /// something.
    #[inline]
    pub(crate) fn look_around(&mut self) {
        let me = self.current;
        for destructor in self.now.destructors.iter_mut().filter(|it| it.thread == me) {
            destructor.looked = true;
        }
    }

    /// Has it matter which owner was the last, if the destructor has shown that. It is over.
    fn judge_destructor(&mut self, it: &Destructor) {
        if let Some(clock) = &it.clock {
            self.races.acquire_no_longer(usize::from(it.thread), clock);
        }
        if it.looked || it.begun != (self.events.taken(), self.now.unordered) {
            if self.limits.memory == Memory::Sequential {
                return self.begin_with(it.arc, Matter::Last);
            }
            let me = std::mem::replace(&mut self.current, it.thread);
            self.order_counts(it.arc, true, self.thread(it.thread).pending.at);
            self.current = me;
        }
    }

    /// Judges, when the execution is over, the destructors that are not.
    pub(crate) fn judge_destructors(&mut self) {
        for it in std::mem::take(&mut self.now.destructors) {
            let waits = self.thread(it.thread).status == Status::Pending;
            self.judge_destructor(&Destructor { looked: it.looked || waits, ..it });
        }
    }
}
