//! What comes before an event, worked out from the events that it is related to.

use super::event::{Clock, Clocks, Event, Label, Name};
use super::graph::Graph;
use crate::kernel::Op;

impl Graph {
    /// What has happened before a thread's next event.
    pub(super) fn front(&self, thread: u16) -> Clocks {
        self.front_after(self.last_of(thread))
    }

    /// What has happened before a thread's next event, once it has done this one; none, if the
    /// index is 0.
    pub(super) fn front_after(&self, name: Name) -> Clocks {
        if name.index == 0 {
            return self.birth(name.thread);
        }
        let event = self.event(name);
        let mut front = Clocks::clone(&event.clocks);
        if let Some(object) = event.label.object().filter(|_| event.label.takes())
            && let Some(release) = self.before(object, name).and_then(|one| self.over(one))
        {
            let release = &self.event(release).clocks;
            front.porf.join(&release.porf);
            front.hb.join(&release.hb);
        }
        front
    }

    pub(super) fn front_before(&self, name: Name) -> Clocks {
        self.front_after(Name { index: name.index - 1, ..name })
    }

    fn birth(&self, thread: u16) -> Clocks {
        match self.births.get(usize::from(thread)).copied().flatten() {
            Some(spawn) => {
                let Clocks { porf, hb, .. } = self.front_after(spawn);
                Clocks { porf, hb, ..Clocks::default() }
            }
            None => Clocks::default(),
        }
    }

    /// The clocks of an event after this past; `name` is not in the graph yet, or to be changed.
    pub(super) fn clocks(&self, name: Name, event: &Event, front: Clocks) -> Clocks {
        let Clocks { mut porf, mut hb, mut released, mut seen, .. } = front;
        let mut message = Clock::default();
        if let Some(source) = event.source {
            // A notification orders no memory.
            porf.join(&self.event(source).clocks.porf);
        }
        if let Some(last) = self.last_before(name, event) {
            let over = self.over(last);
            porf.join(&self.event(over.unwrap_or(last)).clocks.porf);
            if let Some(release) = over.filter(|_| event.label.takes()) {
                hb.join(&self.event(release).clocks.hb);
            }
        }
        match event.label {
            label if label.acts() => hb.join(&self.acquired(name, event)),
            Label::Access(..) => {
                if let Some(source) = event.source {
                    let source = &self.event(source).clocks;
                    if event.acquires() { &mut hb } else { &mut seen }.join(&source.message);
                }
            }
            Label::Other(Op::Act { .. }) => {
                let orders = self.orders_memory(event);
                for before in self.acts_before(name, event) {
                    let before = &self.event(before).clocks;
                    porf.join(&before.porf);
                    if orders {
                        hb.join(&before.hb);
                    }
                }
            }
            Label::Fence(_) if event.acquires() => hb.join(&seen),
            Label::Other(Op::Join(ended)) => {
                let past = self.front(ended);
                porf.join(&past.porf);
                hb.join(&past.hb);
                // What it did after its last event, too.
                hb.set(Name { thread: ended, index: self.events_of(ended) + 1 });
            }
            Label::Fence(_) | Label::Spawn(_) | Label::Take { .. } | Label::Other(_) => {}
        }
        porf.set(name);
        hb.set(name);
        if event.label.is_fence() && event.releases() {
            released.clone_from(&hb);
        }
        if event.writes && !event.label.acts() {
            message.clone_from(if event.releases() { &hb } else { &released });
            if let Some(source) = event.source {
                message.join(&self.event(source).clocks.message);
            }
        }
        Clocks { porf, hb, message, released, seen }
    }
}
