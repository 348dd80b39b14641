//! What the engines have in common: running a program as an execution, and counting.

use super::{
    dpor,
    panics::{self, Panic},
    trace::{self, Names},
    verdict::{Ending, Failure, Verdict},
};
use crate::{
    backend::{
        Backend, Engine,
        execution::{Execution, History, joined_outcome},
        panic_message,
    },
    dpor::{Operation, Place, Trace},
    program::{AnyProgram, FailureKind},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
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
    /// What a proof assumes, in words.
    pub(super) assumptions: Vec<String>,
    /// How the runs of a stress test ended.
    pub(super) endings: Vec<(Ending, u64)>,
}

impl Finding {
    pub(super) fn new(verdict: Verdict, seen: &Harness) -> Self {
        let Tally { outcomes, reached, .. } = seen.tally().clone();
        let complete = matches!(verdict, Verdict::Proved { .. });
        Self { outcomes, reached, complete, ..Self::bare(verdict) }
    }

    /// A failure, with what a further search of all interleavings has seen, if it came to its end.
    pub(super) fn failed(failure: Failure, seen: &Harness, complete: bool) -> Self {
        let verdict = Verdict::Failed(Box::new(failure));
        Self { complete, ..Self::new(verdict, seen) }
    }

    /// Runs that were counted by how they ended.
    pub(super) fn counted(verdict: Verdict, endings: HashMap<Ending, u64>) -> Self {
        Self { endings: endings.into_iter().collect(), ..Self::bare(verdict) }
    }

    fn bare(verdict: Verdict) -> Self {
        let (outcomes, reached) = (BTreeMap::new(), BTreeMap::new());
        let (assumptions, endings) = (Vec::new(), Vec::new());
        Self { verdict, outcomes, reached, complete: false, assumptions, endings }
    }

    pub(super) fn not_applicable(reason: String) -> Self {
        Self::bare(Verdict::NotApplicable { reason })
    }

    pub(super) fn inconclusive(reason: impl Into<String>) -> Self {
        Self::bare(Verdict::Inconclusive { reason: reason.into() })
    }
}

/// A program that is being run many times.
#[derive(Clone)]
pub(super) struct Harness {
    program: &'static dyn AnyProgram,
    execution: Execution,
    tally: Arc<Mutex<Tally>>,
}

thread_local! {
    /// The record of the execution that a worker of the checker runs: there may be several workers, each on an
    /// operating-system thread of its own.
    static WORKERS_OWN: Execution = Execution::default();
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

/// What one execution has seen.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Seen {
    /// Its outcome, if it reported one.
    pub(super) outcome: Option<String>,
    /// The points that it came to.
    pub(super) reached: Vec<String>,
}

impl Tally {
    /// Counts what so many executions have seen.
    fn add(&mut self, seen: Seen, executions: u64) {
        if let Some(outcome) = seen.outcome {
            *self.outcomes.entry(outcome).or_default() += executions;
        }
        for point in seen.reached {
            *self.reached.entry(point).or_default() += executions;
        }
    }
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
        let is_workers = B::engine() == Engine::Dpor;
        let execution =
            if is_workers { WORKERS_OWN.with(Clone::clone) } else { self.execution.clone() };
        let result = catch_unwind(AssertUnwindSafe(|| {
            execution.enter::<B>(|| self.program.run_on(B::engine()));
        }));
        let history = execution.history();
        self.tally().yielded |= history.yielded;
        let seen = Seen {
            outcome: joined_outcome(&history.outcomes),
            reached: history.reached.iter().map(|&point| point.into()).collect(),
        };
        drop(history);
        match &result {
            _ if B::engine() != Engine::Dpor => self.tally().add(seen, 1),
            // It may be an execution that does not count, or one of a search that begins again.
            Err(payload) if B::is_engine_panic(&**payload) => {}
            _ => dpor::note(&seen),
        }
        result
    }

    /// Counts what so many executions have seen.
    pub(super) fn count(&self, seen: Seen, executions: u64) {
        self.tally().add(seen, executions);
    }

    pub(super) fn executions(&self) -> u64 {
        self.tally().executions
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verdict after a search of all interleavings in which a yielding thread lets another one run
    /// first.
    #[cfg(any(loom, feature = "shuttle"))]
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

    /// What the last execution did, if that was recorded.
    pub(super) fn trace(&self) -> Trace {
        let mut trace = trace::of(&self.execution.history(), false);
        // Nothing hangs on any step of one that is looked at.
        trace.steps.iter_mut().for_each(|step| step.decisive = false);
        trace
    }

    /// The failure that ended the last execution.
    pub(super) fn failure(
        &self,
        kind: FailureKind,
        panic: Panic,
        schedule: Option<String>,
    ) -> Failure {
        let history = self.execution.history();
        let trace = trace::of(&history, kind == FailureKind::Deadlock);
        // An engine's own words know neither threads nor objects by name, and its panic has a line of
        // its own.
        let told = match kind {
            FailureKind::Deadlock => Some(trace.circle()),
            FailureKind::DataRace => race(&history),
            _ => None,
        };
        let (message, location) = match told {
            Some(message) => (message, None),
            None => (panic.message, panic.location.filter(|place| !trace::is_own(&place.file))),
        };
        let executions = self.executions();
        let (notes, too_weak, preemptions) = (Vec::new(), Vec::new(), None);
        Failure {
            kind,
            message,
            location,
            trace,
            notes,
            too_weak,
            schedule,
            executions,
            preemptions,
        }
    }
}

/// The access that the engine did not let happen, for it races with an earlier one.
fn race(history: &History) -> Option<String> {
    let (event, does) =
        history.pending.iter().flatten().find_map(|event| match event.operation {
            Operation::PlainRead => Some((event, "reads")),
            Operation::PlainWrite => Some((event, "writes")),
            _ => None,
        })?;
    let (names, at) = (Names::of(history), Place::from(event.location?));
    let (object, thread) = (names.subject(event)?, names.thread(event.thread));
    Some(format!(
        "data race on {object}: {thread} {does} it at {at}, and nothing orders this after what another \
         thread did"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::execution::Event;
    use std::panic::Location;

    #[test]
    fn a_race_is_told_by_the_access_that_was_not_done() {
        let at = Location::caller();
        let event = Event {
            thread: 1,
            operation: Operation::PlainWrite,
            object: Some(0),
            mutex: None,
            value: None,
            location: Some(at),
        };
        let mut history = History {
            threads: vec!["main".into(), "writer".into()],
            objects: vec!["place".into()],
            pending: vec![None, Some(event)],
            ..History::default()
        };
        let told = race(&history).unwrap();
        assert!(told.starts_with("data race on place: writer writes it at src"), "{told}");
        history.pending[1] = None;
        assert_eq!(race(&history), None);
    }
}
