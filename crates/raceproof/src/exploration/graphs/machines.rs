//! Acts: on machines, which are channels, barriers, and what happens once; and on mutexes, where threads try to take
//! some. (Other mutexes are chains of [operations](super::objects), of which fewer executions are cut.)
//!
//! A machine is an atomic whose values are its states, and an act on it a read-modify-write, which reads the
//! state that the last one has left; so all acts on a machine come one after the other. What only looks, or comes
//! to the same in every later state, is a read.
//!
//! Memory is not ordered by that order, but by what an act says that it acquires and releases.
//!
//! A channel without a bound, at which no thread looks for a value without waiting, needs less: its sends come one after
//! the other, but a receive comes after the send of its value, whichever that is, or after the ends of all senders. It
//! has no other place.
//!
//! An act that must wait is not added. Where it is made to read another state in which it must wait, because
//! another act has come before it, it *waits*: its thread goes on once a third one has made it read what that has
//! left. An execution in which it need not wait any more in the end is *cut*.

use super::Graphs;
use super::event::{Clock, Event, Label, Name};
use super::graph::Graph;
use crate::execution::Strategy;
use crate::kernel::machine::Acted;
use crate::kernel::machine::channel::DONE;
use crate::kernel::{Act, Detail, Kernel, Op, Status};

/// The states of a mutex.
const FREE: u64 = 0;
const HELD: u64 = 1;

impl Graph {
    /// What an act of a thread comes to that reads what this one has left, or `None` if it must wait.
    pub(super) fn acted(&self, thread: u16, label: Label, source: Option<Name>) -> Option<Acted> {
        let state = source.map(|source| self.event(source).value);
        match label {
            Label::Access(Op::Act { object, act }, ..) => {
                self.states.borrow_mut().act(thread, object, act, state)
            }
            Label::Access(Op::Unlock(_), ..) => Some(Acted::by_writing(FREE)),
            Label::Access(Op::TryLock(_), ..) if state == Some(HELD) => {
                Some(Acted::by_looking(HELD))
            }
            Label::Access(..) if state != Some(HELD) => Some(Acted::by_writing(HELD)),
            _ => None,
        }
    }

    /// What an act of the graph comes to.
    fn act_of(&self, name: Name, event: &Event) -> Option<Acted> {
        self.acted(name.thread, event.label, event.source).filter(|_| event.label.acts())
    }

    /// What orders a receive from a channel without a bound: the send of its value, or the ends of all senders.
    pub(super) fn sends_before(&self, event: &Event) -> Vec<Name> {
        let Label::Other(Op::Act { object, act: Act::Receive }) = event.label else {
            return Vec::new();
        };
        let ends = Label::Other(Op::Act { object, act: Act::DropSender });
        match event.source {
            Some(send) => vec![send],
            None => self.names().filter(|name| self.event(*name).label == ends).collect(),
        }
    }

    /// Is it an act that waits?
    pub(super) fn waits(&self, name: Name) -> bool {
        let event = self.event(name);
        event.label.acts() && self.act_of(name, event).is_none()
    }

    /// Would an act come to the same in every later state?
    pub(super) fn is_settled(&self, name: Name) -> bool {
        let event = self.event(name);
        event.label.acts() && self.act_of(name, event).is_some_and(|acted| acted.settled)
    }

    /// What happens before an act by what it acquires.
    pub(super) fn acquired(&self, name: Name, event: &Event) -> Clock {
        let mut clock = Clock::default();
        let (Some(object), Some(acted)) = (event.label.location(), self.act_of(name, event)) else {
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
            let op = kernel.thread(thread).pending.op;
            let label = Label::of_atomic(kernel, op).filter(|label| label.acts());
            if let Some(label) = label.filter(|_| self.undone(thread).is_none()) {
                self.learn_states(kernel, op);
                self.with_atomic(label, |graphs, access| {
                    graphs.owe_access(thread, label, access);
                });
            }
        }
    }

    /// The send of the value that the running thread has just received from a channel without a bound.
    pub(super) fn received_send(&self, kernel: &Kernel, op: Op) -> Option<Name> {
        let Op::Act { object, act: Act::Receive } = op else { return None };
        let (event, _) = kernel.events.last();
        if event.detail != (Detail::Act { result: DONE }) {
            return None;
        }
        let graph = self.graph();
        let sends = graph.object(object).iter().filter(|name| {
            let label = graph.event(**name).label;
            matches!(label, Label::Access(Op::Act { act: Act::Send | Act::TrySend, .. }, ..))
        });
        sends.copied().nth(kernel.received(object) as usize - 1)
    }

    /// Knows the machine of a step, if it is an act on one.
    pub(super) fn learn_states(&mut self, kernel: &Kernel, op: Op) {
        if let Op::Act { object, .. } = op {
            let first = self.graph().states.borrow_mut().learn(kernel, object);
            self.create(object, first);
        }
    }

    /// Does an act wait that need not any more?
    pub(super) fn waits_for_nothing(&self) -> bool {
        let graph = self.graph();
        graph.names().filter(|name| graph.waits(*name)).any(|name| {
            let label = graph.event(name).label;
            let last = label.location().and_then(|object| graph.object(object).last().copied());
            graph.acted(name.thread, label, last).is_some()
        })
    }
}
