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
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn none(size: usize) -> Self {
        Bits(vec![0; size.div_ceil(64)])
    }

    pub(super) fn those(size: usize, of_it: impl Fn(usize) -> bool) -> Self {
        let mut bits = Bits::none(size);
        (0..size).filter(|i| of_it(*i)).for_each(|i| bits.insert(i));
        bits
    }

    pub(super) fn insert(&mut self, i: usize) {
        self.0[i / 64] |= 1 << (i % 64);
    }

    pub(super) fn has(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }

    pub(super) fn add(&mut self, other: &Bits) {
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

/// The events of a graph, and which positions in the modification order of an atomic come before which.
pub(super) struct Nodes<'a, L> {
    all: Vec<Node<'a>>,
    less: L,
    /// All accesses are sequentially consistent.
    sequential: bool,
}

impl<'a, L: Fn(u32, usize, usize) -> bool> Nodes<'a, L> {
    /// Those of a graph. `less`: does the one position of an atomic come before the other? It need not be known of all.
    pub(super) fn of(graph: &'a Graph, less: L) -> Self {
        let nodes = graph.names().map(|name| {
            let event = graph.event(name);
            // An acquisition's own clock may be from before it was granted.
            let own = match event.label.takes() {
                true => &graph.front_after(name),
                false => &*event.clocks,
            };
            // An interleaving has in order what comes before by any means.
            let hb = if graph.axioms.sequential { &own.porf } else { &own.hb }.clone();
            let before = graph.front_before(name).hb;
            // The order of acts is none of memory.
            let is_ordered = |_: &u32| graph.axioms.sequential || !event.label.acts();
            let location = event.label.location().filter(is_ordered);
            let read = location.filter(|_| event.label.reads());
            let read = read.map(|location| graph.position(location, event.source));
            let written = location.filter(|_| event.writes);
            let written = written.map(|location| graph.position(location, Some(name)));
            Node { name, event, hb, location, read, written, before }
        });
        Nodes { all: nodes.collect(), less, sequential: graph.axioms.sequential }
    }

    fn happens_before(&self, a: usize, b: usize) -> bool {
        a != b && self.all[b].hb.has(self.all[a].name)
    }

    /// Does one position come before another at the location of the event at `a`?
    fn less(&self, a: usize, one: usize, other: usize) -> bool {
        self.all[a].location.is_some_and(|location| (self.less)(location, one, other))
    }

    fn same_location(&self, a: usize, b: usize) -> bool {
        self.all[a].location.is_some() && self.all[a].location == self.all[b].location
    }

    fn scb(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.all[a], &self.all[b]);
        if a == b {
            return false;
        }
        if one.name.thread == other.name.thread && one.name.index < other.name.index {
            return true;
        }
        if self.same_location(a, b) {
            let less = |one: Option<usize>, other| {
                one.zip(other).is_some_and(|(one, other)| self.less(a, one, other))
            };
            let mo = less(one.written, other.written);
            let rb = less(one.read, other.written);
            if mo || rb || self.happens_before(a, b) {
                return true;
            }
        }
        if self.sequential {
            return self.happens_before(a, b);
        }
        // Its thread's next event, or its end.
        let next = Name { index: one.name.index + 1, ..one.name };
        other.before.has(next)
    }

    fn eco(&self, a: usize, b: usize) -> bool {
        if a == b || !self.same_location(a, b) {
            return false;
        }
        let (one, other) = (&self.all[a], &self.all[b]);
        let from = one.written.or(one.read).unwrap_or(0);
        let writes_later = other.written.is_some_and(|write| self.less(a, from, write));
        let reads_later =
            other.read.is_some_and(|read| one.written == Some(read) || self.less(a, from, read));
        writes_later || reads_later
    }

    /// Is the order of sequentially consistent events acyclic, as far as it is known?
    pub(super) fn are_acyclic(&self) -> bool {
        let size = self.all.len();
        let is_sequential = |at: &usize| match self.sequential {
            true => self.all[*at].location.is_some(),
            false => self.all[*at].event.is_seq_cst(),
        };
        let events = (0..size).filter(is_sequential).collect::<Vec<_>>();
        let past =
            |at| Bits::those(size, |b| b == at || self.is_fence(at) && self.happens_before(b, at));
        let pasts = events.iter().map(|at| past(*at)).collect::<Vec<_>>();
        let mut after =
            events.iter().map(|at| self.successors(*at, &events, &pasts)).collect::<Vec<_>>();
        for via in 0..events.len() {
            let further = after[via].clone();
            after.iter_mut().filter(|row| row.has(via)).for_each(|row| row.add(&further));
        }
        (0..events.len()).all(|i| !after[i].has(i))
    }

    fn is_fence(&self, at: usize) -> bool {
        !self.sequential && self.all[at].event.label.is_fence()
    }

    /// Which of the sequentially consistent events come after the one at `at`, by their places among
    /// them. `pasts`: for each of them itself and, of a fence, what happens before it.
    fn successors(&self, at: usize, events: &[usize], pasts: &[Bits]) -> Bits {
        let size = self.all.len();
        let (mut by_scb, mut by_eco) = (Bits::none(size), Bits::none(size));
        for a in (0..size).filter(|a| *a == at || self.is_fence(at) && self.happens_before(at, *a))
        {
            by_scb.add(&Bits::those(size, |b| self.scb(a, b)));
            if a != at {
                by_eco.add(&Bits::those(size, |b| self.eco(a, b)));
            }
        }
        Bits::those(events.len(), |j| {
            let other = events[j];
            let between_fences = self.is_fence(at) && self.is_fence(other);
            by_scb.meets(&pasts[j])
                || between_fences && (self.happens_before(at, other) || by_eco.meets(&pasts[j]))
        })
    }
}

impl Graph {
    /// Is the order of sequentially consistent events acyclic?
    pub(super) fn is_consistent(&self) -> bool {
        if !self.has_sequential_events() || self.is_interleaving() {
            return true;
        }
        !self.axioms.sequential && Nodes::of(self, |_, one, other| one < other).are_acyclic()
    }

    /// Are there events that have to be in the order of those that are sequentially consistent?
    pub(super) fn has_sequential_events(&self) -> bool {
        self.axioms.sequential
            || self.names().filter(|name| self.event(*name).is_seq_cst()).nth(1).is_some()
    }
}

/// Is the graph consistent with this event?
pub(super) fn allows(graph: &mut Graph, thread: u16, label: Label, choice: Choice) -> bool {
    let len = graph.len();
    let order = graph.axioms.by_reads.then(|| graph.objects.clone());
    graph.add(thread, label, choice);
    let consistent = graph.settle();
    graph.truncate(len);
    if let Some(order) = order {
        graph.objects = order;
    }
    consistent
}
