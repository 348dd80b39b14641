//! Graphs of executions with few preemptions.
//!
//! Under a bound, a graph counts if its events can be put in an order in which at most so many times a thread is left
//! that could go on. (Which orders there are is what [interleavings](super::interleaving) say.)
//!
//! An exploration that only stopped at graphs beyond the bound would lose others that it comes to from these: what was
//! added in the maximal way may be taken out again, and with it the need for a preemption. But what is
//! [settled](Graph::settled) stays, in whatever graph comes of it, and part of an execution needs no more preemptions than the
//! whole: so a graph is given up once what is settled in it is beyond the bound, and none is lost. The rest is run in
//! vain. (Marmanis and Vafeiadis, "Reconciling Preemption Bounding with DPOR", TACAS 2023, stop some preemptions beyond
//! the bound.)

use std::collections::HashSet;

use super::event::{Clock, Label, Name};
use super::graph::Graph;
use super::interleaving::Ordered;
use super::{Frame, Graphs};
use crate::kernel::{Kernel, Op};

/// Orders that are looked at for one graph. One that has more is taken for one within the bound.
const ENOUGH: usize = 20_000;

/// Events in an order, up to some point.
struct Point<'a> {
    ordered: Ordered<'a>,
    /// The thread of the last one.
    last: u16,
}

impl Graph {
    /// Does every order of the events leave more than so many times a thread that could go on?
    pub(super) fn needs_more_preemptions_than(&self, most: u32) -> bool {
        let runs_on = self.names().all(|name| is_always_enabled(self.event(name).label));
        let mut seen = HashSet::new();
        let mut points = vec![Point { ordered: Ordered::new(self), last: 0 }];
        for _ in 0..=most {
            let mut later = Vec::new();
            while let Some(mut point) = points.pop() {
                while runs_on && point.goes_on() {}
                if !seen.insert((point.ordered.done.clone(), point.last)) {
                    continue;
                }
                if point.ordered.is_complete() || seen.len() > ENOUGH {
                    return false;
                }
                let leaves_one_that_could = self.could_go_on(&point);
                for thread in 0..self.threads.len() as u16 {
                    let Some(name) = point.ordered.next(thread) else { continue };
                    let mut ordered = point.ordered.clone();
                    ordered.add(name);
                    let next = Point { ordered, last: thread };
                    if thread != point.last && leaves_one_that_could {
                        later.push(next);
                    } else {
                        points.push(next);
                    }
                }
            }
            points = later;
        }
        true
    }

    /// Could the thread of the last event do something else now than to let others go on?
    fn could_go_on(&self, point: &Point<'_>) -> bool {
        let Point { ordered, last } = point;
        let name = Name { thread: *last, index: ordered.done[usize::from(*last)] + 1 };
        if name.index > self.events_of(*last) {
            return false;
        }
        if ordered.may_come(name) {
            return true;
        }
        let (event, label) = (self.event(name), self.event(name).label);
        match label {
            Label::Access(..) if label.parks() => {
                let token = label.location().and_then(|token| ordered.last_write(token));
                token.is_some_and(|write| self.event(write).value == 1)
            }
            Label::Access(..) if label.acts() => {
                let state = label.location().and_then(|object| ordered.last_write(object));
                self.acted(*last, label, state).is_some()
            }
            Label::Other(Op::Lock(mutex)) => !ordered.is_held(mutex),
            Label::Other(Op::Relock(mutex)) => {
                event.source.is_none_or(|source| ordered.has(source)) && !ordered.is_held(mutex)
            }
            // It waits for an event that is not there.
            Label::Other(Op::Join(_) | Op::JoinClosure(_) | Op::Asleep { .. } | Op::Act { .. })
            | Label::Take { .. } => false,
            Label::Access(..) | Label::Fence(_) | Label::Spawn(_) | Label::Other(_) => true,
        }
    }

    /// What is in every graph that comes of this one: what was not added in the maximal way, what reads from later writes,
    /// and what comes before.
    fn settled(&self) -> Clock {
        let mut settled = Clock::default();
        for name in self.names().filter(|name| !self.waits(*name)) {
            let event = self.event(name);
            // A write is not taken out that was added after what reads it.
            let source = event.source.filter(|it| self.event(*it).stamp > event.stamp);
            if let Some(source) = source {
                settled.join(&self.event(source).clocks.porf);
            }
            if !settled.has(name) && self.stays(name) {
                settled.join(&event.clocks.porf);
            }
        }
        settled
    }

