//! Whether a graph is consistent, as far as coherence and the clocks do not decide it: the axiom of
//! sequentially consistent accesses and fences.
//!
//! It is RC11's (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing Sequential Consistency in
//! C/C++11", PLDI 2017), with all of program order in the middle of `scb`, as in C++20's "strongly
//! happens before", and with a read-modify-write as one event:
//!
//! ```text
//! eco      = (rf ∪ mo ∪ rb)+
//! scb      = po ∪ po;hb;po ∪ hb|loc ∪ mo ∪ rb
//! psc_base = ([Esc] ∪ [Fsc];hb?) ; scb ; ([Esc] ∪ hb?;[Fsc])
//! psc_F    = [Fsc] ; (hb ∪ hb;eco;hb) ; [Fsc]
//! psc_base ∪ psc_F is acyclic
//! ```
//!
//! In `po;hb;po` a thread's beginning and end count as events: its first access comes after its beginning, and its last
//! before its end, which happens before the join.

use super::event::{Clock, Event, Label, Name};
use super::graph::{Choice, Graph};

/// A set of small numbers.
#[derive(Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn none(size: usize) -> Self {
        Bits(vec![0; size.div_ceil(64)])
    }

    fn those(size: usize, of_it: impl Fn(usize) -> bool) -> Self {
        let mut bits = Bits::none(size);
        (0..size).filter(|i| of_it(*i)).for_each(|i| bits.insert(i));
        bits
    }

    fn insert(&mut self, i: usize) {
        self.0[i / 64] |= 1 << (i % 64);
    }

    fn has(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }

    fn add(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, other)| *mine |= other);
    }

    fn meets(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, other)| mine & other != 0)
    }
}

/// An event and what is asked of it.
struct Node<'a> {
    name: Name,
    event: &'a Event,
    hb: Clock,
    location: Option<u32>,
    /// The positions in modification order of what it reads and of what it writes.
    read: Option<usize>,
    written: Option<usize>,
    /// What happens before its thread's last event before it, that event included, or before its thread's beginning.
    before: Clock,
}

struct Nodes<'a>(Vec<Node<'a>>);

impl<'a> Nodes<'a> {
    fn of(graph: &'a Graph) -> Self {
        let nodes = graph.names().map(|name| {
            let event = graph.event(name);
            // An acquisition's own clock may be from before it was granted.
            let hb = match event.label.takes() {
                true => graph.front_after(name).hb,
                false => event.clocks.hb.clone(),
            };
            // The order of acts is none of memory.
            let location = event.label.location().filter(|_| !event.label.acts());
            let read = location.filter(|_| event.label.reads());
            let read = read.map(|location| graph.position(location, event.source));
            let written = location.filter(|_| event.writes);
            let written = written.map(|location| graph.position(location, Some(name)));
            let before = graph.front_before(name).hb;
            Node { name, event, hb, location, read, written, before }
        });
        Nodes(nodes.collect())
    }

    fn happens_before(&self, a: usize, b: usize) -> bool {
        a != b && self.0[b].hb.has(self.0[a].name)
    }

    fn same_location(&self, a: usize, b: usize) -> bool {
        self.0[a].location.is_some() && self.0[a].location == self.0[b].location
    }

    fn scb(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.0[a], &self.0[b]);
        if a == b {
            return false;
        }
        if one.name.thread == other.name.thread && one.name.index < other.name.index {
            return true;
        }
        if self.same_location(a, b) {
            let mo = one.written.zip(other.written).is_some_and(|(one, other)| one < other);
            let rb = one.read.zip(other.written).is_some_and(|(read, write)| read < write);
            if mo || rb || self.happens_before(a, b) {
                return true;
            }
        }
        // Its thread's next event, or its end.
        let next = Name { index: one.name.index + 1, ..one.name };
        other.before.has(next)
    }

    fn eco(&self, a: usize, b: usize) -> bool {
        if a == b || !self.same_location(a, b) {
            return false;
        }
        let (one, other) = (&self.0[a], &self.0[b]);
        let from = one.written.or(one.read).unwrap_or(0);
        let writes_later = other.written.is_some_and(|write| write > from);
        let reads_later = other
            .read
            .is_some_and(|read| if one.written.is_some() { read >= from } else { read > from });
        writes_later || reads_later
    }
}

impl Graph {
    /// Is the order of sequentially consistent events acyclic?
    pub(super) fn is_consistent(&self) -> bool {
        if self.names().filter(|name| self.event(*name).is_seq_cst()).nth(1).is_none() {
            return true;
        }
        if self.is_interleaving() {
            return true;
        }
        let nodes = Nodes::of(self);
        let size = nodes.0.len();
        let events = (0..size).filter(|at| nodes.0[*at].event.is_seq_cst()).collect::<Vec<_>>();
        let fence = |at: usize| nodes.0[at].event.label.is_fence();
        let past = |at| Bits::those(size, |b| b == at || fence(at) && nodes.happens_before(b, at));
        let pasts = events.iter().map(|at| past(*at)).collect::<Vec<_>>();
        let mut after = events.iter().map(|at| successors(&nodes, *at, &events, &pasts));
        let mut after = after.by_ref().collect::<Vec<_>>();
        for via in 0..events.len() {
            let further = after[via].clone();
            after.iter_mut().filter(|row| row.has(via)).for_each(|row| row.add(&further));
        }
        (0..events.len()).all(|i| !after[i].has(i))
    }
}

/// Which of the sequentially consistent events come after the one at `at`, by their places among
/// them. `pasts`: for each of them itself and, of a fence, what happens before it.
fn successors(nodes: &Nodes<'_>, at: usize, events: &[usize], pasts: &[Bits]) -> Bits {
    let size = nodes.0.len();
    let fence = |at: usize| nodes.0[at].event.label.is_fence();
    let (mut by_scb, mut by_eco) = (Bits::none(size), Bits::none(size));
    for a in (0..size).filter(|a| *a == at || fence(at) && nodes.happens_before(at, *a)) {
        by_scb.add(&Bits::those(size, |b| nodes.scb(a, b)));
        if a != at {
            by_eco.add(&Bits::those(size, |b| nodes.eco(a, b)));
        }
    }
    Bits::those(events.len(), |j| {
        let other = events[j];
        let between_fences = fence(at) && fence(other);
        by_scb.meets(&pasts[j])
            || between_fences && (nodes.happens_before(at, other) || by_eco.meets(&pasts[j]))
    })
}

/// Is the graph consistent with this event?
pub(super) fn allows(graph: &mut Graph, thread: u16, label: Label, choice: Choice) -> bool {
    let len = graph.len();
    graph.add(thread, label, choice);
    let consistent = graph.is_consistent();
    graph.truncate(len);
    consistent
}
