//! Random walks through the tree of graphs, from which its size is estimated.
//!
//! What an execution owes hangs on nothing that was explored before (see [`parcel`](super::parcel)). So the executions
//! are the nodes of a tree in which each has those below it that go on with something that it owes. A walk takes one of
//! these at random, again and again until an execution owes nothing. With `p` the probability with which it was
//! taken,
//!
//! ```text
//! size of a tree = 1 + size of the tree below / p
//! ```
//!
//! is right on average, from the leaf up to the root, whatever the probabilities are (Knuth, "Estimating the Efficiency
//! of Backtrack Programs", Mathematics of Computation 29, 1975). They should be in proportion to the sizes below: if
//! each is as likely as another, then the mean is nearly always far too small, for the largest trees are rarely
//! come to. So walks learn how large the tree below a graph is that has so many events, the more the smaller, which is what
//! Chen's strata are in another algorithm ("Heuristic Sampling: a Method for Predicting the Performance of Tree
//! Searching Programs", SIAM Journal on Computing 21, 1992), and later walks go where they expect more.
//!
//! GenMC, of the same tree, has an estimation mode as well (rust-lang/miri#4583 tells what it gives).

use std::cell::Cell;
use std::mem::size_of;
use std::rc::Rc;

use super::event::{Event, Name};
use super::graph::Graph;
use super::{Frame, Graphs, Item};
use crate::random::Random;

/// The part of the probability that is the same for all, however small their trees seem to be, where sizes are estimated.
const EVEN_TO_ESTIMATE: f64 = 0.1;

/// The same where graphs are drawn, of which those are wanted, too, that few are like.
const EVEN_TO_DRAW: f64 = 0.5;

/// How much smaller a tree is taken for with each event of its graph, as long as nothing is known; a logarithm.
const SHRINKS: f64 = 0.3;

/// A walk under way, and what those before have learnt.
pub(super) struct Walk {
    random: Random,
    /// What the last walk that is over comes to.
    size: Rc<Cell<f64>>,
    /// The executions on its way.
    way: Vec<Node>,
    /// How many events the graph has from which the execution begins.
    len: usize,
    /// How many executions are to be run yet, those to a limit; none: one walk is made.
    left: Option<u64>,
    /// By the number of events of a graph: how often walks came to such a one, and the sum of the sizes of their trees.
    seen: Vec<(f64, f64)>,
}

/// An execution on the way of a walk.
struct Node {
    /// How many events its graph had when it began.
    len: usize,
    counts: bool,
    /// The probability of what was taken from it.
    taken: f64,
}

impl Walk {
    /// How large the trees below graphs with so many events are on average, or about.
    fn expected(&self, len: usize) -> f64 {
        let mean = |at: usize| self.seen.get(at).filter(|seen| seen.0 > 0.0).map(|it| it.1 / it.0);
        let furthest = self.seen.len().max(len);
        for distance in 0..=furthest {
            let below = len.checked_sub(distance).and_then(mean);
            if let Some(mean) = below.map(|mean| mean * (-SHRINKS * distance as f64).exp()) {
                return mean;
            }
            if let Some(mean) = mean(len + distance) {
                return mean * (SHRINKS * distance as f64).exp();
            }
        }
        (-SHRINKS * len as f64).exp()
    }

    /// Draws one of the graphs that have so many events: which, and with what probability.
    fn draw(&mut self, lens: &[usize]) -> (usize, f64) {
        let expected = lens.iter().map(|len| self.expected(*len).max(f64::MIN_POSITIVE));
        let expected = expected.collect::<Vec<_>>();
        let sum = expected.iter().sum::<f64>();
        let even = if self.left.is_none() { EVEN_TO_ESTIMATE } else { EVEN_TO_DRAW };
        let part = |one: f64| even / lens.len() as f64 + (1.0 - even) * one / sum;
        // 53 bits are what a number has room for.
        let mut left = (self.random.next() >> 11) as f64 / (1_u64 << 53) as f64;
        for (at, one) in expected.iter().enumerate() {
            left -= part(*one);
            if left < 0.0 {
                return (at, part(*one));
            }
        }
        let last = expected.len() - 1;
        (last, part(expected[last]))
    }

    /// The walk is over: what it comes to, and what is learnt from it.
    fn end(&mut self) {
        let mut below = 0.0;
        while let Some(Node { len, counts, taken }) = self.way.pop() {
            below = f64::from(u8::from(counts)) + below / taken;
            if self.seen.len() <= len {
                self.seen.resize(len + 1, (0.0, 0.0));
            }
            let (times, sum) = &mut self.seen[len];
            (*times, *sum) = (*times + 1.0, *sum + below);
        }
        self.size.set(below);
        self.len = 0;
    }
}

impl Graphs {
    /// Walks from the root to a leaf, again and again: [`next`](crate::execution::Strategy::next) says that a walk is
    /// over, and `size` is then what it tells of how many executions there are.
    pub(crate) fn walking(size: Rc<Cell<f64>>) -> Self {
        Self::walking_by(Random::new(0), size, None)
    }

    /// Walks from the root to a leaf, again and again, until so many executions have been run.
    pub(crate) fn drawn(seed: u64, executions: u64) -> Self {
        Self::walking_by(Random::nth(seed, 0), Rc::default(), Some(executions))
    }

    fn walking_by(random: Random, size: Rc<Cell<f64>>, left: Option<u64>) -> Self {
        let (way, seen) = (Vec::new(), Vec::new());
        let walk = Walk { random, size, way, len: 0, left, seen };
        Graphs { walk: Some(Box::new(walk)), ..Graphs::default() }
    }

    /// Draws how the walk goes on, now that an execution has ended, which `counts` or not. False if it goes no further, and
    /// no other is to follow.
    pub(super) fn walk_on(&mut self, counts: bool) -> bool {
        let (Some(walk), Some(mut frame)) = (&mut self.walk, self.frames.pop()) else {
            return false;
        };
        self.frames.clear();
        self.own = None;
        let mut node = Node { len: walk.len, counts, taken: 1.0 };
        let events = |item: &Item| match item {
            Item::Forward { len, .. } => len + 1,
            Item::Backward(graph, _) => graph.len(),
        };
        let lens = frame.items.iter().map(events).collect::<Vec<_>>();
        if let Some(left) = &mut walk.left {
            *left = left.saturating_sub(u64::from(counts));
            if *left == 0 {
                return false;
            }
        }
        if lens.is_empty() {
            walk.way.push(node);
            walk.end();
            return walk.left.is_some();
        }
        let (at, taken) = walk.draw(&lens);
        node.taken = taken;
        walk.way.push(node);
        walk.len = lens[at];
        let (graph, own) = frame.cut_off(at);
        self.own = own;
        self.frames.push(Frame::of(graph));
        true
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
