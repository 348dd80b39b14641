//! Sections: what a thread does from taking a lock to giving it back, in the rounds of a loop that [waits](super::waiting).
//!
//! What a lock guards is not known. A section may have found another thing than the one in the round before if another
//! thread has had the lock in between; it is as if it had read what the last such section has left, so that is what it
//! has *seen*. A section in a round of a loop that waits leaves what was there, unless its thread has got hold of the
//! data for writing: then that may be a change, or none (`queue.lock().unwrap().pop_front()`), and another loop which
//! waits may have to look again. If that changes something in turn, the two may let each other go for ever; such a
//! program is refused.

use super::Graphs;
use super::event::{Event, Label, Name};
use super::graph::Graph;
use super::waiting::refuse_busy_loop;
use crate::kernel::{Kernel, Op, Status};

/// What others may find changed by a section.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Left {
    /// Anything.
    #[default]
    Anything,
    /// What a loop that waits has changed, if it has changed anything.
    Perhaps,
    /// What was there.
    Nothing,
}

impl Event {
    /// The lock that it takes, or the lane: a section begins.
    pub(super) fn opens(&self) -> Option<u32> {
        match self.label {
            Label::Access(op, ..) if self.writes && takes(op) => self.label.location(),
            label if label.takes() => label.object(),
            _ => None,
        }
    }

    /// By how much it changes how many locks its thread has; none: it is no operation of a section.
    pub(super) fn holds_more(&self) -> Option<i32> {
        let (Label::Access(op, ..) | Label::Other(op)) = self.label else {
            return matches!(self.label, Label::Take { .. }).then_some(0);
        };
        match op {
            Op::Unlock(_) | Op::ReadUnlock(_) | Op::WriteUnlock(_) => Some(-1),
            op if takes(op) => {
                let tries = matches!(self.label, Label::Access(..));
                (!tries || self.writes).then_some(1)
            }
            _ => None,
        }
    }
}

/// Does an operation take a lock, if it may?
fn takes(op: Op) -> bool {
    matches!(
        op,
        Op::Lock(_)
            | Op::TryLock(_)
            | Op::ReadLock(_)
            | Op::TryRead(_)
            | Op::WriteLock(_)
            | Op::TryWrite(_)
    )
}

impl Graphs {
    /// The last section of another thread that may have changed what a section of this thread finds, among those that
    /// these events begin.
    fn last_change(&self, thread: u16, events: &[Name]) -> Option<Name> {
        let others = events.iter().copied().filter(|name| name.thread != thread);
        let changes = |name: &Name| {
            self.graph().event(*name).opens().is_some() && self.waiting.left(*name) != Left::Nothing
        };
        others.rev().find(changes)
    }

    /// The last change that a section has seen which begins with this event.
    pub(super) fn seen_by(&self, name: Name) -> Option<Name> {
        self.seen_in(self.graph(), name)
    }

    /// The same in this graph.
    pub(super) fn seen_in(&self, graph: &Graph, name: Name) -> Option<Name> {
        let all = graph.object(graph.event(name).opens()?);
        let at = all.iter().rposition(|other| *other == name)?;
        self.last_change(name.thread, &all[..at])
    }

    /// Has there been a change since a section that begins with this event?
    pub(super) fn has_changed_since(&self, name: Name, object: u32) -> bool {
        let all = self.graph().object(object);
        let at = all.iter().rposition(|other| *other == name).map_or(0, |at| at + 1);
        self.last_change(name.thread, &all[at..]).is_some()
    }

    /// A round was one of a loop that waits: says what its sections have left.
    pub(super) fn note_sections(&mut self, kernel: &mut Kernel, thread: u16, from: u32, to: u32) {
        for index in from..=to {
            let name = Name { thread, index };
            if self.graph().event(name).opens().is_none() {
                continue;
            }
            let end = self.graph().section_end(name).unwrap_or(to);
            let has_effect = |index| self.waiting.has_effect(Name { thread, index });
            let changes = (index + 1..=end).any(has_effect);
            let seen = self.seen_by(name).map(|change| self.waiting.left(change));
            if changes && seen == Some(Left::Perhaps) && self.script.is_none() {
                refuse_busy_loop(kernel);
            }
            self.waiting.set_left(name, if changes { Left::Perhaps } else { Left::Nothing });
        }
    }

    /// What the section has seen of a thread that waits, whose rounds have only that one, if it begins with this label.
    pub(super) fn found_by(&self, thread: u16, label: Label) -> Option<Option<Name>> {
        let name = self.first_of_round(thread)?;
        let last = self.done[usize::from(thread)];
        let event = self.graph().event(name);
        let is_one = event.opens().is_some() && self.graph().section_end(name) == Some(last);
        (is_one && event.label == label).then(|| self.seen_by(name))
    }

    /// Is the thread on trial about to take a lock that others have taken, of which its past knows nothing?
    pub(super) fn meets_others(&mut self, kernel: &Kernel) -> bool {
        let Some(thread) = self.on_trial() else { return false };
        if kernel.thread(thread).status != Status::Pending {
            return false;
        }
        let op = kernel.thread(thread).pending.op;
        let label = match Label::of_atomic(kernel, op) {
            Some(label) if takes(op) => label,
            Some(_) => return false,
            None => self.next_take(kernel, thread).unwrap_or(Label::Other(op)),
        };
        let object = if label.takes() { label.object() } else { label.location() };
        let Some(object) = object.filter(|_| takes(op)) else { return false };
        let past = self.graph().front(thread).porf;
        self.graph().object(object).iter().any(|name| !past.has(*name))
    }
}

impl Graph {
    /// The event by which a section is over that this one begins.
    pub(super) fn section_end(&self, name: Name) -> Option<u32> {
        let events = &self.threads[usize::from(name.thread)];
        let mut held = 0;
        for (index, event) in (name.index..).zip(&events[name.index as usize - 1..]) {
            let more = event.holds_more().unwrap_or(0);
            held += more;
            if held == 0 && more < 0 {
                return Some(index);
            }
        }
        None
    }
}
