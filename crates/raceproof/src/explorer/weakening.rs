//! After a proof: which orderings could be weaker with the proof still holding.
//!
//! Each ordering is weakened alone, with every other as it is. Then one after the other is made as weak as it can be
//! with those before it as weak as they were found to be, fences first: together they hold, and none of them could be
//! weaker with the others so.

use std::panic::Location;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::{Explorer, Outcome};
use crate::execution::orders::{Bound, Orders, Site, meet};
use crate::kernel::{Memory, Op, Place};
use crate::telling::trace::Operation;
use crate::telling::weaker::{Weakening, Weaker};

/// A weaker program may have so many times the executions of the program as it is, or else it is left open.
const TIMES: u64 = 20;

/// Executions that a weaker program may have at least.
const TRIES: u64 = 100_000;

/// An ordering of a place.
#[derive(Clone, Copy)]
struct Slot {
    /// The place's number.
    site: usize,
    /// It is that of a compare-and-swap that fails.
    fails: bool,
}

/// The weakest ordering that holds.
struct Weakest {
    ordering: Ordering,
    /// Whether a weaker one holds was not found out.
    is_open: bool,
}

/// The orderings of each place: if it writes, and if it only reads.
type Pairs = Vec<(Ordering, Ordering)>;

impl Explorer {
    /// Which orderings could be weaker in a program that is proved.
    pub(super) fn weakest(&self, model: &dyn Fn()) -> Weakening {
        let mut explorer = self.by_traces().memory(Memory::C11);
        let (found, failure, sites) = explorer.search_with(bounded_by(Vec::new()), model);
        let unexplored = match (failure, found.outcome) {
            (Some(failing), _) => Some(failing.message().to_owned()),
            (None, Outcome::Bounded(bound)) => Some(bound),
            (None, _) => None,
        };
        let tries = TRIES.max(found.executions.saturating_mul(TIMES));
        explorer.max_executions.get_or_insert(tries);
        let places = match unexplored {
            None => explorer.weakest_of(model, &sites),
            Some(_) => Vec::new(),
        };
        Weakening { places, unexplored }
    }

    /// The weakest orderings of these places.
    fn weakest_of(&self, model: &dyn Fn(), sites: &[Site]) -> Vec<Weaker> {
        let written: Pairs = sites.iter().map(|site| site.orders).collect();
        let mut together = written.clone();
        let mut places = Vec::new();
        // A fence is dearer than an ordering that does the same.
        let fences = sites.iter().enumerate().filter(|(_, site)| site.op.is_none());
        let accesses = sites.iter().enumerate().filter(|(_, site)| site.op.is_some());
        for (at, site) in fences.chain(accesses) {
            let compares = matches!(site.op, Some(Op::CompareExchange(_) | Op::WeakExchange(_)));
            let slots = [false].into_iter().chain(compares.then_some(true));
            for slot in slots.map(|fails| Slot { site: at, fails }) {
                let alone = self.weakest_at(model, sites, &written, slot);
                let last = self.weakest_at(model, sites, &together, slot);
                set(&mut together[at], site, slot, last.ordering);
                places.push(Weaker {
                    operation: site.op.map_or(Operation::Fence, Operation::from),
                    object: site.object.clone(),
                    place: Place::from(site.at),
                    fails: slot.fails,
                    ordering: name(get(site, slot)),
                    alone: name(alone.ordering),
                    together: name(last.ordering),
                    is_open: alone.is_open || last.is_open,
                });
            }
        }
        places.sort_by(|one, other| {
            (&one.place.file, one.place.line).cmp(&(&other.place.file, other.place.line))
        });
        places
    }

    /// The weakest ordering that one place can have, if the others have these.
    fn weakest_at(&self, model: &dyn Fn(), sites: &[Site], orders: &Pairs, slot: Slot) -> Weakest {
        let site = &sites[slot.site];
        let ordering = get(site, slot);
        let weaker = strengths(site, slot)
            .iter()
            .copied()
            .filter(|weaker| *weaker != ordering && meet(*weaker, ordering) == *weaker);
        let mut is_open = false;
        for weaker in weaker {
            let mut tried = orders.clone();
            set(&mut tried[slot.site], site, slot, weaker);
            let bound = |(site, (writing, reading)): (&Site, _)| {
                (site.at, site.op, Bound::AtMost(writing, reading))
            };
            let bounds = bounded_by(sites.iter().zip(tried).map(bound).collect());
            match self.holds_with(bounds, model) {
                Some(Some(_)) => return Weakest { ordering: weaker, is_open },
                Some(None) => {}
                None => is_open = true,
            }
        }
        Weakest { ordering, is_open }
    }
}

/// These bounds, with every other ordering as it is.
fn bounded_by(bounds: Vec<(&'static Location<'static>, Option<Op>, Bound)>) -> Orders {
    Orders { bounds, elsewhere: Bound::AtLeast(Relaxed), sites: Vec::new() }
}

/// The orderings that a place may have, from the weakest to the strongest.
fn strengths(site: &Site, slot: Slot) -> &'static [Ordering] {
    match site.op {
        Some(Op::Load(_)) => &[Relaxed, Acquire, SeqCst],
        Some(Op::Store(_)) => &[Relaxed, Release, SeqCst],
        _ if slot.fails => &[Relaxed, Acquire, SeqCst],
        _ => &[Relaxed, Acquire, Release, AcqRel, SeqCst],
    }
}

/// The program's ordering.
fn get(site: &Site, slot: Slot) -> Ordering {
    let only_reads = matches!(site.op, Some(Op::Load(_))) || slot.fails;
    if only_reads { site.orders.1 } else { site.orders.0 }
}

/// Gives a place another ordering.
fn set(pair: &mut (Ordering, Ordering), site: &Site, slot: Slot, ordering: Ordering) {
    match site.op {
        Some(Op::CompareExchange(_) | Op::WeakExchange(_)) if slot.fails => pair.1 = ordering,
        Some(Op::CompareExchange(_) | Op::WeakExchange(_)) => pair.0 = ordering,
        _ => *pair = (ordering, ordering),
    }
}

fn name(ordering: Ordering) -> String {
    format!("{ordering:?}")
}
