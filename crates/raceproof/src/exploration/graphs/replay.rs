//! How an execution goes through its graph.

use super::Graphs;
use super::event::{Label, Name};
use crate::kernel::Kernel;

impl Graphs {
    /// The next event of a thread that the graph has and this execution has not done.
    pub(super) fn undone(&self, thread: u16) -> Option<Name> {
        let index = self.done[usize::from(thread)] + 1;
        (index <= self.graph().events_of(thread)).then_some(Name { thread, index })
    }

    pub(super) fn is_done(&self, name: Name) -> bool {
        self.done[usize::from(name.thread)] >= name.index
    }

    /// The last write of an atomic that has been done; none: the initial one.
    pub(super) fn last_done(&self, location: u32) -> Option<Name> {
        let writes = self.graph().object(location);
        writes.iter().rfind(|write| self.is_done(**write)).copied()
    }

    /// Has everything been done that must come before this event?
    pub(super) fn may_be_done(&self, name: Name) -> bool {
        let graph = self.graph();
        let event = graph.event(name);
        let over = |one| graph.over(one).is_some_and(|over| self.is_done(over));
        event.source.is_none_or(|source| self.is_done(source))
            && !graph.waits(name)
            && event.object().and_then(|object| graph.before(object, name)).is_none_or(over)
    }

    /// The step by which a thread goes on through the graph.
    pub(super) fn replaying(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        loop {
            let next = kernel.ids().filter_map(|id| self.undone(id));
            let next = next.filter(|name| self.may_go_on(kernel, *name));
            let name = next.min_by_key(|name| self.graph().event(*name).stamp)?;
            let thread = name.thread;
            let label = self.graph().event(name).label;
            if !matches!(label, Label::Take { .. }) {
                return Some((thread, self.graph().event(name).alternative));
            }
            if self.next_take(kernel, thread) != Some(label) {
                kernel.diverged(format!("thread {thread} does not take the lock that it took"));
                return None;
            }
            self.done[usize::from(thread)] += 1;
            self.taken[usize::from(thread)] += 1;
            self.note_lane(kernel, thread);
        }
    }

    /// Are all events done but acquisitions that wait for a thread to give the mutex back?
    pub(super) fn is_replayed(&self, kernel: &Kernel) -> bool {
        let graph = self.graph();
        let waits = |name: Name| {
            graph.waits(name) || graph.event(name).label.takes() && !self.may_be_done(name)
        };
        let started = |id: &u16| usize::from(*id) < self.done.len();
        kernel.ids().filter(started).filter_map(|id| self.undone(id)).all(waits)
    }
}
