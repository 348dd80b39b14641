//! Ways down the tree of graphs, by which a search is cut into pieces that are text.
//!
//! What an execution owes hangs on nothing that was explored before (see [`parcel`](super::parcel)), and it owes that in
//! the same order whenever it is run. So an execution is told by a *way* from the root: which of the owed graphs is
//! gone on with, at each level. A piece of a search is run from its way alone; the executions on the way
//! are run again and do not count.
//!
//! Each way bears a *guard*, a hash of the graph from which its execution begins. In a program that is not the
//! same each time, a way that leads elsewhere is found out by it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;
use std::rc::Rc;

use super::event::{Label, Name};
use super::graph::Graph;
use super::{Frame, Graphs, Item};
use crate::execution::piece::{Extent, Piece};

/// A node of the tree: an execution, by the one that owes it.
pub(super) struct Way {
    from: Option<(Rc<Way>, u32)>,
    guard: u32,
}

impl Drop for Way {
    fn drop(&mut self) {
        // A long way is not dropped by as many calls in each other.
        let mut next = self.from.take();
        while let Some((way, _)) = next {
            next = Rc::into_inner(way).and_then(|mut way| way.from.take());
        }
    }
}

/// What the items of a frame from `at` on are: what this execution owes, from its `first` on.
pub(super) struct Fork {
    at: usize,
    first: u32,
    way: Rc<Way>,
}

/// The pieces that a strategy explores, one after the other; what they have in common with who asked for them.
#[derive(Default)]
pub(crate) struct Route {
    /// What is left, but for the piece under way.
    pub(crate) pieces: VecDeque<Piece>,
    /// Nothing is explored, but each piece is told in smaller ones.
    pub(crate) opens: bool,
    /// These, each with how many events its graph begins.
    pub(crate) opened: Option<Vec<(Piece, usize)>>,
    /// What was found instead of what a way leads to.
    pub(crate) astray: Option<&'static str>,
    /// Nothing is left.
    pub(crate) is_over: bool,
    /// The first execution of all, as a hash.
    pub(crate) first: Option<u64>,
}

/// A route, and how far it has come.
pub(super) struct Journey {
    pub(super) route: Rc<RefCell<Route>>,
    piece: Option<Piece>,
    /// How many levels of its way are behind, and the guard of where that is.
    depth: usize,
    guard: u32,
    /// Its node has been run.
    arrived: bool,
}

impl Way {
    fn steps(self: &Rc<Self>) -> Vec<u32> {
        let mut steps = Vec::new();
        let mut way = self;
        while let Some((before, nth)) = &way.from {
            steps.push(*nth);
            way = before;
        }
        steps.reverse();
        steps
    }

    /// The way of a piece's node.
    fn of(piece: &Piece) -> Rc<Self> {
        let root = Rc::new(Way { from: None, guard: Graph::default().guard() });
        let go = |way, nth: &u32| Rc::new(Way { from: Some((way, *nth)), guard: 0 });
        let way = piece.way.iter().fold(root, go);
        Rc::new(Way { from: way.from.clone(), guard: piece.guard })
    }
}

impl Frame {
    pub(super) fn of(graph: Graph) -> Self {
        Frame { graph, items: Vec::new(), forks: Vec::new() }
    }

    /// The way of the item that was taken, which was the last; so that what it owes is the last from now on.
    fn fork(&mut self, guard: u32) -> Option<Rc<Way>> {
        let at = self.items.len();
        let owing = self.forks.iter().rfind(|fork| fork.at <= at)?;
        let nth = owing.first + (at - owing.at) as u32;
        let way = Rc::new(Way { from: Some((Rc::clone(&owing.way), nth)), guard });
        self.forks.truncate(self.forks.partition_point(|fork| fork.at < at));
        Some(way)
    }

    /// What is owed here.
    fn owed(&self) -> impl Iterator<Item = Piece> {
        let ends = self.forks.iter().skip(1).map(|fork| fork.at).chain([self.items.len()]);
        self.forks.iter().zip(ends).filter(|(fork, end)| fork.at < *end).map(|(fork, end)| {
            let extent = Extent::Below(fork.first, fork.first + (end - fork.at) as u32);
            Piece { way: fork.way.steps(), guard: fork.way.guard, extent }
        })
    }
}

