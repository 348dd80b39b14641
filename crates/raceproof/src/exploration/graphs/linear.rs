//! In which order an execution is told: the one that needs the fewest stale reads.
//!
//! Steps that nothing orders may come in any order. A read comes before the writes that it overlooks if
//! it can; so an execution that is one of sequentially consistent memory is told as such.

use super::Graphs;
use super::event::{Label, Name};
use super::graph::Graph;
use crate::kernel::Op;
use crate::kernel::owners::Turn;
use crate::kernel::spurious::fails_weakly;

/// What it costs that an event overlooks a write that was told before.
const OVERLOOKS: usize = 10;
/// What it costs that another event will overlook a write that is told now.
const OVERLOOKED: usize = 3;

/// The events that were done, some of which are told.
struct Told<'a> {
    graph: &'a Graph,
    done: &'a [u32],
    told: Vec<u32>,
    /// The threads in the order of their starts.
    started: Vec<u16>,
    steps: Vec<(u16, u16)>,
}

impl Graphs {
    /// The steps of the execution that has just ended, in the order in which it is told, with threads
    /// numbered in the order of their starts.
    pub(super) fn in_telling_order(&self) -> Vec<(u16, u16)> {
        let (graph, done) = (self.graph(), self.done.as_slice());
        let (told, started) = (vec![0; done.len()], Vec::new());
        let mut told = Told { graph, done, told, started, steps: Vec::new() };
        told.start(0);
        let mut last = 0;
        while let Some(name) = told.next(last) {
            last = name.thread;
            told.tell(name);
            (0..done.len() as u16).for_each(|thread| told.go_on(thread));
        }
        told.steps
    }
}

impl Told<'_> {
    fn is_told(&self, name: Name) -> bool {
        self.told[usize::from(name.thread)] >= name.index
    }

    fn start(&mut self, thread: u16) {
        self.started.push(thread);
        self.go_on(thread);
    }

    /// A thread's number.
    fn number(&self, thread: u16) -> u16 {
        let number = self.started.iter().position(|started| *started == thread);
        number.map_or(thread, |number| number as u16)
    }

    /// Tells what a thread does before its next step, as soon as it can.
    fn go_on(&mut self, thread: u16) {
        while let Some(name) = self.next_of(thread).filter(|name| self.is_ready(*name)) {
            let label = self.graph.event(name).label;
            if !matches!(
                label,
                Label::Fence(_) | Label::Spawn(_) | Label::Other(Op::Join(_) | Op::JoinClosure(_))
            ) {
                return;
            }
            self.tell(name);
        }
    }

    fn tell(&mut self, name: Name) {
        let event = self.graph.event(name);
        self.told[usize::from(name.thread)] += 1;
        let alternative = match event.label {
            Label::Access(Op::Count { .. }, ..) => {
                Turn::weakly(event.expected as u16, event.alternative)
            }
            label if label.has_alternatives() => event.alternative,
            Label::Access(..) => {
                let later = self.overlooked(name).filter(|write| self.is_told(*write)).count();
                match event.fails_for_no_reason() {
                    true => fails_weakly(later as u16),
                    false => later as u16,
                }
            }
            Label::Spawn(child) => return self.start(child),
            Label::Other(Op::NotifyOne(_)) => self.number(event.alternative),
            Label::Other(Op::Join(_) | Op::JoinClosure(_))
            | Label::Fence(_)
            | Label::Take { .. } => return,
            Label::Other(_) => event.alternative,
        };
        self.steps.push((self.number(name.thread), alternative));
    }

    /// The next event of a thread.
    fn next_of(&self, thread: u16) -> Option<Name> {
        let index = self.told[usize::from(thread)] + 1;
        (index <= self.done[usize::from(thread)]).then_some(Name { thread, index })
    }

    /// The event that is told next, after one of this thread.
    fn next(&self, last: u16) -> Option<Name> {
        let threads = 0..self.done.len() as u16;
        let next = threads.filter_map(|id| self.next_of(id)).filter(|name| self.is_ready(*name));
        next.min_by_key(|name| {
            (self.cost(*name), name.thread != last, self.graph.event(*name).stamp)
        })
    }

    /// Is everything told that must come before?
    fn is_ready(&self, name: Name) -> bool {
        let (graph, event) = (self.graph, self.graph.event(name));
        let over = |one| graph.over(one).is_some_and(|over| self.is_told(over));
        let born = |birth: Option<Name>| birth.is_none_or(|birth| self.is_told(birth));
        let ended = |thread: u16| self.next_of(thread).is_none();
        graph.births.get(usize::from(name.thread)).is_none_or(|birth| born(*birth))
            && event.source.is_none_or(|source| self.is_told(source))
            && graph.acts_before(name, event).into_iter().all(|before| self.is_told(before))
            && event.object().and_then(|object| graph.before(object, name)).is_none_or(over)
            && !matches!(event.label, Label::Other(Op::Join(thread)) if !ended(thread))
    }

    /// The writes that come after what an access reads, or after itself.
    fn overlooked(&self, name: Name) -> impl Iterator<Item = Name> {
        let (graph, event) = (self.graph, self.graph.event(name));
        let from = if event.writes { Some(name) } else { event.source };
        let later = event
            .label
            .location()
            .map_or(&[][..], |location| &graph.object(location)[graph.position(location, from)..]);
        later.iter().copied()
    }

    /// How much an event overlooks if it is told now, and how much is left that will overlook it.
    fn cost(&self, name: Name) -> usize {
        let event = self.graph.event(name);
        if event.label.location().is_none() {
            return 0;
        }
        let overlooks = self.overlooked(name).any(|write| self.is_told(write));
        let left = self.graph.names().filter(|other| {
            event.writes
                && *other != name
                && !self.is_told(*other)
                && other.index <= self.done[usize::from(other.thread)]
                && self.graph.event(*other).label.location() == event.label.location()
                && self.overlooked(*other).any(|write| write == name)
        });
        usize::from(overlooks) * OVERLOOKS + left.count() * OVERLOOKED
    }
}
