//! Acts on machines: channels, barriers, and what happens once.
//!
//! A machine is an atomic whose values are its states, and an act on it a read-modify-write, which reads the
//! state that the last one has left; so all acts on a machine come one after the other. What only looks, or comes
//! to the same in every later state, is a read.
//!
//! Memory is not ordered by that order, but by what an act says that it acquires and releases.
//!
//! An act that must wait is not added. Where it is made to read another state in which it must wait, because
//! another act has come before it, it *waits*: its thread goes on once a third one has made it read what that has
//! left. An execution in which it need not wait any more in the end is *cut*.

use super::Graphs;
use super::event::{Clock, Event, Label, Name};
use super::graph::Graph;
use crate::kernel::machine::Acted;
use crate::kernel::{Act, Kernel, Op, Status};

impl Graph {
    /// What an act of a thread comes to that reads what this one has left, or `None` if it must wait.
    pub(super) fn acted(
        &self,
        thread: u16,
        object: u32,
        act: Act,
        source: Option<Name>,
    ) -> Option<Acted> {
        let state = source.map_or(0, |source| self.event(source).value);
        self.states.borrow_mut().act(thread, object, act, state)
    }

    /// What an act of the graph comes to.
    fn act_of(&self, name: Name, event: &Event) -> Option<Acted> {
        let (object, act) = event.label.act()?;
        self.acted(name.thread, object, act, event.source)
    }

    /// Is it an act that waits?
    pub(super) fn waits(&self, name: Name) -> bool {
        let event = self.event(name);
        event.label.act().is_some() && self.act_of(name, event).is_none()
    }

    /// Would an act come to the same in every later state?
    pub(super) fn is_settled(&self, name: Name) -> bool {
        self.act_of(name, self.event(name)).is_some_and(|acted| acted.settled)
    }

    /// What happens before an act by what it acquires.
    pub(super) fn acquired(&self, name: Name, event: &Event) -> Clock {
        let mut clock = Clock::default();
        let (Some((object, _)), Some(acted)) = (event.label.act(), self.act_of(name, event)) else {
            return clock;
        };
        let Some(part) = acted.acquires else { return clock };
        let before = self.position(object, event.source);
        for other in &self.object(object)[..before] {
            let event = self.event(*other);
            if self.act_of(*other, event).is_some_and(|acted| acted.releases == Some(part)) {
                clock.join(&event.clocks.hb);
            }
        }
        clock
    }
}

impl Graphs {
    /// Notes what an act that the graph has comes to in the execution under way.
    pub(super) fn note_act(&mut self, name: Name) {
        let event = self.graph().event(name);
        if let Some(acted) = self.graph().act_of(name, event) {
            self.frame().graph.event_mut(name).value = acted.state;
        }
    }

    /// Owes what acts owe that threads wait to do.
    pub(super) fn revisit_by_waiting_acts(&mut self, kernel: &Kernel) {
        for thread in kernel.ids().filter(|id| kernel.thread(*id).status == Status::Pending) {
            let Op::Act { object, .. } = kernel.thread(thread).pending.op else { continue };
            let label = Label::of_atomic(kernel.thread(thread).pending.op);
            if let Some(label) = label.filter(|_| self.undone(thread).is_none()) {
                self.states_of(kernel, object);
                self.with_atomic(label, |graphs, access| {
                    graphs.owe_access(thread, label, access);
                });
            }
        }
    }

    /// Knows a machine of the execution under way.
    pub(super) fn states_of(&mut self, kernel: &Kernel, object: u32) {
        self.graph().states.borrow_mut().learn(kernel, object);
    }

    /// Does an act wait that need not any more?
    pub(super) fn waits_for_nothing(&self) -> bool {
        let graph = self.graph();
        graph.names().filter(|name| graph.waits(*name)).any(|name| {
            graph.event(name).label.act().is_some_and(|(object, act)| {
                let last = graph.object(object).last().copied();
                graph.acted(name.thread, object, act, last).is_some()
            })
        })
    }
}