impl Graphs {
    /// A strategy that explores pieces.
    pub(crate) fn on(route: Rc<RefCell<Route>>) -> Self {
        let journey = Journey { route, piece: None, depth: 0, guard: 0, arrived: false };
        Graphs { journey: Some(Box::new(journey)), ..Graphs::default() }
    }

    /// All that there is.
    pub(crate) fn root() -> Piece {
        let guard = Graph::default().guard();
        Piece { way: Vec::new(), guard, extent: Extent::Whole }
    }

    /// Sets out for the next piece if none is under way. False if there is none.
    pub(super) fn set_out(&mut self) -> bool {
        let Some(journey) = &mut self.journey else { return true };
        if journey.piece.is_some() {
            return true;
        }
        journey.piece = journey.route.borrow_mut().pieces.pop_front();
        (journey.depth, journey.arrived) = (0, false);
        journey.guard = Graph::default().guard();
        self.frames.clear();
        self.own = None;
        journey.piece.is_some()
    }

    /// Is the execution only on the way to others?
    pub(super) fn is_passing(&self) -> bool {
        let Some(journey) = &self.journey else { return false };
        let Some(piece) = &journey.piece else { return false };
        let counts = !matches!(piece.extent, Extent::Below(..)) && !journey.route.borrow().opens;
        !(journey.arrived || counts && journey.depth == piece.way.len())
    }

    /// Goes on with what is owed last. False if nothing is.
    pub(super) fn take_next(&mut self) -> bool {
        while let Some(Frame { graph, items, .. }) = self.frames.last_mut() {
            match items.pop() {
                Some(Item::Forward { len, thread, label, choice }) => {
                    graph.go_on(len, thread, label, choice);
                    self.own = None;
                    if let Some(fork) = self.note_way(None) {
                        self.frame().forks.push(fork);
                    }
                    return true;
                }
                Some(Item::Backward(graph, changed)) => {
                    self.own = graph.event(changed).writes.then_some(changed);
                    let fork = self.note_way(Some(&graph));
                    let mut frame = Frame::of(*graph);
                    frame.forks.extend(fork);
                    self.frames.push(frame);
                    return true;
                }
                None => {
                    self.frames.pop();
                }
            }
        }
        false
    }

    /// Plans the next execution of the journey.
    pub(super) fn travel(&mut self) -> bool {
        let Some(mut journey) = self.journey.take() else { return false };
        let passing = (!journey.arrived).then(|| self.pass_through(&mut journey));
        self.journey = Some(journey);
        match passing {
            Some(Ok(true)) => true,
            Some(Err(astray)) => {
                let journey = self.journey.as_mut().expect("it is under way");
                journey.route.borrow_mut().astray = Some(astray);
                false
            }
            Some(Ok(false)) | None => {
                let more = self.take_next();
                if !more {
                    self.journey.as_mut().expect("it is under way").piece = None;
                }
                let more = more || self.set_out();
                if let Some(journey) = self.journey.as_ref().filter(|_| !more) {
                    journey.route.borrow_mut().is_over = true;
                }
                more
            }
        }
    }

