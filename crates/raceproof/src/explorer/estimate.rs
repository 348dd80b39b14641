//! How large a search is: an estimate while it is under way.
//!
//! Two are made, and put together.
//!
//! * [Random walks](crate::exploration::Graphs::walking) to leaves of the tree of execution graphs (Knuth, "Estimating the
//!   Efficiency of Backtrack Programs", Mathematics of Computation 29, 1975). Each tells a size that is right on average.
//!   Under sequential consistency, each access is taken for a sequentially consistent one: then there is one graph for
//!   each Mazurkiewicz trace. Programs that are [not explored](super::Explorer::memory) under Rust's memory model have
//!   no walks.
//! * The part of the tree that has been explored, under sequential consistency: a branch of a node is taken for as large
//!   as another (Kilby, Slaney, Thiébaux and Walsh, "Estimating Search Tree Size", AAAI 2006). It comes to the truth at
//!   the end, and is too small before, since branches are added while the search goes on.
//!
//! So the second one counts the more, the more of what walks tell has been run. (Its own part says too much: before a branch
//! is added, the others are taken for all.)

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::execution::orders::{Bound, Orders};
use crate::execution::{Ended, Session, execute, kernel, with};
use crate::exploration::Graphs;
use crate::kernel::{FailureKind, Limits, Memory};

/// The part of its time that a search gives to walks.
const SHARE: u32 = 32;

/// Executions that walks may be besides: these are made at once.
const FIRST: u64 = 512;

/// How long walks are made without a look at the clock of the search, unless one of them takes longer.
const SLICE: Duration = Duration::from_millis(2);

/// Executions that all walks may be.
const ENOUGH: u64 = 1_000_000;

/// Executions that one walk may be.
const LONG: u64 = 10_000;

/// How long a walk may take. (An execution in which loops are tried may take a second.)
const PATIENCE: Duration = Duration::from_secs(1);

/// Makes walks beside a search, and estimates.
pub(super) struct Estimator {
    /// Where walks are made; none, once none can be.
    session: Option<Box<Session>>,
    limits: Limits,
    orders: Option<Arc<Mutex<Orders>>>,
    /// What the last walk has told.
    size: Rc<Cell<f64>>,
    walks: u64,
    /// What walks have told, each as often as there were walks by then: they learn, so later ones tell more.
    sum: f64,
    /// The executions of all walks.
    executions: u64,
    spent: Duration,
}

impl Estimator {
    /// Of a search with these limits.
    pub(super) fn new(limits: Limits) -> Self {
        let elsewhere = Bound::AtLeast(std::sync::atomic::Ordering::SeqCst);
        let orders = (limits.memory == Memory::Sequential).then(|| Orders {
            bounds: Vec::new(),
            elsewhere,
            sites: Vec::new(),
        });
        let mut estimator = Estimator {
            session: None,
            limits: Limits { memory: Memory::C11, tentative: true, keep_going: true, ..limits },
            orders: orders.map(|orders| Arc::new(Mutex::new(orders))),
            size: Rc::new(Cell::new(0.0)),
            walks: 0,
            sum: 0.0,
            executions: 0,
            spent: Duration::ZERO,
        };
        estimator.begin();
        estimator
    }

