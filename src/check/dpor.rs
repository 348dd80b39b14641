//! The dpor engine: exhaustive, one execution for each inequivalent interleaving.

use super::{
    Limits,
    harness::{Finding, Harness, Seen},
    trace,
    verdict::{Failure, Verdict},
};
use crate::{
    backend::Dpor,
    dpor::{self, Exploration, Explorer, Memory, Outcome, Schedule},
    program::{AnyProgram, FailureKind},
};

/// Searches for a failure; `outcomes` asks for the outcomes of all executions, also after one.
pub(super) fn check(program: &'static dyn AnyProgram, limits: &Limits, outcomes: bool) -> Finding {
    let harness = Harness::new(program);
    let found = explorer(limits).minimise().check(|| harness.run::<Dpor>());
    count(&found, &harness);
    let executions = found.executions;
    match found.outcome {
        Outcome::Proved => {
            let assumptions = found.assumptions.iter().map(ToString::to_string).collect();
            Finding { assumptions, ..Finding::new(Verdict::Proved { executions }, &harness) }
        }
        // A program that does not do the same when it is run again.
        Outcome::Bounded(why) if found.redundant > 0 => Finding::inconclusive(why),
        Outcome::Bounded(bound) => bounded(program, limits, &bound),
        Outcome::Failed(failure) => {
            if outcomes && failure.kind == FailureKind::Assertion {
                let harness = Harness::new(program);
                let all = explorer(limits).check(|| harness.run_on_and_on::<Dpor>());
                count(&all, &harness);
                let complete = matches!(all.outcome, Outcome::Proved);
                failed(failure, executions, &harness, complete)
            } else {
                failed(failure, executions, &harness, false)
            }
        }
    }
}

/// Explores what needs few preemptions: most failures do, and there are far fewer such schedules.
fn bounded(program: &'static dyn AnyProgram, limits: &Limits, bound: &str) -> Finding {
    let mut verdict = Verdict::Inconclusive { reason: format!("not done after {bound}") };
    let mut seen = Harness::new(program);
    for preemptions in [1, 2] {
        let harness = Harness::new(program);
        let explorer = explorer(limits).preemption_bound(preemptions);
        let found = explorer.check(|| harness.run::<Dpor>());
        count(&found, &harness);
        match found.outcome {
            Outcome::Failed(failure) => return failed(failure, found.executions, &harness, false),
            _ if found.executions >= limits.executions || found.elapsed >= limits.time => break,
            _ => {
                let coverage = format!("all with at most {preemptions} preemptions");
                verdict = Verdict::Passed { executions: found.executions, coverage };
                seen = harness;
            }
        }
    }
    Finding::new(verdict, &seen)
}

/// Adds to the outcome of the execution under way what it has seen. The explorer counts it, for the explorer
/// alone knows which executions are part of the search.
pub(super) fn note(seen: &Seen) {
    if seen.outcome.is_some() || !seen.reached.is_empty() {
        dpor::outcome(serde_json::to_string(seen).expect("text can be written"));
    }
}

/// Counts what the executions of the search have seen, which they have [noted](note).
fn count(found: &Exploration, harness: &Harness) {
    for (seen, &executions) in &found.outcomes {
        harness.count(serde_json::from_str(seen).expect("noted by `note` alone"), executions);
    }
}

fn explorer(limits: &Limits) -> Explorer {
    let sequential = Explorer::new().memory(Memory::Sequential);
    sequential.max_executions(limits.executions).time_limit(limits.time)
}

fn failed(failure: dpor::Failure, executions: u64, seen: &Harness, complete: bool) -> Finding {
    let kind = match failure.kind {
        // No other checker can tell the two apart.
        FailureKind::Livelock => FailureKind::StepLimit,
        FailureKind::Nondeterminism => {
            let reason = format!("the program is not deterministic: {}", failure.message);
            return Finding::inconclusive(reason);
        }
        kind => kind,
    };
    let preemptions = Some(failure.trace.preemptions());
    let trace = trace::without_own_places(failure.trace);
    let (message, location) = if kind == FailureKind::Deadlock {
        (trace.circle(), None)
    } else {
        let message = match failure.kind {
            FailureKind::Livelock => format!("livelock: {}", failure.message),
            _ => failure.message,
        };
        (message, failure.location.filter(|place| !trace::is_own(&place.file)))
    };
    let schedule = Some(failure.schedule.to_string());
    let notes = failure.notes;
    let failure =
        Failure { kind, message, location, trace, notes, schedule, executions, preemptions };
    Finding::failed(failure, seen, complete)
}

/// Runs the execution that `schedule` describes.
pub(super) fn replay(program: &'static dyn AnyProgram, schedule: &str) -> Finding {
    let schedule: Schedule = match schedule.parse() {
        Ok(schedule) => schedule,
        Err(error) => return Finding::inconclusive(format!("{error}")),
    };
    let harness = Harness::new(program);
    let Exploration { outcome, .. } = Explorer::replay(&schedule, || harness.run::<Dpor>());
    match outcome {
        Outcome::Failed(failure) => failed(failure, 1, &harness, false),
        _ => Finding::inconclusive("this schedule does not lead to a failure of this program"),
    }
}
