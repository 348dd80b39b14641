//! Executions that repeat themselves.
//!
//! Two loops that wait by looking may let each other go for ever: one swaps a value in and puts it back in each of its
//! rounds, the other never looks in between. A fair scheduler has it look there at some time, and those executions are
//! explored as others. So an execution that does the same again between one [rest](super::polling) and the next as
//! between the two before is stopped, and counts for nothing, if some fair continuation of it ends. Otherwise it goes
//! on until it has too many steps.
//!
//! What a lock guards is not known. Where one loop may see what another has changed under a lock, a round is not taken
//! for the same as the one before.

use std::ops::Range;

use super::event::Event;
use super::op::Op;
use super::state::Kernel;

impl Kernel {
    /// Notes a rest. Do the threads repeat since the last one what they had done before it?
    pub(super) fn repeats_itself(&mut self) -> bool {
        let now = self.events.taken();
        let [first, second] = self.now.rests;
        self.now.rests = [second, now];
        let changes = self.now.idle == 0;
        if first == 0 || !changes || second - first != now - second {
            return false;
        }
        self.alive().all(|id| {
            let (before, since) =
                (self.steps_of(id, first..second), self.steps_of(id, second..now));
            let acts = since.clone().next().is_some();
            let content = |event: &Event| (event.op, event.alt, event.detail);
            // A round without a step does not say what its thread does.
            acts == self.polls(id)
                && before.map(content).eq(since.clone().map(content))
                && since.clone().all(|event| self.is_known(id, event.op))
        })
    }

    fn steps_of(&self, thread: u16, range: Range<usize>) -> impl Iterator<Item = &Event> + Clone {
        let steps = self.events.all()[range].iter();
        steps.filter(move |event| event.thread == thread && event.op != Op::Yield)
    }

    /// Is it known what a step of this thread does to the others? Of a step under a lock only if they do not look there.
    fn is_known(&self, thread: u16, op: Op) -> bool {
        match op {
            Op::Load(_) | Op::Store(_) | Op::Rmw(_) | Op::CompareExchange(_) => true,
            Op::Lock(lock) | Op::Unlock(lock) => {
                let mut others = self.alive().filter(|id| *id != thread && self.polls(*id));
                !others.any(|id| self.thread(id).poll.watched_objects().any(|it| it == lock))
            }
            _ => false,
        }
    }
}
