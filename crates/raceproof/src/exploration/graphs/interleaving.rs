//! Whether a graph is that of an interleaving.
//!
//! Most graphs are, and this is found out in less time than what the axioms say of a graph.

use super::event::{Label, Name};
use super::graph::Graph;
use crate::kernel::Op;

/// The events that are put in order, some of which are.
struct Ordered<'a> {
    graph: &'a Graph,
    /// How many of each thread's events are in order.
    done: Vec<u32>,
    /// For each atomic, where its part of `readers` begins.
    begins: Vec<usize>,
    /// For each atomic, and each position in its modification order: how many events are left that only
    /// read what is there.
    readers: Vec<u32>,
}

impl Graph {
    /// Can all events be put in an order in which each read reads the last write?
    pub(super) fn is_interleaving(&self) -> bool {
        let mut ordered = Ordered::new(self);
        let mut more = true;
        while more {
            more = false;
            for thread in 0..self.threads.len() as u16 {
                while let Some(name) = ordered.next(thread) {
                    ordered.add(name);
                    more = true;
                }
            }
        }
        (0..self.threads.len() as u16).all(|thread| ordered.has_all(thread))
    }
}

impl<'a> Ordered<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut total = 0;
        let begins = graph.objects.iter().map(|writes| {
            total += writes.len() + 1;
            total - writes.len() - 1
        });
        let begins = begins.collect();
        let done = vec![0; graph.threads.len()];
        let mut ordered = Ordered { graph, done, begins, readers: vec![0; total] };
        for name in graph.names() {
            if let Some(at) = ordered.read_at(name) {
                ordered.readers[at] += 1;
            }
        }
        ordered
    }

    /// Where it is counted that an event reads, if it only reads.
    fn read_at(&self, name: Name) -> Option<usize> {
        let event = self.graph.event(name);
        let location = event.label.location().filter(|_| !event.writes)?;
        // An atomic without writes has no place.
        let begin = self.begins.get(location as usize)?;
        Some(begin + self.graph.position(location, event.source))
    }

    fn has(&self, name: Name) -> bool {
        self.done[usize::from(name.thread)] >= name.index
    }

    fn has_all(&self, thread: u16) -> bool {
        self.done[usize::from(thread)] == self.graph.events_of(thread)
    }

    fn add(&mut self, name: Name) {
        self.done[usize::from(name.thread)] += 1;
        if let Some(at) = self.read_at(name) {
            self.readers[at] -= 1;
        }
    }

    /// A thread's next event, if it may come next.
    fn next(&self, thread: u16) -> Option<Name> {
        let name = Name { thread, index: self.done[usize::from(thread)] + 1 };
        (name.index <= self.graph.events_of(thread) && self.may_come(name)).then_some(name)
    }

    fn may_come(&self, name: Name) -> bool {
        let (graph, event) = (self.graph, self.graph.event(name));
        let birth = graph.births.get(usize::from(name.thread)).copied().flatten();
        let before = event.object().and_then(|object| graph.before(object, name));
        let before = before.map(|before| graph.over(before).unwrap_or(before));
        let others = [birth, before, event.source].into_iter().flatten();
        let all_done = others.chain(graph.acts_before(name, event)).all(|it| self.has(it));
        let ended = match event.label {
            Label::Other(Op::Join(thread)) => self.has_all(thread),
            _ => true,
        };
        all_done && ended && (!event.writes || self.may_write(name))
    }

    /// Are the write before this one and all that only read it in order?
    fn may_write(&self, name: Name) -> bool {
        let (graph, event) = (self.graph, self.graph.event(name));
        let location = event.label.location().expect("a write is of an atomic");
        let place = graph.position(location, Some(name)) - 1;
        let left = self.readers[self.begins[location as usize] + place];
        left == 0 && graph.write_at(location, place).is_none_or(|write| self.has(write))
    }
}
