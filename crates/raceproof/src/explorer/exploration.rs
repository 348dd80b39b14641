//! What an exploration finds.

use std::collections::BTreeMap;
use std::time::Duration;

#[cfg(doc)]
use super::Explorer;
use crate::execution::Ended;
#[cfg(doc)]
use crate::kernel::Memory;
use crate::kernel::{Assumption, FailureKind};
use crate::telling::estimate::Estimate;
use crate::telling::failure::Failure;
use crate::telling::weaker::Weakening;

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// Executions run to their end. If there are several, the first is run once more, which does not count: it must do the same.
    pub executions: u64,
    /// Operations done in all of them: the steps, and the spawns and joins, which need none.
    pub steps: u64,
    /// Executions that were cut short, and do not count: by the sleep sets, never if the exploration is
    /// optimal; under [`Memory::C11`] because a thread waits for a lock in vain; with
    /// [few preemptions](Explorer::preemption_bound) where an equivalent beginning is known.
    pub redundant: u64,
    /// Executions that failed in any way, the deadlocks among them.
    pub failures: u64,
    /// Executions in which every live thread was blocked.
    pub deadlocks: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What it comes to.
    pub outcome: Outcome,
    /// How many executions that did not fail reported which [`outcome`](crate::outcome).
    pub outcomes: BTreeMap<String, u64>,
    /// What a proof assumes besides what it always does.
    pub assumptions: Vec<Assumption>,
    /// Which memory orderings could be weaker, if that was [asked for](Explorer::weaken) of a program that is proved.
    pub weaker: Option<Weakening>,
    /// How large the search for a proof would have been, if it was [asked for](Explorer::estimate), the search has
    /// come to a limit, and that is known.
    pub estimate: Option<Estimate>,
    /// It kept as much as it may for what is still to be explored.
    pub(super) is_full: bool,
    /// Executions were left out because they have more preemptions than they may.
    pub(super) leaves_out: bool,
}

/// What an exploration comes to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Every inequivalent interleaving was explored, and none fails.
    Proved,
    /// None that was explored fails, but there may be others: says why.
    Bounded(String),
    /// This execution fails.
    Failed(Failure),
}

impl Exploration {
    /// What has been found before the first execution.
    pub(super) fn nothing() -> Self {
        Exploration {
            executions: 0,
            steps: 0,
            redundant: 0,
            failures: 0,
            deadlocks: 0,
            elapsed: Duration::ZERO,
            outcome: Outcome::Proved,
            outcomes: BTreeMap::new(),
            assumptions: Vec::new(),
            weaker: None,
            estimate: None,
            is_full: false,
            leaves_out: false,
        }
    }

    /// Adds an execution.
    pub(super) fn add(&mut self, ended: &Ended) {
        if ended.stutters {
            return;
        }
        self.steps += ended.steps as u64;
        if ended.cut {
            self.redundant += 1;
            return;
        }
        self.executions += 1;
        if let Some(fault) = &ended.fault {
            self.failures += 1;
            self.deadlocks += u64::from(fault.kind == FailureKind::Deadlock);
        }
        if let Some(outcome) = &ended.outcome {
            match self.outcomes.get_mut(outcome) {
                Some(count) => *count += 1,
                None => {
                    self.outcomes.insert(outcome.clone(), 1);
                }
            }
        }
    }

    /// Adds what another search of the same program, or another worker of the same search, has run.
    pub(super) fn add_part(&mut self, part: Exploration) {
        self.steps += part.steps;
        self.redundant += part.redundant;
        self.failures += part.failures;
        self.deadlocks += part.deadlocks;
        self.executions += part.executions;
        self.is_full |= part.is_full;
        self.leaves_out |= part.leaves_out;
        for (outcome, executions) in part.outcomes {
            *self.outcomes.entry(outcome).or_default() += executions;
        }
        for assumption in part.assumptions {
            if !self.assumptions.contains(&assumption) {
                self.assumptions.push(assumption);
            }
        }
    }
}
