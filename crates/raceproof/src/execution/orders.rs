//! Memory orderings other than the program's: what it does if some were stronger, or weaker.

use std::panic::Location;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::kernel::Op;

/// A place of the program where it accesses atomics, or fences.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) at: &'static Location<'static>,
    /// The operation, with the object that it accessed first; none: a fence.
    pub(crate) op: Option<Op>,
    /// The name of that object.
    pub(crate) object: Option<String>,
    /// The program's orderings: if it writes, and if it only reads.
    pub(crate) orders: (Ordering, Ordering),
}

/// What is taken instead of an ordering of the program's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bound {
    /// One that is as strong as both.
    AtLeast(Ordering),
    /// One that is no stronger: if the access writes, and if it only reads.
    AtMost(Ordering, Ordering),
}

/// The orderings that are taken instead of the program's.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    /// Those at places, of operations of one kind each.
    pub(crate) bounds: Vec<(&'static Location<'static>, Option<Op>, Bound)>,
    /// At all other places.
    pub(crate) elsewhere: Bound,
    /// The places that executions have come to.
    pub(crate) sites: Vec<Site>,
}

impl Orders {
    /// The orderings at a place. `name` tells the name of what is accessed there.
    pub(super) fn at(
        &mut self,
        at: &'static Location<'static>,
        op: Option<Op>,
        orders: (Ordering, Ordering),
        name: impl FnOnce() -> Option<String>,
    ) -> (Ordering, Ordering) {
        if !self.sites.iter().any(|site| site.at == at && is_alike(site.op, op)) {
            self.sites.push(Site { at, op, object: name(), orders });
        }
        let given = self.bounds.iter().find(|given| given.0 == at && is_alike(given.1, op));
        match given.map_or(self.elsewhere, |given| given.2) {
            Bound::AtLeast(least) => strengthened(op, orders, least),
            Bound::AtMost(writing, reading) => (meet(orders.0, writing), meet(orders.1, reading)),
        }
    }
}

fn is_alike(one: Option<Op>, other: Option<Op>) -> bool {
    one.map(|op| std::mem::discriminant(&op)) == other.map(|op| std::mem::discriminant(&op))
}

/// The orderings of an operation, if they are at least this one, as far as it has a meaning there.
pub(crate) fn strengthened(
    op: Option<Op>,
    (writing, reading): (Ordering, Ordering),
    least: Ordering,
) -> (Ordering, Ordering) {
    match op {
        Some(Op::Load(_)) => {
            let order = masked(join(reading, least), true, false);
            (order, order)
        }
        Some(Op::Store(_)) => {
            let order = masked(join(writing, least), false, true);
            (order, order)
        }
        _ => (join(writing, least), masked(join(reading, least), true, false)),
    }
}

/// The strongest ordering that is no stronger than either.
pub(crate) fn meet(one: Ordering, other: Ordering) -> Ordering {
    let both = [one, other];
    if both == [SeqCst, SeqCst] {
        return SeqCst;
    }
    let acquires = both.iter().all(|order| matches!(order, Acquire | AcqRel | SeqCst));
    let releases = both.iter().all(|order| matches!(order, Release | AcqRel | SeqCst));
    masked(AcqRel, acquires, releases)
}

/// The weakest ordering that is as strong as both.
fn join(one: Ordering, other: Ordering) -> Ordering {
    let both = [one, other];
    if both.contains(&SeqCst) {
        return SeqCst;
    }
    let acquires = both.iter().any(|order| matches!(order, Acquire | AcqRel));
    let releases = both.iter().any(|order| matches!(order, Release | AcqRel));
    masked(AcqRel, acquires, releases)
}

/// An ordering without its acquiring or its releasing part, unless it is `SeqCst`.
fn masked(order: Ordering, acquires: bool, releases: bool) -> Ordering {
    if order == SeqCst {
        return SeqCst;
    }
    let acquires = acquires && matches!(order, Acquire | AcqRel);
    let releases = releases && matches!(order, Release | AcqRel);
    match (acquires, releases) {
        (true, true) => AcqRel,
        (true, false) => Acquire,
        (false, true) => Release,
        (false, false) => Relaxed,
    }
}
