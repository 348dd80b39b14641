//! Several workers for one search.
//!
//! A search begins with one worker. If it takes long, its [strategy](crate::execution::Strategy::recruit) shares what
//! is left with others, each on an OS thread of its own with a kernel of its own. What they have in common is the pool
//! of subtrees, the [numbers](crate::kernel::names) of threads and objects, and how many executions there were.
//!
//! Each execution is run by one of them, so the sums of what they have counted are those of one worker. Where one
//! of them fails, it is chance which; so then one worker searches once more, up to its first failure.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::run::{Failing, Part, Run};
use super::{Exploration, Explorer};
use crate::execution::strategy::{Halt, MakeStrategy};
use crate::execution::{Session, kernel, with};
use crate::kernel::Limits;

/// How long a search is one worker's.
pub(super) const ALONE: Duration = Duration::from_millis(50);

/// How many executions there are until a worker looks at the clock.
const OFTEN: u64 = 16;

/// What the workers of a search have in common.
pub(super) struct Together {
    executions: AtomicU64,
    /// How many bytes they keep for what is owed.
    kept: AtomicU64,
    most: u64,
    over: AtomicBool,
    pool: Arc<dyn Halt>,
}

impl Together {
    /// Ends the search, as soon as each worker has run the execution that it is in.
    fn end(&self) {
        self.over.store(true, Relaxed);
        self.pool.halt();
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    pub(super) fn executions(&self) -> u64 {
        self.executions.load(Relaxed)
    }

    /// Counts that a worker keeps so many bytes in the place of those that it kept before; returns what all keep.
    pub(super) fn keep(&self, before: u64, now: u64) -> u64 {
        let all = self.kept.fetch_add(now.wrapping_sub(before), Relaxed);
        all.wrapping_add(now).wrapping_sub(before)
    }

    /// Counts an execution, if it counts and may yet be run.
    pub(super) fn count(&self, counts: bool) -> Option<u64> {
        let one = u64::from(counts);
        let more = |executions| (executions + one <= self.most).then_some(executions + one);
        self.executions.fetch_update(Relaxed, Relaxed, more).ok().map(|before| before + one)
    }
}

/// Ends the search if its worker panics: the others would wait for it.
struct EndIfPanics<'a>(&'a Together);

impl Drop for EndIfPanics<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.end();
        }
    }
}

impl<'a> Run<'a> {
    /// Has it taken so long that others should help?
    #[inline]
    pub(super) fn is_long(&self) -> bool {
        let alone = self.explorer.alone;
        let looks = self.found.executions.is_multiple_of(OFTEN) || alone.is_zero();
        looks && self.started.elapsed() > alone
    }

    /// Explores the rest with others, if the strategy can share it.
    pub(super) fn go_on_together(mut self, model: &(dyn Fn() + Sync)) -> Result<Part, Limits> {
        let explorer = self.explorer;
        let Some(crew) = with(|session| session.recruit(explorer.workers - 1)) else {
            while self.once(&mut None)?.is_continue() {}
            return Ok(self.end());
        };
        let together = Together {
            executions: AtomicU64::new(self.found.executions),
            kept: AtomicU64::new(0),
            most: explorer.max_executions.unwrap_or(u64::MAX),
            over: AtomicBool::new(false),
            pool: crew.pool,
        };
        let is_first_known = self.is_first_known();
        let mut part = self.share(&together, crew.helpers, model)?;
        part.is_first = is_first_known;
        Ok(part)
    }

    /// Explores the rest with helpers; what all have found, or the limits with which the search must begin again.
    fn share(
        mut self,
        together: &'a Together,
        helpers: Vec<MakeStrategy>,
        model: &(dyn Fn() + Sync),
    ) -> Result<Part, Limits> {
        let Run { explorer, limits, begun, .. } = self;
        let is_first_known = self.is_first_known();
        let names = kernel(|kernel| kernel.share_numbers());
        let help = |strategy: MakeStrategy| {
            let _guard = EndIfPanics(together);
            let _installed = Session::install(strategy(), limits);
            let orders = explorer.orders.as_ref();
            with(|session| session.join_others(Arc::clone(&names), orders));
            let mut run = Run::new(explorer, limits, model, begun, &|_| true);
            run.knows_failure = is_first_known;
            run.explore_with(together, with(Session::plan))?;
            Ok::<_, Limits>((run.end(), kernel(|kernel| kernel.grounds())))
        };
        thread::scope(|scope| {
            let helpers = helpers.into_iter().map(|strategy| {
                let named = thread::Builder::new().name("raceproof worker".to_owned());
                named.spawn_scoped(scope, || help(strategy))
            });
            let helpers = helpers.collect::<Vec<_>>();
            let _guard = EndIfPanics(together);
            if helpers.iter().any(Result::is_err) {
                // The pool waits for each of them.
                together.end();
            }
            let own = self.explore_with(together, true);
            let mut parts = Vec::new();
            for helper in helpers {
                match helper.expect("an OS thread for a worker").join() {
                    Ok(part) => parts.push(part),
                    Err(panic) => panic::resume_unwind(panic),
                }
            }
            own?;
            let parts = parts.into_iter().collect::<Result<Vec<_>, Limits>>()?;
            kernel(|kernel| parts.iter().for_each(|(_, grounds)| kernel.add_grounds(grounds)));
            Ok(parts.into_iter().fold(self.end(), |all, (part, _)| all.join(part)))
        })
    }