    /// Goes on from an execution on the way. False: it was the piece's node, so what it owes is next.
    fn pass_through(&mut self, journey: &mut Journey) -> Result<bool, &'static str> {
        let piece = journey.piece.as_ref().expect("a journey has an end");
        let mut route = journey.route.borrow_mut();
        let Some(frame) = self.frames.last_mut() else {
            return Err("one of its executions has no graph");
        };
        if let Some(nth) = piece.way.get(journey.depth) {
            if *nth as usize >= frame.items.len() {
                return Err("one of its executions owes less than it did");
            }
            let (graph, own) = frame.cut_off(*nth as usize);
            journey.depth += 1;
            journey.guard = graph.guard();
            if journey.depth == piece.way.len() && journey.guard != piece.guard {
                return Err("one of its executions is not the one that it was");
            }
            self.frames.clear();
            self.frames.push(Frame::of(graph));
            self.own = own;
            return Ok(true);
        }
        journey.arrived = true;
        let owed = frame.items.len();
        frame.forks = vec![Fork { at: 0, first: 0, way: Way::of(piece) }];
        if route.opens {
            route.opened = Some(frame.open(piece));
            self.frames.clear();
            return Ok(false);
        }
        match piece.extent {
            Extent::Whole => {}
            Extent::Node(all) if owed == all as usize => self.frames.clear(),
            Extent::Below(from, to) if to as usize <= owed => {
                frame.items.truncate(to as usize);
                frame.items.drain(..from as usize);
                frame.forks[0].first = from;
            }
            Extent::Node(_) | Extent::Below(..) => {
                return Err("one of its executions owes something else than it did");
            }
        }
        Ok(false)
    }

    /// By which way the execution goes that is planned: `graph` is a new one, or else that of the last frame.
    fn note_way(&mut self, graph: Option<&Graph>) -> Option<Fork> {
        self.journey.as_ref()?;
        let frame = self.frames.last_mut()?;
        let guard = graph.unwrap_or(&frame.graph).guard();
        let way = frame.fork(guard)?;
        Some(Fork { at: graph.map_or(frame.items.len(), |_| 0), first: 0, way })
    }

    /// What is left of the pieces, now that an execution has been planned.
    pub(super) fn pieces_left(&self) -> Vec<Piece> {
        let Some(journey) = &self.journey else { return Vec::new() };
        let mut left = Vec::new();
        if journey.arrived {
            left.extend(self.way());
            left.extend(self.frames.iter().rev().flat_map(Frame::owed));
        } else {
            left.extend(journey.piece.clone());
        }
        left.extend(journey.route.borrow().pieces.iter().cloned());
        left
    }

    /// The execution under way, and all below it.
    pub(super) fn way(&self) -> Option<Piece> {
        let journey = self.journey.as_ref()?;
        let (way, guard) = if journey.arrived {
            let Fork { way, .. } = self.frames.last()?.forks.last()?;
            (way.steps(), way.guard)
        } else {
            let way = journey.piece.as_ref().map_or(&[][..], |piece| &piece.way[..journey.depth]);
            (way.to_vec(), journey.guard)
        };
        Some(Piece { way, guard, extent: Extent::Whole })
    }

    /// Notes how the first execution of all has gone, or that it goes otherwise now.
    pub(super) fn note_first(&mut self) {
        let Some(journey) = &self.journey else { return };
        if journey.arrived || journey.depth > 0 {
            return;
        }
        let first = self.graph().fingerprint(|name| {
            self.waiting.site(name).map(|site| (site.at.file(), site.at.line()))
        });
        let mut route = journey.route.borrow_mut();
        if *route.first.get_or_insert(first) != first {
            route.astray = Some("its first execution is not the same each time");
        }
    }
}

impl Frame {
    /// The execution that has been run, and each that it owes, as pieces.
    fn open(&mut self, node: &Piece) -> Vec<(Piece, usize)> {
        let all = self.items.len() as u32;
        let owed = (0..).zip(self.items.iter()).map(|(nth, item)| {
            let forward;
            let graph = match item {
                Item::Forward { len, thread, label, choice } => {
                    let mut graph = self.graph.clone();
                    graph.truncate(*len);
                    graph.add(*thread, *label, *choice);
                    forward = graph;
                    &forward
                }
                Item::Backward(graph, _) => graph,
            };
            let way = node.way.iter().copied().chain([nth]).collect();
            (Piece { way, guard: graph.guard(), extent: Extent::Whole }, graph.len())
        });
        match node.extent {
            Extent::Below(from, to) => {
                owed.skip(from as usize).take((to - from) as usize).collect()
            }
            Extent::Whole | Extent::Node(_) => {
                let alone = Piece { extent: Extent::Node(all), ..node.clone() };
                [(alone, usize::MAX)].into_iter().chain(owed).collect()
            }
        }
    }
}

impl Graph {
    /// What tells it from other graphs. The numbers of objects are not in it: they hang on what was run before.
    pub(super) fn guard(&self) -> u32 {
        self.fingerprint(|_| None) as u32
    }

    fn fingerprint<'a>(&self, site: impl Fn(Name) -> Option<(&'a str, u32)>) -> u64 {
        // It is the same in every run of one build.
        let mut fold = DefaultHasher::new();
        for name in self.names() {
            let event = self.event(name);
            (name, event.source, event.writes, event.alternative).hash(&mut fold);
            discriminant(&event.label).hash(&mut fold);
            if let Label::Access(op, ..) | Label::Other(op) = event.label {
                discriminant(&op).hash(&mut fold);
            }
            if let Label::Access(_, writing, reading) = event.label {
                (discriminant(&writing), discriminant(&reading)).hash(&mut fold);
            }
            site(name).hash(&mut fold);
        }
        fold.finish()
    }
}
