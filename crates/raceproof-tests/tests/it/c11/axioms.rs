//! The axioms, as formulas of relations between the events of a graph.

use super::enumerate::{Event, Graph, Name};
use super::language::What;
use raceproof::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};

/// A relation: for each event a set of events.
#[derive(Clone)]
struct Relation(Vec<u64>);

impl Relation {
    fn of(size: usize, holds: impl Fn(usize, usize) -> bool) -> Self {
        let row = |a| (0..size).filter(|b| holds(a, *b)).fold(0, |row, b| row | 1 << b);
        Relation((0..size).map(row).collect())
    }

    /// The events of which something is true, each related to itself.
    fn those(size: usize, is: impl Fn(usize) -> bool) -> Self {
        Relation::of(size, |a, b| a == b && is(a))
    }

    fn has(&self, a: usize, b: usize) -> bool {
        self.0[a] >> b & 1 == 1
    }

    fn or(&self, other: &Relation) -> Self {
        Relation(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    fn then(&self, other: &Relation) -> Self {
        let row = |row: &u64| {
            (0..self.0.len()).filter(|b| row >> b & 1 == 1).fold(0, |all, b| all | other.0[b])
        };
        Relation(self.0.iter().map(row).collect())
    }

    fn maybe(&self) -> Self {
        self.or(&Relation::those(self.0.len(), |_| true))
    }

    fn plus(&self) -> Self {
        let mut all = self.clone();
        loop {
            let more = all.or(&all.then(&all));
            if more.0 == all.0 {
                return all;
            }
            all = more;
        }
    }

    fn is_irreflexive(&self) -> bool {
        (0..self.0.len()).all(|a| !self.has(a, a))
    }

    fn is_acyclic(&self) -> bool {
        self.plus().is_irreflexive()
    }
}

fn ordering(event: &Event) -> Option<Ordering> {
    match event.what {
        What::Store(_, _, order) | What::Load(_, order) | What::Spin(_, _, order) => Some(order),
        What::SpinBoth(_, order) | What::SpinSwap(_, _, order) => Some(order),
        What::Add(_, _, order) | What::Swap(_, _, order) | What::Fence(order) => Some(order),
        What::Cas(.., success, failure) | What::WeakCas(.., success, failure) => {
            Some(if event.writes { success } else { failure })
        }
        What::Unpark(_) => Some(Release),
        What::Park | What::ParkTimeout => Some(Acquire),
        _ => None,
    }
}

/// What follows from a graph.
pub(super) struct Axioms {
    /// Is it consistent?
    pub(super) consistent: bool,
    /// Do two plain accesses race?
    pub(super) races: bool,
}

impl Axioms {
    pub(super) fn of(graph: &Graph) -> Self {
        let names = graph.names();
        let events = names.iter().map(|name| graph.event(*name)).collect::<Vec<_>>();
        let size = names.len();
        let at = |name: Name| names.iter().position(|other| *other == name);
        let relation = |holds: &dyn Fn(usize, usize) -> bool| Relation::of(size, holds);
        let is = |is: &dyn Fn(&Event) -> bool| Relation::those(size, |a| is(events[a]));
        let ordered = |orders: &[Ordering]| {
            is(&|event| ordering(event).is_some_and(|order| orders.contains(&order)))
        };
        let fence = is(&|event| matches!(event.what, What::Fence(_)));
        let write = is(&|event| event.writes);
        let rmw = is(&|event| event.writes && event.reads());
        let read = is(&|event| event.reads());
        let po = relation(&|a, b| names[a].0 == names[b].0 && names[a].1 < names[b].1);
        let same = |a: usize, b: usize| {
            events[a].location().is_some() && events[a].location() == events[b].location()
        };
        let rf = relation(&|a, b| events[b].source == Some(names[a]));
        let place = |a: usize| {
            let location = events[a].location()?;
            graph.modification_order(location).iter().position(|name| *name == names[a])
        };
        let mo = relation(&|a, b| same(a, b) && place(a).zip(place(b)).is_some_and(|(a, b)| a < b));
        let rb = relation(&|a, b| {
            a != b
                && same(a, b)
                && events[a].reads()
                && events[b].writes
                && events[a].source.and_then(at).is_none_or(|source| mo.has(source, b))
        });
        let locks = relation(&|a, b| graph.is_given_back_before(names[a], names[b]));
        // Release sequences are those of C++20.
        let sequence = write.then(&rf.then(&rmw).plus().maybe());
        let synchronises = ordered(&[Release, AcqRel, SeqCst])
            .then(&fence.then(&po).maybe())
            .then(&sequence)
            .then(&rf)
            .then(&read)
            .then(&po.then(&fence).maybe())
            .then(&ordered(&[Acquire, AcqRel, SeqCst]));
        let hb = po.or(&synchronises).or(&locks).plus();
        let eco = rf.or(&mo).or(&rb).plus();
        // As a read-modify-write is one event, it would otherwise come before what it reads.
        let coherent = eco.is_irreflexive() && hb.then(&eco.maybe()).is_irreflexive();
        let between = rb.then(&mo);
        let atomic = (0..size).all(|a| !rmw.has(a, a) || !between.has(a, a));
        let seq_cst = ordered(&[SeqCst]);
        let fence_sc = fence.then(&seq_cst);
        let hb_here = relation(&|a, b| same(a, b) && hb.has(a, b));
        let scb = po.or(&po.then(&hb).then(&po)).or(&hb_here).or(&mo).or(&rb);
        let before = seq_cst.or(&fence_sc.then(&hb.maybe()));
        let after = seq_cst.or(&hb.maybe().then(&fence_sc));
        let base = before.then(&scb).then(&after);
        let fences = hb.or(&hb.then(&eco).then(&hb));
        let psc = base.or(&fence_sc.then(&fences).then(&fence_sc));
        let plain = |a: usize| match events[a].what {
            What::PlainWrite(_) => Some(true),
            What::PlainRead(_) => Some(false),
            _ => None,
        };
        let races = (0..size).any(|a| {
            (0..a).any(|b| {
                let conflict = plain(a).zip(plain(b)).is_some_and(|(a, b)| a || b);
                conflict && !hb.has(a, b) && !hb.has(b, a)
            })
        });
        Axioms { consistent: coherent && atomic && psc.is_acyclic(), races }
    }
}
