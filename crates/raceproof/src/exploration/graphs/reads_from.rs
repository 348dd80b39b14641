//! Graphs that leave open in which order the writes of an atomic come.
//!
//! Two executions in which every read reads the same write differ in nothing that a program can see, whatever the order
//! of writes that nobody reads in between. Such a graph is consistent if there is *an* order of the writes of each
//! atomic in which it is. Modification order is then no part of a graph, but a witness, which is found anew for each; a
//! new write has no places, and a read reads any write with which there is a witness.
//!
//! What happens before what hangs on reads-from alone, since C++20 also in release sequences. So there are two
//! demands on a witness: coherence, which says of some pairs of writes which comes first, and the order of sequentially
//! consistent events. Where there are none of these, any order with those pairs does. Else pairs are put in order one by one, as long
//! as what is known of that order has no cycle. (To find a witness is NP-complete: Gibbons and Korach, "Testing Shared
//! Memories", SIAM Journal on Computing 26, 1997. Most graphs need no second try.)
//!
//! As reads cannot be maximal in an order that is not there, the read which [revisits](super::revisit) delete has to
//! read the write of the greatest name that it can.
//!
//! The equivalence is that of Chalupa, Chatterjee, Pavlogiannis, Sinha and Vaidya ("Data-centric dynamic partial order
//! reduction", POPL 2018) and of Abdulla, Atig, Jonsson, Lång, Ngo and Sagonas ("Optimal stateless model checking for
//! reads-from equivalence under sequential consistency", OOPSLA 2019), of which locks are no part here: operations
//! of other objects come in an order that is one of the graph.

use super::consistency::{Bits, Nodes};
use super::event::{Clock, Label, Name};
use super::graph::{Choice, Graph};
use super::revisit::Write;
use crate::kernel::Op;

impl Label {
    /// It with the ordering that it has if it writes.
    fn has_written(self) -> Self {
        match self {
            Label::Access(op, writing, _) => Label::Access(op, writing, writing),
            other => other,
        }
    }

    /// Is it an access by which the program reads or writes an atomic of its own?
    pub(super) fn is_of_memory(self) -> bool {
        let Label::Access(op, ..) = self else { return false };
        matches!(
            op,
            Op::Load(_) | Op::Store(_) | Op::Rmw(_) | Op::CompareExchange(_) | Op::WeakExchange(_)
        )
    }
}

/// The writes of an atomic, as far as their order is known. A *chain* is a write and the read-modify-writes that read one
/// another from it on, between which no other write comes.
#[derive(Clone)]
struct Chains {
    location: u32,
    /// The chain of each position in the order that the graph has; that of the initial value is the first.
    of: Vec<usize>,
    /// For each chain those that come before.
    before: Vec<Bits>,
}

impl Chains {
    /// What coherence says of the writes at a location. None, if there is no such order.
    fn of(graph: &Graph, location: u32) -> Option<Self> {
        let writes = graph.object(location);
        let mut of = vec![0];
        for (at, write) in writes.iter().enumerate() {
            let event = graph.event(*write);
            let goes_on = event.label.reads();
            if goes_on && event.source != at.checked_sub(1).map(|at| writes[at]) {
                return None;
            }
            of.push(of[at] + usize::from(!goes_on));
        }
        let number = of[writes.len()] + 1;
        let mut before = vec![Bits::none(number); number];
        before[1..].iter_mut().for_each(|chain| chain.insert(0));
        let mut chains = Chains { location, of, before };
        let events =
            graph.names().filter(|name| graph.event(*name).label.location() == Some(location));
        let place = |name: Name| {
            let event = graph.event(name);
            graph.position(location, if event.writes { Some(name) } else { event.source })
        };
        let events = events.map(|name| (name, place(name))).collect::<Vec<_>>();
        for (later, its) in &events {
            let past = &graph.event(*later).clocks.hb;
            let writes = graph.event(*later).writes;
            for (_, place) in events.iter().filter(|(it, _)| it != later && past.has(*it)) {
                let (one, other) = (chains.of[*place], chains.of[*its]);
                let is_right = place < its || place == its && !writes;
                if one == other && !is_right {
                    return None;
                }
                if one != other && !chains.put(one, other) {
                    return None;
                }
            }
        }
        Some(chains)
    }

    /// Puts a chain before another. False if that cannot be.
    fn put(&mut self, one: usize, other: usize) -> bool {
        if self.before[other].has(one) {
            return true;
        }
        if self.before[one].has(other) {
            return false;
        }
        let mut earlier = self.before[one].clone();
        earlier.insert(one);
        for chain in 0..self.before.len() {
            if chain == other || self.before[chain].has(other) {
                self.before[chain].add(&earlier);
            }
        }
        true
    }

    /// Two chains of which it is not known which comes first.
    fn open(&self) -> Option<(usize, usize)> {
        let number = self.before.len();
        (1..number)
            .flat_map(|other| (1..other).map(move |one| (one, other)))
            .find(|(one, other)| !self.before[*one].has(*other) && !self.before[*other].has(*one))
    }

    /// Does one position come before another?
    fn less(&self, one: usize, other: usize) -> bool {
        let (chain, others) = (self.of[one], self.of[other]);
        if chain == others { one < other } else { self.before[others].has(chain) }
    }

    /// Is the order that the graph has one of those that are left?
    fn allow_what_is(&self) -> bool {
        let number = self.before.len();
        !(0..number).any(|chain| (chain..number).any(|later| self.before[chain].has(later)))
    }