    /// Runs executions until there are no more in all of the search, or it ends early.
    fn explore_with(&mut self, together: &'a Together, more: bool) -> Result<(), Limits> {
        self.together = Some(together);
        let ended = self.explore(more);
        // There is no more, or the others are not to go on.
        together.end();
        ended
    }

    fn explore(&mut self, more: bool) -> Result<(), Limits> {
        while more && self.once(&mut None)?.is_continue() {}
        Ok(())
    }
}

impl Explorer {
    /// Has so many OS threads explore a model that is given to
    /// [`check_in_parallel`](Explorer::check_in_parallel) or [`model_in_parallel`](Explorer::model_in_parallel), whose
    /// closure may therefore run on several at the same time; one unless told otherwise.
    ///
    /// They explore disjoint parts of one search: the same executions, each once, and with the same outcomes and
    /// verdict. A search begins with one worker, and others join it after a twentieth of a second.
    ///
    /// If an execution fails, the search is done again by one worker up to its first failure, which is the
    /// one that is told; so that does not depend on which worker was faster. A failure costs that time on top. With a
    /// [limit](Explorer::max_executions), several workers need not run the same executions as one. If one
    /// would have come to its limit before it came to a failure, then a failure that several find is told all the same.
    ///
    /// One worker does it all where loops wait by looking, where there are [daemons](crate::thread::Builder::daemon) or
    /// processes, where [preemptions are bounded](Explorer::preemption_bound), and under [`weaken`](Explorer::weaken).
    ///
    /// # Panics
    ///
    /// If there are to be none.
    pub fn workers(mut self, workers: usize) -> Self {
        assert!(workers > 0, "a search needs a worker: `workers(0)` leaves it none");
        self.workers = workers;
        self
    }

    /// Has a search be one worker's for so long, in place of a twentieth of a second: for tests of what several do.
    #[doc(hidden)]
    pub fn alone_for(mut self, time: Duration) -> Self {
        self.alone = time;
        self
    }

    /// What one worker finds up to its first failure, in the place of what several have found, of which one or the
    /// other came first. If it comes to a limit before, then what they have found stands.
    pub(super) fn first_failure(
        &self,
        model: &dyn Fn(),
        begun: Instant,
        (mut found, failing): (Exploration, Failing),
    ) -> Result<(Exploration, Failing), Limits> {
        let limits = Limits { unexplored: None, ..failing.limits };
        let _installed = Session::install(self.strategy(limits), limits);
        with(|session| session.orders.clone_from(&self.orders));
        let mut run = Run::new(self, limits, model, begun, &|_| true);
        run.stops_at_first = true;
        run.explore(true)?;
        let mut part = run.end();
        let Some(first) = part.failing.take() else { return Ok((found, failing)) };
        if limits.keep_going {
            // One that was found by a trial is of no execution that several have counted.
            found.failures += u64::from(part.probed);
        } else {
            (found, _) = part.sum_up(self, limits, begun);
        }
        Ok((found, first))
    }
}

impl Part {
    /// This and what another worker has found.
    fn join(mut self, other: Part) -> Part {
        let Part { found, failing, bound, assumptions, .. } = other;
        self.found.add_part(found);
        self.failing = self.failing.or(failing);
        self.bound = self.bound.or(bound);
        for (own, others) in self.assumptions.iter_mut().zip(assumptions) {
            let new = others.into_iter().filter(|other| !own.contains(other)).collect::<Vec<_>>();
            own.extend(new);
        }
        self
    }
}
