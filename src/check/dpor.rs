//! The engines dpor and c11: exhaustive, one execution for each inequivalent interleaving, or one for each
//! execution graph of Rust's memory model. Both run a program on the same backend.

use super::{
    Limits, PCT_DEPTH, Sample, Sampler,
    harness::{Finding, Harness, Seen},
    trace,
    verdict::{Failure, Verdict},
};
use crate::{
    backend::{Dpor, MemoryModel, memory_of, refusal},
    dpor::{
        self, Exploration, Explorer, Memory, Outcome, Place, Sampling, Schedule, StateGraph,
        Unstepped, telling::states::End,
    },
    program::{AnyProgram, FailureKind},
};

/// Searches for a failure; `outcomes` asks for the outcomes of all executions, also after one.
pub(super) fn check(
    program: &'static dyn AnyProgram,
    model: MemoryModel,
    limits: &Limits,
    outcomes: bool,
) -> Finding {
    let harness = Harness::new(program);
    let explorer = || explorer(model, limits);
    // What can be done in the time: where that is no proof, few preemptions, and schedules at random.
    let search = explorer().within(limits.time).minimise();
    let found = search.check_in_parallel(|| harness.run::<Dpor>());
    match found.outcome {
        // A program that does not do the same when it is run again, or no time for a single execution.
        Outcome::Bounded(why) if found.redundant > 0 || found.executions == 0 => {
            Finding::inconclusive(why)
        }
        // Preemptions say nothing of what a load reads.
        Outcome::Bounded(bound) if model == MemoryModel::C11 => {
            Finding::inconclusive(not_done(&bound))
        }
        Outcome::Failed(failure) if outcomes && failure.kind == FailureKind::Assertion => {
            let harness = Harness::new(program);
            let all = explorer().check_in_parallel(|| harness.run_on_and_on::<Dpor>());
            count(&all, &harness);
            let complete = matches!(all.outcome, Outcome::Proved);
            failed(failure, found.executions, &harness, complete)
        }
        _ => finding(found, &harness),
    }
}

/// Searches for a failure on schedules that are drawn at random.
pub(super) fn sampled(
    program: &'static dyn AnyProgram,
    limits: &Limits,
    Sample { sampler, seed }: Sample,
) -> Finding {
    let how = match sampler {
        Sampler::Random => Sampling::Uniform,
        Sampler::Pct => Sampling::Pct { depth: PCT_DEPTH },
        Sampler::Pos => Sampling::Pos,
        Sampler::Urw => Sampling::Urw,
    };
    let harness = Harness::new(program);
    let sampling = explorer(MemoryModel::SequentialConsistency, limits);
    let sampling = sampling.sample(how, limits.executions).seed(seed);
    let found = sampling.check(|| harness.run::<Dpor>());
    match found.outcome {
        Outcome::Bounded(why) if found.executions == 0 => Finding::inconclusive(why),
        _ => finding(found, &harness),
    }
}

/// What an exploration comes to, of which nothing more is asked.
pub(super) fn finding(found: Exploration, harness: &Harness) -> Finding {
    count(&found, harness);
    let executions = found.executions;
    match found.outcome {
        Outcome::Proved => {
            let assumptions = found.assumptions.iter().map(ToString::to_string).collect();
            Finding { assumptions, ..Finding::new(Verdict::Proved { executions }, harness) }
        }
        Outcome::Bounded(coverage) => {
            Finding::new(Verdict::Passed { executions, coverage }, harness)
        }
        Outcome::Failed(failure) => failed(failure, executions, harness, false),
    }
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

pub(super) fn not_done(bound: &str) -> String {
    format!("not done after {bound}")
}

pub(super) fn memory(model: MemoryModel) -> Memory {
    match model {
        MemoryModel::SequentialConsistency => Memory::Sequential,
        MemoryModel::C11 => Memory::C11,
    }
}

fn explorer(model: MemoryModel, limits: &Limits) -> Explorer {
    let explorer = Explorer::new().memory(memory(model)).equivalence(limits.equivalence);
    let explorer = explorer.workers(limits.workers);
    explorer.max_executions(limits.executions).time_limit(limits.time)
}

fn failed(failure: dpor::Failure, executions: u64, seen: &Harness, complete: bool) -> Finding {
    let kind = match failure.kind {
        FailureKind::Misuse if let Some(what) = refusal(&failure.message) => {
            return Finding::not_applicable(format!("not yet: {what}"));
        }
        // No other checker can tell the two apart.
        FailureKind::Livelock => FailureKind::StepLimit,
        FailureKind::Nondeterminism => {
            let reason = format!("the program is not deterministic: {}", failure.message);
            return Finding::inconclusive(reason);
        }
        kind => kind,
    };
    // Under a weak memory model one execution has many orders, and none is looked for that has fewest.
    let sequential = memory_of(&failure.schedule) == MemoryModel::SequentialConsistency;
    let preemptions = sequential.then(|| failure.trace.preemptions());
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
    // All of them are needed, so none is told if one is not the program's.
    let (notes, too_weak) = (failure.notes, failure.too_weak);
    let own = too_weak.iter().any(|weak| trace::is_own(&weak.place.file));
    let too_weak = if own { Vec::new() } else { too_weak };
    let failure = Failure {
        kind,
        message,
        location,
        trace,
        notes,
        too_weak,
        schedule,
        executions,
        preemptions,
    };
    Finding::failed(failure, seen, complete)
}

/// The states that a program can be in, with places and outcomes that mean something to who reads it.
pub(super) fn states(
    program: &'static dyn AnyProgram,
    model: MemoryModel,
    most: usize,
) -> Result<StateGraph, Unstepped> {
    let harness = Harness::new(program);
    let explorer = Explorer::new().memory(memory(model));
    let mut graph = explorer.states(most, || harness.run::<Dpor>())?;
    let tells = |place: &mut Option<Place>| {
        *place = place.take().filter(|place| !trace::is_own(&place.file));
    };
    graph.start.iter_mut().for_each(|told| tells(&mut told.place));
    for state in &mut graph.states {
        let told = state.steps.iter_mut().flat_map(|edge| &mut edge.told);
        told.for_each(|told| tells(&mut told.place));
        state.threads.iter_mut().for_each(|standing| tells(&mut standing.place));
        match &mut state.end {
            Some(End::Fails { place, .. }) => tells(place),
            Some(End::Well(Some(noted))) => {
                let seen: Seen = serde_json::from_str(noted).expect("noted by `note` alone");
                let reached = seen.reached.into_iter().map(|point| format!("reaches {point}"));
                let all: Vec<_> = seen.outcome.into_iter().chain(reached).collect();
                *noted = all.join("; ");
            }
            _ => {}
        }
    }
    Ok(graph)
}

/// Runs the execution that `schedule` describes.
pub(super) fn replay(
    program: &'static dyn AnyProgram,
    model: MemoryModel,
    schedule: &str,
) -> Finding {
    let schedule: Schedule = match schedule.parse() {
        Ok(schedule) => schedule,
        Err(error) => return Finding::inconclusive(format!("{error}")),
    };
    if memory_of(&schedule) != model {
        return Finding::inconclusive("the schedule is one under another memory model");
    }
    let harness = Harness::new(program);
    let Exploration { outcome, .. } = Explorer::replay(&schedule, || harness.run::<Dpor>());
    match outcome {
        // A schedule that does not fit is tried with steps that only some explorations have.
        Outcome::Failed(failure) if refusal(&failure.message).is_none() => {
            failed(failure, 1, &harness, false)
        }
        _ => Finding::inconclusive("this schedule does not lead to a failure of this program"),
    }
}