    /// How long walks have taken.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    fn begin(&mut self) {
        let strategy = Graphs::walking(Rc::clone(&self.size));
        let mut session = Session::aside(Box::new(strategy), self.limits);
        session.orders.clone_from(&self.orders);
        self.session = Some(session);
    }

    /// Makes walks, if there is time for some in a search that has taken so long.
    pub(super) fn walk(&mut self, model: &dyn Fn(), elapsed: Duration) {
        let most = |estimator: &Self| match estimator.spent < elapsed / SHARE {
            true => ENOUGH,
            false => FIRST,
        };
        while self.executions < most(self) {
            let Some(session) = self.session.take() else { return };
            let begun = Instant::now();
            let (session, walked) = Session::meanwhile(session, || {
                while begun.elapsed() < SLICE {
                    self.executions += walk(model)?;
                    self.walks += 1;
                    self.sum += self.size.get() * self.walks as f64;
                }
                Ok::<_, Option<Box<Limits>>>(())
            });
            self.spent += begun.elapsed();
            match walked {
                Ok(()) => self.session = Some(session),
                Err(Some(limits)) => {
                    self.limits = *limits;
                    // What was counted is of another tree.
                    (self.walks, self.sum) = (0, 0.0);
                    self.begin();
                }
                Err(None) => (self.walks, self.sum) = (0, 0.0),
            }
        }
    }

    /// How many executions there are, if so many have been run; and of the tree such a part, as far as is known.
    pub(super) fn executions(&self, run: u64, explored: Option<f64>) -> Option<u64> {
        let weights = (self.walks * (self.walks + 1) / 2) as f64;
        let walked = Some(self.sum / weights).filter(|mean| mean.is_finite() && *mean >= 1.0);
        let explored = explored.filter(|explored| *explored > 0.0).map(|part| part.min(1.0));
        let of_tree = explored.map(|explored| run as f64 / explored);
        let all = match (walked, of_tree) {
            (Some(walked), Some(of_tree)) => {
                let part = (run as f64 / walked).min(1.0);
                ((1.0 - part) * walked.ln() + part * of_tree.ln()).exp()
            }
            (one, other) => one.or(other)?,
        };
        Some((all.round() as u64).max(run))
    }
}

/// Makes a walk; how many executions that took. None if there are no walks in this program, or else the limits with which
/// they must begin again.
fn walk(model: &dyn Fn()) -> Result<u64, Option<Box<Limits>>> {
    let begun = Instant::now();
    for executions in (1..LONG).take_while(|_| begun.elapsed() < PATIENCE) {
        let ended = execute(model, false);
        if let Some(others) = ended.restart {
            let explores = others.unexplored.is_none();
            return Err(explores.then(|| Box::new(others)));
        }
        if ended.given_up {
            continue;
        }
        if kernel(|kernel| kernel.limits.unexplored.is_some()) || is_none(&ended) {
            return Err(None);
        }
        if !with(Session::plan) {
            return Ok(executions);
        }
    }
    Err(None)
}

/// Did it end in a way of which nothing can be learnt?
fn is_none(ended: &Ended) -> bool {
    let kinds = [FailureKind::Misuse, FailureKind::Nondeterminism, FailureKind::StepLimit];
    ended.fault.as_ref().is_some_and(|fault| kinds.contains(&fault.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One whose walks have told this size on average.
    fn estimator(walks: u64, mean: f64) -> Estimator {
        let sum = mean * (walks * (walks + 1) / 2) as f64;
        Estimator { walks, sum, ..Estimator::new(Limits::default()) }
    }

    #[test]
    fn the_tree_counts_the_more_the_more_has_been_run() {
        let walked = estimator(10, 100.0);
        assert_eq!(walked.executions(5, None), Some(100));
        assert_eq!(walked.executions(5, Some(0.0)), Some(100));
        // 100 and 10, of which the first counts 19 times as much.
        assert_eq!(walked.executions(5, Some(0.5)), Some(89));
        assert_eq!(walked.executions(100, Some(0.5)), Some(200));
        assert_eq!(walked.executions(200, Some(1.0)), Some(200));
    }

    #[test]
    fn there_are_as_many_as_have_been_run_at_least() {
        assert_eq!(estimator(1, 10.0).executions(11, None), Some(11));
    }

    #[test]
    fn without_walks_the_tree_is_all_that_is_known() {
        assert_eq!(estimator(0, 0.0).executions(10, Some(0.25)), Some(40));
        assert_eq!(estimator(0, 0.0).executions(10, None), None);
        assert_eq!(estimator(3, 0.0).executions(10, None), None);
    }
}