    /// Was the event not added in the maximal way, whatever comes to be before it?
    fn stays(&self, name: Name) -> bool {
        let event = self.event(name);
        let was_there = |other: &Name| *other != name && self.event(*other).stamp < event.stamp;
        if let Some(location) = event.label.location() {
            let from = if event.label.reads() { event.source } else { Some(name) };
            let later = &self.object(location)[self.position(location, from)..];
            return later.iter().any(was_there) && !self.is_settled(name);
        }
        let object = event.object().map_or(&[][..], |object| self.object(object));
        let mut later = object.iter().skip_while(|other| **other != name);
        later.any(was_there) || !self.is_first_alternative(name)
    }

    /// Does the event use this object?
    fn uses(&self, name: Name, object: u32) -> bool {
        let label = self.event(name).label;
        let of_op = |op: Op| match op {
            Op::Wait { condvar, mutex } => condvar == object || mutex == object,
            op => op.object() == Some(object),
        };
        match label {
            Label::Access(op, ..) | Label::Other(op) => {
                of_op(op) || label.location() == Some(object)
            }
            Label::Take { lock, .. } => lock == object,
            Label::Fence(_) | Label::Spawn(_) => false,
        }
    }
}

/// Can a thread take such a step whenever it comes to it, or is it the end of what others do that it waits for? Then it is
/// no worse to run it on as far as it goes.
fn is_always_enabled(label: Label) -> bool {
    match label {
        Label::Access(op, ..) => matches!(
            op,
            Op::Load(_)
                | Op::Store(_)
                | Op::Rmw(_)
                | Op::CompareExchange(_)
                | Op::End { .. }
                | Op::IsFinished { .. }
        ),
        Label::Other(op) => matches!(op, Op::Join(_) | Op::Choose(_)),
        Label::Fence(_) | Label::Spawn(_) => true,
        Label::Take { .. } => false,
    }
}

impl Point<'_> {
    /// Puts the last thread's next event in order, if it may come next.
    fn goes_on(&mut self) -> bool {
        let next = self.ordered.next(self.last);
        next.inspect(|name| self.ordered.add(*name)).is_some()
    }
}

/// What is explored under sequential consistency with at most so many preemptions.
pub(super) struct Few {
    most: u32,
    /// Objects that have ended in the execution under way, each after this event.
    ended: Vec<(u32, Name)>,
}

impl Graphs {
    /// Explores each graph of an interleaving with at most so many preemptions, once.
    pub(crate) fn with_few_preemptions(most: u32) -> Self {
        let graph = Graph { is_sequential: true, ..Graph::default() };
        let frames = vec![Frame { graph, items: Vec::new() }];
        Graphs { frames, few: Some(Few { most, ended: Vec::new() }), ..Graphs::default() }
    }

    /// Is what is settled in the next execution beyond the bound?
    pub(super) fn is_beyond_bound(&self) -> bool {
        self.few.as_ref().is_some_and(|few| {
            let graph = self.graph();
            graph.part(&graph.settled()).needs_more_preemptions_than(few.most)
        })
    }

    /// Is the execution that is over beyond the bound?
    pub(super) fn was_beyond_bound(&self) -> bool {
        let most = self.few.as_ref().map(|few| few.most);
        most.is_some_and(|most| self.graph().needs_more_preemptions_than(most))
    }

    pub(super) fn forget_ends(&mut self) {
        if let Some(few) = &mut self.few {
            few.ended.clear();
        }
    }

    /// Notes that an object has ended.
    pub(super) fn note_ended(&mut self, kernel: &Kernel, object: u32) {
        let thread = kernel.current;
        let index = self.done[usize::from(thread)];
        if let Some(few) = &mut self.few {
            few.ended.push((object, Name { thread, index }));
        }
    }

    /// May an object that has ended be used after that, in another order of the same events?
    pub(super) fn may_be_used_later(&self) -> bool {
        let graph = self.graph();
        let ended = self.few.iter().flat_map(|few| &few.ended);
        ended.copied().any(|(object, last)| {
            let before = graph.front_after(last).porf;
            let used = |name: Name| name.thread != last.thread && graph.uses(name, object);
            graph.names().any(|name| used(name) && !before.has(name))
        })
    }
}

/// Refuses, under a bound, what is explored by every schedule.
pub(super) fn refuse(kernel: &mut Kernel) -> bool {
    let locks = |op: Op| {
        matches!(
            op,
            Op::ReadLock(_) | Op::WriteLock(_) | Op::TryRead(_) | Op::TryWrite(_) | Op::Yield
        )
    };
    let found = kernel.ids().any(|id| locks(kernel.thread(id).pending.op));
    if found {
        kernel.refuse("read-write locks and loops that wait, with few preemptions");
    }
    found
}
