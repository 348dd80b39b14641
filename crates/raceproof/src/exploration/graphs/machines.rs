//! Acts: on machines, which are channels, barriers, and what happens once; on the owners of an `Arc`, where their number
//! decides something; and on locks that threads try to take. (Other locks are chains of [operations](super::objects), of
//! which fewer executions are cut.)
//!
//! A machine is an atomic whose values are its states, and an act on it a read-modify-write, which reads the
//! state that the last one has left; so all acts on a machine come one after the other. What only looks, or comes
//! to the same in every later state, is a read.
//!
//! Memory is not ordered by that order, but by what an act says that it acquires and releases.
//!
//! A channel without a bound, at which no thread looks for a value without waiting, needs less: its sends come one after
//! the other, but a receive comes after the send of its value, whichever that is, or after the ends of all senders. It
//! has no other place. Nor have those that arrive at a barrier and pass it: a thread that passes comes after all arrivals
//! of its round. The arrivals of a round are those that equally many others come before, and they are as many as the
//! barrier has parties. Where more are found, any of them may be of that round, or of a later one; then the exploration
//! begins again, and the arrivals come one after the other.
//!
//! An act that must wait is not added. Where it is made to read another state in which it must wait, because
//! another act has come before it, it *waits*: its thread goes on once a third one has made it read what that has
//! left. An execution in which it need not wait any more in the end is *cut*.

use super::Graphs;
use super::event::{Clock, Event, Label, Name};
use super::graph::Graph;
use crate::execution::Strategy;
use crate::kernel::machine::channel::DONE;
use crate::kernel::machine::{self, Acted};
use crate::kernel::{Act, Detail, Kernel, Op, Status};

/// The states of a lock that no thread has, or one for itself. Others say how many read it.
const FREE: u64 = 0;
const HELD: u64 = u64::MAX;

/// The parts of a lock to which those release who have written, and who have read.
const WRITTEN: u32 = 0;
const READ: u32 = 1;

/// What an operation of a lock comes to in a state; `None` if it must wait.
fn locked(op: Op, state: u64) -> Option<Acted> {
    match op {
        Op::Unlock(_) | Op::WriteUnlock(_) => Some(Acted::by_releasing(FREE, WRITTEN)),
        Op::Downgrade(_) => Some(Acted::by_releasing(FREE + 1, WRITTEN)),
        Op::ReadUnlock(_) => Some(Acted::by_releasing(state.saturating_sub(1), READ)),
        Op::Lock(_) | Op::TryLock(_) | Op::WriteLock(_) | Op::TryWrite(_) if state == FREE => {
            Some(Acted::by_acquiring(HELD, machine::EVERYTHING))
        }
        Op::ReadLock(_) | Op::TryRead(_) if state != HELD => {
            Some(Acted::by_acquiring(state + 1, WRITTEN))
        }
        Op::TryLock(_) | Op::TryWrite(_) | Op::TryRead(_) => Some(Acted::by_looking(state)),
        _ => None,
    }
}

impl Graph {
    /// What an act of a thread comes to that reads what this one has left, or `None` if it must wait.
    pub(super) fn acted(&self, thread: u16, label: Label, source: Option<Name>) -> Option<Acted> {
        let state = source.map(|source| self.event(source).value);
        match label {
            Label::Access(Op::Act { object, act }, ..) => {
                self.states.borrow_mut().act(thread, object, act, state)
            }
            Label::Access(Op::Count { arc, how }, ..) => {
                Some(self.states.borrow().count(arc, how, state))
            }
            Label::Access(op, ..) => locked(op, state.unwrap_or(FREE)),
            _ => None,
        }
    }

    /// What an act of the graph comes to.
    fn act_of(&self, name: Name, event: &Event) -> Option<Acted> {
        self.acted(name.thread, event.label, event.source).filter(|_| event.label.acts())
    }

    /// What orders an act that has no place of its own: of a receive from a channel, the send of its value, or the ends of
    /// all senders; of a thread that passes a barrier, the arrivals of its round.
    pub(super) fn acts_before(&self, name: Name, event: &Event) -> Vec<Name> {
        let Label::Other(Op::Act { object, act }) = event.label else { return Vec::new() };
        match (act, event.source) {
            (Act::Receive, Some(send)) => vec![send],
            (Act::Receive, None) => {
                let ends = Label::Other(Op::Act { object, act: Act::DropSender });
                self.names().filter(|name| self.event(*name).label == ends).collect()
            }
            (Act::Pass, _) => {
                self.round_of(object, Name { index: name.index - 1, ..name }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Does what [orders](Self::acts_before) an act order memory as well? The ends of a channel's senders do not.
    pub(super) fn orders_memory(&self, event: &Event) -> bool {
        let receives = matches!(event.label, Label::Other(Op::Act { act: Act::Receive, .. }));
        event.source.is_some() || !receives
    }

    /// The arrivals at a barrier that are of this one's round: as many others come before each of them.
    fn round_of(&self, barrier: u32, arrival: Name) -> impl Iterator<Item = Name> {
        let arrives = Label::Other(Op::Act { object: barrier, act: Act::Meet });
        let arrivals = move || self.names().filter(move |name| self.event(*name).label == arrives);
        let before = move |name: Name| {
            let past = &self.event(name).clocks.porf;
            arrivals().filter(|other| past.has(*other)).count()
        };
        let mine = before(arrival);
        arrivals().filter(move |name| before(*name) == mine)
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
            let acted = self.act_of(*other, event);
            let released = acted.and_then(|acted| acted.releases);
            if released.is_some_and(|it| it == part || part == machine::EVERYTHING) {
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
            let goes_on = self.undone(thread).is_none() && !self.looks_no_more(kernel, thread);
            if let Some(label) = label.filter(|_| goes_on) {
                self.learn_states(kernel, op);
                self.with_atomic(label, 0, |graphs, access| {
                    graphs.owe_access(thread, label, access);
                });
            }
        }
    }

    /// Has the exploration begin again if more threads may arrive at a barrier in one round than pass it.
    pub(super) fn find_crowd(&self, kernel: &mut Kernel, op: Op) {
        let Op::Act { object, act: Act::Meet } = op else { return };
        let last = self.graph().last_of(kernel.current);
        let is_apart = kernel.is_apart(object, Act::Meet);
        if is_apart && Some(self.graph().round_of(object, last).count()) > kernel.parties(object) {
            kernel.begin_with_crowds();
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

    /// Knows the machine, or the owners, of a step that is an act on one.
    pub(super) fn learn_states(&mut self, kernel: &Kernel, op: Op) {
        let mut states = self.graph().states.borrow_mut();
        let (object, first) = match op {
            Op::Act { object, .. } => (object, states.learn(kernel, object)),
            Op::Count { arc, .. } => (arc, states.learn_owners(kernel, arc)),
            _ => return,
        };
        drop(states);
        self.create(object, first);
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
