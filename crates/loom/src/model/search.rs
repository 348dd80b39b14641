//! One search, or two: with few preemptions, if that is asked for and all is too much.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use raceproof::{Exploration, Explorer, Outcome};

use super::checkpoint;

/// Executions after which all is too much, where preemptions may be bounded.
const PATIENT: u64 = 100_000;

/// What is searched for, and how long.
pub(super) struct Search {
    pub(super) executions: Option<u64>,
    pub(super) time: Option<Duration>,
    pub(super) preemptions: Option<usize>,
    pub(super) file: Option<PathBuf>,
}

impl Search {
    /// What the searches come to: the last one that was needed.
    #[track_caller]
    pub(super) fn run(&self, explorer: &Explorer, model: &dyn Fn()) -> Exploration {
        let begun = Instant::now();
        let explorer = explorer.clone().without_preemption_bound().minimise();
        let schedule = self.file.as_deref().and_then(checkpoint::read);
        let again =
            schedule.and_then(|schedule| checkpoint::run_again(&explorer, &schedule, model));
        if let Some(found) = again {
            return found;
        }
        let mut found = self.limited(explorer.clone(), self.patience(), begun).check(model);
        if let Some(bound) = self.preemptions.filter(|_| self.is_left(&found, begun)) {
            println!("{} executions do not fail, and there are more", found.executions);
            let explorer = self.limited(explorer, self.executions, begun);
            found = explorer.preemption_bound(bound).check(model);
        }
        if let Some(file) = &self.file {
            checkpoint::write(file, &found);
        }
        found
    }

    /// Executions after which a search that is not bounded ends.
    fn patience(&self) -> Option<u64> {
        let patient = self.preemptions.map(|_| PATIENT);
        [patient, self.executions].into_iter().flatten().min()
    }

    fn limited(&self, mut explorer: Explorer, executions: Option<u64>, begun: Instant) -> Explorer {
        if let Some(most) = executions {
            explorer = explorer.max_executions(most);
        }
        if let Some(time) = self.time {
            explorer = explorer.time_limit(time.saturating_sub(begun.elapsed()));
        }
        explorer
    }

    /// Has a search ended early, but not because of the limits of all?
    fn is_left(&self, found: &Exploration, begun: Instant) -> bool {
        matches!(found.outcome, Outcome::Bounded(_))
            && self.time.is_none_or(|time| begun.elapsed() < time)
            && self.executions.is_none_or(|most| found.executions < most)
    }
}