    /// The positions, from 1, in an order that is left: as they are, where nothing is known.
    fn in_order(&self) -> Vec<usize> {
        let number = self.before.len();
        let mut taken = vec![false; number];
        let mut positions = Vec::new();
        for _ in 0..number {
            let may_come = |chain: &usize| {
                !taken[*chain] && (0..number).all(|it| taken[it] || !self.before[*chain].has(it))
            };
            let next = (0..number).find(may_come).expect("the order has no cycle");
            taken[next] = true;
            positions.extend((1..self.of.len()).filter(|at| self.of[*at] == next));
        }
        positions
    }
}

/// Puts all chains in an order in which the graph is consistent. False if there is none.
fn put_in_order(all: &mut Vec<Chains>, is_possible: &dyn Fn(&[Chains]) -> bool) -> bool {
    if !is_possible(all) {
        return false;
    }
    let open = all.iter().enumerate().find_map(|(at, chains)| Some((at, chains.open()?)));
    let Some((at, (one, other))) = open else { return true };
    for (first, second) in [(one, other), (other, one)] {
        let mut tried = all.clone();
        if tried[at].put(first, second) && put_in_order(&mut tried, is_possible) {
            *all = tried;
            return true;
        }
    }
    false
}

impl Graph {
    /// Is the graph consistent? If it leaves the order of writes open, they are put in one in which it is.
    pub(super) fn settle(&mut self) -> bool {
        if !self.axioms.by_reads {
            return self.is_consistent();
        }
        let mut locations = Vec::new();
        for name in self.names() {
            let label = self.event(name).label;
            if let Some(location) = label.location().filter(|_| label.is_of_memory())
                && !locations.contains(&location)
            {
                locations.push(location);
            }
        }
        let all = locations.into_iter().map(|location| Chains::of(self, location));
        let Some(mut all) = all.collect::<Option<Vec<_>>>() else { return false };
        if all.iter().all(Chains::allow_what_is) && self.is_consistent() {
            return true;
        }
        let is_ordered = self.has_sequential_events();
        let is_possible = |all: &[Chains]| {
            !is_ordered
                || Nodes::of(self, |location, one, other| {
                    match all.iter().find(|chains| chains.location == location) {
                        Some(chains) => chains.less(one, other),
                        None => one < other,
                    }
                })
                .are_acyclic()
        };
        if !put_in_order(&mut all, &is_possible) {
            return false;
        }
        for chains in all {
            let writes = self.object_mut(chains.location);
            *writes = chains.in_order().into_iter().map(|at| writes[at - 1]).collect();
        }
        true
    }

    /// Is it open which of the writes of an atomic is the last? All of them happen before what asks.
    pub(super) fn leaves_open_the_last_of(&self, location: u32) -> bool {
        let writes = self.object(location);
        if !self.axioms.by_reads
            || !writes.last().is_some_and(|it| self.event(*it).label.is_of_memory())
        {
            return false;
        }
        let reads = |write: &&Name| self.event(**write).label.reads();
        let chain = writes.len() - writes.iter().rev().take_while(reads).count();
        let (others, chain) = writes.split_at(chain.saturating_sub(1));
        let before = |one: &Name| chain.iter().any(|it| self.event(*it).clocks.hb.has(*one));
        !others.iter().all(before)
    }

    /// Of the writes that a read could read if nothing were there but what was added before, or comes before `prefix`:
    /// does it read that of the greatest name? What `write` writes is not there yet; but if it is part of a
    /// read-modify-write, that has read what it reads, and coherence may forbid a greater one because of it.
    pub(super) fn reads_the_greatest(
        &self,
        read: Name,
        prefix: &Clock,
        write: Option<Write<'_>>,
    ) -> bool {
        let location = self.event(read).label.location().expect("a read is of an atomic");
        let key = |name: Name| (name.thread, name.index);
        let source = self.event(read).source.map(key);
        let mut kept = self.restrict(read, prefix);
        if let Some(write) = write {
            kept.has_read(write);
        }
        let is_possible = |write: Name| {
            let mut other = kept.clone();
            other.reread(read, write) && other.settle()
        };
        let greater = kept.object(location).iter().filter(|write| Some(key(**write)) > source);
        // Something can be read: if none of the others, then the initial value.
        self.event(read).source.is_none_or(is_possible)
            && !greater.into_iter().any(|write| is_possible(*write))
    }

    /// Has the part of a read-modify-write that reads, and not the part that writes.
    fn has_read(&mut self, write: Write<'_>) {
        match write {
            Write::Own(own) => {
                let event = self.event_mut(own);
                (event.label, event.writes) = (event.label.has_written(), false);
                let location = event.label.location().expect("a write is of an atomic");
                self.object_mut(location).retain(|name| *name != own);
            }
            Write::New { thread, label, choice } if label.reads() => {
                self.add(thread, label.has_written(), Choice { writes: false, ..*choice });
            }
            Write::New { .. } => {}
        }
    }

    /// Goes on with this event after the first `len`.
    pub(super) fn go_on(&mut self, len: usize, thread: u16, label: Label, mut choice: Choice) {
        self.truncate(len);
        if self.axioms.by_reads && label.is_of_memory() && label.reads() {
            let location = label.location().expect("an access is of an atomic");
            choice.place = self.position(location, choice.source);
        }
        self.add(thread, label, choice);
        if self.axioms.by_reads {
            let is_consistent = self.settle();
            debug_assert!(is_consistent, "what is owed is consistent");
        }
    }
}
