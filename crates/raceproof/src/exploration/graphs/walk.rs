//! Random walks through the tree of graphs, from which its size is estimated.
//!
//! An event is added in the maximal way, and each other way is owed, as is each graph in which the event revisits
//! another. What follows from one of these hangs on nothing that was explored before (see [`parcel`](super::parcel)). So
//! the graphs are the leaves of a tree in which each event that was added has these ways as its branches, and one
//! can go down it at random: the product of the numbers of branches on the way is an unbiased estimate of how many
//! leaves there are (Knuth, "Estimating the Efficiency of Backtrack Programs", Mathematics of Computation 29, 1975).
//! GenMC, of the same tree, has an estimation mode as well (rust-lang/miri#4583 tells what it gives).
//!
//! An execution goes the maximal way to its end. Which branches it would rather have taken is drawn afterwards; if it was
//! another one somewhere, then the walk goes on with that.

use std::cell::Cell;
use std::mem::size_of;
use std::rc::Rc;

use super::event::{Event, Name};
use super::graph::Graph;
use super::{Frame, Graphs, Item};
use crate::random::Random;

/// A walk under way.
pub(super) struct Walk {
    random: Random,
    /// The product of the numbers of branches so far.
    branches: Rc<Cell<f64>>,
    /// How many ways were owed when each event of this execution had been added.
    ways: Vec<usize>,
}

impl Graphs {
    /// Walks from the root to a leaf, again and again: [`next`](crate::execution::Strategy::next) says that a walk is
    /// over, and `branches` multiplies the numbers of branches on its way.
    pub(crate) fn walking(branches: Rc<Cell<f64>>) -> Self {
        let walk = Walk { random: Random::new(0), branches, ways: Vec::new() };
        Graphs { walk: Some(Box::new(walk)), ..Graphs::default() }
    }

    /// Another event is added: what is owed from now on is no other way of it.
    #[inline]
    pub(super) fn note_way(&mut self) {
        if let (Some(walk), Some(frame)) = (&mut self.walk, self.frames.last()) {
            walk.ways.push(frame.items.len());
        }
    }

    /// Draws how the walk goes on, now that the execution has ended. False if it goes no further.
    pub(super) fn walk_on(&mut self) -> bool {
        let (Some(walk), Some(mut frame)) = (&mut self.walk, self.frames.pop()) else {
            return false;
        };
        self.frames.clear();
        let mut ways = std::mem::take(&mut walk.ways);
        ways.push(frame.items.len());
        let mut first = 0;
        for end in ways {
            // What a trial has owed may have been taken back.
            let others = end.min(frame.items.len()).saturating_sub(first);
            if others == 0 {
                continue;
            }
            walk.branches.set(walk.branches.get() * (1 + others) as f64);
            let drawn = walk.random.below(1 + others);
            if drawn < others {
                let (graph, own) = frame.cut_off(first + drawn);
                self.own = own;
                self.frames.push(Frame { graph, items: Vec::new() });
                return true;
            }
            first += others;
        }
        self.own = None;
        false
    }

    /// How many bytes the graphs take that are kept, about, and how many these are.
    pub(super) fn kept_by_frames(&self) -> (usize, usize) {
        let size = |graph: &Graph| {
            let names = graph.objects.iter().chain(&graph.lanes).map(Vec::len).sum::<usize>();
            let vectors = graph.threads.len() + graph.objects.len() + graph.lanes.len();
            graph.len() * (size_of::<Event>() + size_of::<Name>())
                + names * size_of::<Name>()
                + vectors * size_of::<Vec<Name>>()
        };
        let of_item = |item: &Item| match item {
            Item::Forward { .. } => 0,
            Item::Backward(graph, _) => size(graph),
        };
        let of_frame = |frame: &Frame| {
            let items = frame.items.iter().map(of_item).sum::<usize>();
            size(&frame.graph) + items + frame.items.capacity() * size_of::<Item>()
        };
        let parts = self.frames.iter().map(|frame| 1 + frame.items.len()).sum();
        (self.frames.iter().map(of_frame).sum(), parts)
    }
}
