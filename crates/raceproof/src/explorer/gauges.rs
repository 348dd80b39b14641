//! What is known of a search while it is under way: how large it is, and the memory that it keeps.

use std::time::Duration;

use super::estimate::Estimator;
use super::run::Run;
use super::{Explorer, Search};
use crate::execution::with;
use crate::kernel::Limits;
use crate::telling::estimate::Estimate;
use crate::telling::progress::Progress;
use crate::telling::text::bytes;

/// How many executions there are until a gauge is read.
fn often(explorer: &Explorer) -> u64 {
    if explorer.alone.is_zero() { 1 } else { 16 }
}

/// The gauges of one worker.
pub(super) struct Gauges {
    progress: Progress,
    estimator: Option<Estimator>,
    max_memory: Option<u64>,
    /// What the strategy kept when it was last asked, in bytes.
    kept: u64,
    /// After how many executions they are read next.
    next: u64,
}

impl Gauges {
    /// Those of a worker that tells nothing.
    pub(super) fn quiet(explorer: &Explorer) -> Self {
        let max_memory = explorer.max_memory;
        let next = if max_memory.is_some() { often(explorer) } else { u64::MAX };
        Gauges { progress: Progress::none(), estimator: None, max_memory, kept: 0, next }
    }

    /// Those of the worker that begins a search.
    pub(super) fn new(explorer: &Explorer, limits: Limits) -> Self {
        let progress = Progress::begin(explorer.settings.progress);
        let is_whole = matches!(explorer.search, Search::Traces) && explorer.orders.is_none();
        let wanted = is_whole && (explorer.estimate || progress.is_shown());
        let estimator = wanted.then(|| Estimator::new(limits));
        let quiet = Gauges::quiet(explorer);
        let next = if wanted || progress.is_shown() { often(explorer) } else { quiet.next };
        Gauges { progress, estimator, next, ..quiet }
    }

    /// How large the search is, after so many executions in so much time.
    fn estimate(&self, executions: u64, elapsed: Duration) -> Option<Estimate> {
        let estimator = self.estimator.as_ref()?;
        let all = estimator.executions(executions, with(|session| session.explored()))?;
        let searched = elapsed.saturating_sub(estimator.spent());
        let left = searched.as_secs_f64() * (all - executions) as f64 / executions.max(1) as f64;
        let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
        Some(Estimate { executions: all, left })
    }
}

impl Run<'_> {
    /// Reads the gauges now and then: so many executions have been run by now, of all workers, and the next is planned.
    #[inline]
    pub(super) fn look_around(&mut self, executions: u64) {
        if executions >= self.gauges.next {
            self.read_gauges(executions);
        }
    }

    #[cold]
    fn read_gauges(&mut self, executions: u64) {
        let (kept, parts) = with(|session| session.kept());
        // The time that this takes is in proportion to the parts.
        self.gauges.next = executions + often(self.explorer) + parts as u64 / 4;
        let earlier = std::mem::replace(&mut self.gauges.kept, kept as u64);
        let all = self.together.map_or(kept as u64, |together| together.keep(earlier, kept as u64));
        if self.bound.is_none() && self.gauges.max_memory.is_some_and(|most| all >= most) {
            self.bound = Some(bytes(all) + " for what is still to be explored");
            self.found.is_full = true;
        }
        let elapsed = self.started.elapsed();
        if let Some(estimator) =
            self.gauges.estimator.as_mut().filter(|_| elapsed > self.explorer.alone)
        {
            estimator.walk(self.model, elapsed);
        }
        if self.gauges.progress.is_due() {
            let estimate = self.gauges.estimate(executions, elapsed);
            self.gauges.progress.show(executions, estimate, all);
        }
    }

    /// How large the search is, which may end here because it, or another worker, has come to a limit.
    pub(super) fn estimate(&mut self) -> Option<Estimate> {
        let elapsed = self.started.elapsed();
        let is_limited = self.bound.is_some();
        if let Some(estimator) = self.gauges.estimator.as_mut().filter(|_| is_limited) {
            estimator.walk(self.model, elapsed);
        }
        self.gauges.estimate(self.executions(), elapsed)
    }
}
