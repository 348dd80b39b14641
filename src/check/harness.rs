//! What the engines have in common: running a program as an execution, and counting.

use super::{
    panics::{self, Panic},
    trace::Trace,
    verdict::{Failure, Verdict},
};
use crate::{
    backend::{
        Backend,
        execution::{Execution, joined_outcome},
        panic_message,
    },
    program::{AnyProgram, FailureKind},
};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// What an engine says of a program.
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) outcomes: BTreeMap<String, u64>,
    pub(super) reached: BTreeMap<String, u64>,
    /// Whether these are the outcomes of all interleavings.
    pub(super) complete: bool,
}

impl Finding {
    pub(super) fn new(verdict: Verdict, seen: &Harness) -> Self {
        let Tally { outcomes, reached, .. } = seen.tally().clone();
        let complete = matches!(verdict, Verdict::Proved { .. });
        Self { verdict, outcomes, reached, complete }
    }

    /// A failure, with what a further search of all interleavings has seen, if it came to its end.
    pub(super) fn failed(failure: Failure, seen: &Harness, complete: bool) -> Self {
        let verdict = Verdict::Failed(Box::new(failure));
        Self { complete, ..Self::new(verdict, seen) }
    }

    /// Outcomes that no execution reported itself.
    pub(super) fn counted(verdict: Verdict, outcomes: BTreeMap<String, u64>) -> Self {
        Self { verdict, outcomes, reached: BTreeMap::new(), complete: false }
    }

    pub(super) fn not_applicable(reason: String) -> Self {
        Self::counted(Verdict::NotApplicable { reason }, BTreeMap::new())
    }

    pub(super) fn inconclusive(reason: impl Into<String>) -> Self {
        Self::counted(Verdict::Inconclusive { reason: reason.into() }, BTreeMap::new())
    }
}

/// A program that is being run many times.
#[derive(Clone)]
pub(super) struct Harness {
    program: &'static dyn AnyProgram,
    execution: Execution,
    tally: Arc<Mutex<Tally>>,
}

/// What has been seen so far.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// How many executions were begun.
    executions: u64,
    /// Whether some thread yielded in one of them.
    yielded: bool,
    /// How many ended with each outcome.
    outcomes: BTreeMap<String, u64>,
    /// How many came to each point.
    reached: BTreeMap<String, u64>,
}

impl Harness {
    pub(super) fn new(program: &'static dyn AnyProgram) -> Self {
        Self { program, execution: Execution::default(), tally: Arc::default() }
    }

    /// Runs the program once; its panic ends the search.
    pub(super) fn run<B: Backend>(&self) {
        if let Err(payload) = self.attempt::<B>() {
            panics::give_up(panic_message(&*payload));
            resume_unwind(payload);
        }
    }

    /// Runs the program once; a failed assertion is as good as an end, so that the search goes on to
    /// further outcomes.
    pub(super) fn run_on_and_on<B: Backend>(&self) {
        if let Err(payload) = self.attempt::<B>()
            && B::is_engine_panic(&*payload)
        {
            resume_unwind(payload);
        }
    }

    fn attempt<B: Backend>(&self) -> thread::Result<()> {
        self.tally().executions += 1;
        let result = catch_unwind(AssertUnwindSafe(|| {
            self.execution.enter::<B>(|| self.program.run_on(B::ENGINE));
        }));
        let history = self.execution.history();
        let mut tally = self.tally();
        tally.yielded |= history.yielded;
        if let Some(outcome) = joined_outcome(&history.outcomes) {
            *tally.outcomes.entry(outcome).or_default() += 1;
        }
        for &point in &history.reached {
            *tally.reached.entry(point.into()).or_default() += 1;
        }
        result
    }

    pub(super) fn executions(&self) -> u64 {
        self.tally().executions
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verdict after a search of all interleavings in which a yielding thread lets another one run
    /// first.
    pub(super) fn exhausted(&self, executions: u64) -> Verdict {
        if self.tally().yielded {
            let coverage = "all in which a yield lets another thread run".into();
            Verdict::Passed { executions, coverage }
        } else {
            Verdict::Proved { executions }
        }
    }

    pub(super) fn outcomes(&self) -> BTreeMap<String, u64> {
        self.tally().outcomes.clone()
    }

    /// The failure that ended the last execution.
    pub(super) fn failure(
        &self,
        kind: FailureKind,
        panic: Panic,
        schedule: Option<String>,
    ) -> Failure {
        let deadlock = kind == FailureKind::Deadlock;
        let trace = Trace::of(&self.execution.history(), deadlock);
        let (message, location) = if deadlock {
            // The engine's own words name tasks by number, and its panic has a line of its own.
            (trace.circle(), None)
        } else {
            (panic.message, panic.location)
        };
        let executions = self.executions();
        Failure { kind, message, location, trace, schedule, executions, preemptions: None }
    }
}
