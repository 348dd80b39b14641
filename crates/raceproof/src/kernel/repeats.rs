//! Executions that repeat themselves.
//!
//! Two loops that wait by looking may let each other go for ever: one swaps a value in and puts it back in each of its
//! rounds, the other never looks in between. A fair scheduler has it look there at some time, and those executions are
//! explored as others. So an execution is stopped that comes to a [rest](super::polling) as to one before, and counts
//! for nothing, if some fair continuation of it ends. Otherwise it goes on until it has too many steps.
//!
//! Two rests are alike if the last round of each thread did the same and found the same, and each object was written last
//! by the same step of those. That a thread does the same in the round after is assumed, as of fruitless rounds.
//!
//! What a lock guards is not known. Where one loop may see what another has changed under a lock, no rest is like another.

use std::collections::HashSet;

use super::event::{Detail, Event};
use super::op::Op;
use super::state::Kernel;

/// How threads stand that wait, when nothing else can go on.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Rest {
    /// The steps of each thread's last round that has some.
    steps: Vec<(u16, Op, u16, Detail)>,
    /// How often each thread has yielded since.
    yields: Vec<(u16, usize)>,
    /// The objects that those have written, each with the place among them of the last step that did.
    writes: Vec<(u32, usize)>,
}

impl Kernel {
    /// Notes a rest. Has there been one like it, and since then nothing but the rounds of those that wait?
    pub(super) fn repeats_itself(&mut self) -> bool {
        let now = self.events.taken();
        let rests = std::mem::take(&mut self.now.rests);
        let since = self.now.rests_since;
        let known = self.events.all()[since..].iter().all(|event| self.is_known(event));
        let rest = self.rest();
        // A round without a step does not say what its thread does.
        let is_told = |id: u16| rest.steps.iter().any(|step| step.0 == id);
        let told = self.alive().all(|id| !self.polls(id) || is_told(id));
        let changes = self.now.idle == 0;
        let repeats = known && told && changes && rests.contains(&rest);
        self.now.rests_since = now;
        self.now.rests = if known && told { rests } else { HashSet::new() };
        self.now.rests.insert(rest);
        repeats
    }

    /// How the threads stand.
    fn rest(&self) -> Rest {
        let waiting = self.alive().filter(|id| self.polls(*id)).collect::<Vec<_>>();
        let (mut steps, mut last) = (Vec::new(), Vec::<(u32, usize, usize)>::new());
        let mut yields = Vec::new();
        for id in waiting {
            let (from, since) = self.last_round_with_steps(id);
            yields.push((id, since));
            for (at, event) in self.events.all().iter().enumerate().skip(from) {
                if event.thread != id || event.op == Op::Yield {
                    continue;
                }
                event.footprint.each_access(|object, written| {
                    let known = last.iter_mut().find(|write| write.0 == object);
                    match known {
                        Some(write) if written && write.1 < at => {
                            *write = (object, at, steps.len())
                        }
                        None if written => last.push((object, at, steps.len())),
                        _ => {}
                    }
                });
                steps.push((id, event.op, event.alt, event.detail));
            }
        }
        last.sort_unstable();
        let writes = last.into_iter().map(|(object, _, step)| (object, step)).collect();
        Rest { steps, yields, writes }
    }

    /// Where the last round of a thread begins that has steps, and how often it has yielded since: a loop may pause at one place
    /// several times in a row.
    fn last_round_with_steps(&self, id: u16) -> (usize, usize) {
        let from = self.thread(id).poll.round().from() as usize;
        let all = self.events.all();
        let last_of = |range: &[Event], yields: bool| {
            range.iter().rposition(|event| event.thread == id && (event.op == Op::Yield) == yields)
        };
        match last_of(all, false) {
            Some(last) if last < from => {
                let since = all[last..].iter().filter(|event| event.thread == id).count() - 1;
                (last_of(&all[..last], true).map_or(0, |before| before + 1), since)
            }
            _ => (from, 0),
        }
    }

    /// Is it known what a step of a thread that waits does to the others? Of a step under a lock only if they do not look
    /// there.
    fn is_known(&self, event: &Event) -> bool {
        let by_one_that_waits = self.polls(event.thread);
        by_one_that_waits
            && match event.op {
                Op::Load(_) | Op::Store(_) | Op::Rmw(_) | Op::CompareExchange(_) | Op::Yield => {
                    true
                }
                Op::Lock(lock) | Op::Unlock(lock) => {
                    let mut others =
                        self.alive().filter(|id| *id != event.thread && self.polls(*id));
                    !others.any(|id| self.thread(id).poll.watched_objects().any(|it| it == lock))
                }
                _ => false,
            }
    }
}
