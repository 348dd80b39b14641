//! Graphs on their way to another worker.
//!
//! What is owed from a graph is independent of all else that is owed: a worker that has the graph explores everything
//! below it, and asks for nothing above. (TruSt, the algorithm of this folder, keeps no record of what was explored.)
//! So a worker cuts off the oldest that it owes, which is likely to be the largest.
//!
//! What a worker has found out about loops is its own, and it shares nothing from then on. If a loop waits, the search
//! begins again with one worker.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::event::{Clocks, Event, Name};
use super::graph::{Axioms, Graph};
use super::{Frame, Graphs, Item};
use crate::exploration::pool::Pool;
use crate::kernel::machine::States;

/// A graph that is owed, as data of its own.
pub(super) struct Parcel {
    threads: Vec<Vec<(Event<()>, Clocks)>>,
    births: Vec<Option<Name>>,
    order: Vec<Name>,
    objects: Vec<Vec<Name>>,
    lanes: Vec<Vec<Name>>,
    states: States,
    axioms: Axioms,
    own: Option<Name>,
    /// The lanes of readers, which its worker has numbered.
    numbered: Vec<(u32, u16)>,
}

impl Parcel {
    fn pack(graph: Graph, own: Option<Name>, numbered: Vec<(u32, u16)>) -> Self {
        let Graph { threads, births, order, objects, lanes, states, axioms } = graph;
        let pack = |event: Event| {
            let clocks = Clocks::clone(&event.clocks);
            (event.with(()), clocks)
        };
        let threads = threads.into_iter().map(|events| events.into_iter().map(pack).collect());
        let (threads, states) = (threads.collect(), states.borrow().clone());
        Parcel { threads, births, order, objects, lanes, states, axioms, own, numbered }
    }

    fn unpack(self) -> Graph {
        let Parcel { threads, births, order, objects, lanes, states, axioms, .. } = self;
        let unpack = |(event, clocks): (Event<()>, Clocks)| event.with(Rc::new(clocks));
        let threads = threads.into_iter().map(|events| events.into_iter().map(unpack).collect());
        let (threads, states) = (threads.collect(), Rc::new(RefCell::new(states)));
        Graph { threads, births, order, objects, lanes, states, axioms }
    }
}

impl Frame {
    /// The graph of one of those that are owed, and the read-modify-write whose write is new in it.
    pub(super) fn cut_off(&mut self, at: usize) -> (Graph, Option<Name>) {
        match self.items.remove(at) {
            Item::Forward { len, thread, label, choice } => {
                let mut graph = self.graph.clone();
                graph.go_on(len, thread, label, choice);
                (graph, None)
            }
            Item::Backward(graph, changed) => {
                let own = graph.event(changed).writes.then_some(changed);
                (*graph, own)
            }
        }
    }
}

impl Graphs {
    /// Lets another worker have what is owed first, if one waits.
    pub(super) fn share(&mut self) {
        let Some(pool) = self.pool.as_ref().filter(|pool| pool.is_wanted()) else { return };
        if !self.waiting.known.is_empty() {
            return;
        }
        if let Some(frame) = self.frames.iter_mut().find(|frame| !frame.items.is_empty()) {
            let (graph, own) = frame.cut_off(0);
            pool.give(0, Parcel::pack(graph, own, self.lanes.clone()));
        }
    }

    /// Goes on with what another worker has cut off. False if no worker has anything left.
    pub(super) fn help(&mut self) -> bool {
        let Some(mut parcel) = self.pool.as_ref().and_then(|pool| pool.take()) else {
            return false;
        };
        // Nothing is left that has this worker's own numbers.
        (self.own, self.lanes) = (parcel.own, std::mem::take(&mut parcel.numbered));
        self.frames.push(Frame::of(parcel.unpack()));
        true
    }

    /// A strategy for another worker.
    pub(super) fn helper(pool: Arc<Pool<Parcel>>, axioms: Axioms) -> Self {
        Graphs { pool: Some(pool), ..Graphs::under(axioms) }
    }
}
