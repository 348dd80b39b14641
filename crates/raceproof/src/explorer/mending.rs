//! After a failure under a weak memory model: which orderings would keep the program from failing.
//!
//! If it does not fail with `SeqCst` everywhere, then one place after the other is made as weak as it
//! can be while it still does not: what remains stronger than the program says is needed, and each
//! of these places with it.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::run::Failing;
use super::{Exploration, Explorer, Model, Outcome};
use crate::execution::orders::{Bound, Orders, Site, strengthened};
use crate::kernel::Place;
use crate::telling::failure::TooWeak;
use crate::telling::trace::Operation;

/// How long orderings are looked for.
const PATIENT: Duration = Duration::from_secs(2);

/// Executions in which one choice of orderings is tried.
const TRIES: u64 = 10_000;

/// From the weakest to the strongest.
const STRENGTHS: [Ordering; 5] = [Relaxed, Acquire, Release, AcqRel, SeqCst];

impl Explorer {
    /// The places whose orderings are too weak, if the program does not fail with stronger ones. None
    /// are told if that was not found out of each choice of orderings.
    pub(super) fn too_weak(&self, model: &dyn Fn()) -> Vec<TooWeak> {
        self.weakest_that_hold(model, Instant::now()).unwrap_or_default()
    }

    /// None: it was not found out.
    fn weakest_that_hold(&self, model: &dyn Fn(), begun: Instant) -> Option<Vec<TooWeak>> {
        let holds = |bounds, elsewhere| {
            let left = PATIENT.saturating_sub(begun.elapsed());
            let explorer = self.clone().max_executions(TRIES).time_limit(left);
            let elsewhere = Bound::AtLeast(elsewhere);
            explorer.holds_with(Orders { bounds, elsewhere, sites: Vec::new() }, model)
        };
        let Some(sites) = holds(Vec::new(), SeqCst)? else { return Some(Vec::new()) };
        let mut at_least = vec![SeqCst; sites.len()];
        let with = |at_least: &[Ordering]| {
            let bound = |(site, least): (&Site, &_)| (site.at, site.op, Bound::AtLeast(*least));
            sites.iter().zip(at_least).map(bound).collect::<Vec<_>>()
        };
        if holds(with(&at_least), Relaxed)?.is_none() {
            return Some(Vec::new());
        }
        for (at, site) in sites.iter().enumerate() {
            let weaker = STRENGTHS.into_iter().take_while(|least| *least != SeqCst);
            for least in weaker.filter(|least| differs(site, *least)) {
                let mut tried = at_least.clone();
                tried[at] = least;
                if holds(with(&tried), Relaxed)?.is_some() {
                    at_least = tried;
                    break;
                }
            }
        }
        let needed = sites.iter().zip(&at_least).filter_map(|(site, least)| told(site, *least));
        Some(needed.collect())
    }

    /// The places that the program comes to if it does not fail with these orderings. None outside: it was
    /// not found out within this explorer's limits.
    pub(super) fn holds_with(&self, orders: Orders, model: &dyn Fn()) -> Option<Option<Vec<Site>>> {
        let (found, failure, sites) = self.search_with(orders, model);
        match found.outcome {
            _ if failure.is_some() => Some(None),
            Outcome::Failed(_) => Some(None),
            Outcome::Proved => Some(Some(sites)),
            Outcome::Bounded(_) => None,
        }
    }

    /// What a search with these orderings finds, and the places that the program comes to.
    pub(super) fn search_with(
        &self,
        orders: Orders,
        model: &dyn Fn(),
    ) -> (Exploration, Option<Failing>, Vec<Site>) {
        let orders = Arc::new(Mutex::new(orders));
        let mut explorer = self.clone();
        explorer.orders = Some(Arc::clone(&orders));
        let (found, failure) =
            explorer.search(Model::alone(model), &mut None, Instant::now(), &|_| true);
        let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
        (found, failure, std::mem::take(&mut orders.sites))
    }
}

/// Is a place with this ordering other than with each weaker one?
fn differs(site: &Site, least: Ordering) -> bool {
    let weaker = STRENGTHS.into_iter().take_while(|weaker| *weaker != least);
    let with = |least| strengthened(site.op, site.orders, least);
    weaker.into_iter().all(|weaker| with(weaker) != with(least))
}

/// What a place needs, if that is more than it has.
fn told(site: &Site, least: Ordering) -> Option<TooWeak> {
    let (ordering, failing) = strengthened(site.op, site.orders, least);
    if (ordering, failing) == site.orders {
        return None;
    }
    let operation = site.op.map_or(Operation::Fence, Operation::from);
    let place = Place::from(site.at);
    Some(TooWeak {
        operation,
        object: site.object.clone(),
        place,
        ordering: format!("{ordering:?}"),
    })
}
