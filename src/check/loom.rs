//! The loom engine: exhaustive where that ends within the limits, else with bounded preemptions.

use super::{
    Limits,
    harness::{Finding, Harness},
    panics::{self, Panic},
    verdict::{Failure, Verdict},
};
use crate::{
    backend::{Loom, LoomFailure, loom_failure},
    program::{AnyProgram, FailureKind},
};
use loom::model::Builder;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// The preemption bounds to try, widest first, where the exhaustive search does not end.
const PREEMPTION_BOUNDS: [usize; 2] = [3, 2];

/// How many branches one execution may have.
const MAX_BRANCHES: usize = 10_000;

/// Searches for a failure; `outcomes` asks for the outcomes of all executions, also after one.
pub(super) fn check(program: &'static dyn AnyProgram, limits: &Limits, outcomes: bool) -> Finding {
    let bounds = PREEMPTION_BOUNDS.map(Some);
    // The time is for all of the bounds.
    let limits = &Limits { time: limits.time / (bounds.len() as u32 + 1), ..*limits };
    for bound in [None].into_iter().chain(bounds) {
        let harness = Harness::new(program);
        match explore(&harness, limits, bound) {
            Err(panic) => {
                let schedule = checkpoint(program, harness.executions());
                let failure = match failed(&harness, panic, schedule) {
                    Ok(failure) => failure,
                    Err(finding) => return finding,
                };
                let (seen, complete) = if outcomes && failure.kind == FailureKind::Assertion {
                    all_outcomes(program, limits)
                } else {
                    (harness, false)
                };
                return Finding::failed(failure, &seen, complete);
            }
            Ok(false) => {}
            Ok(true) => {
                let verdict = match bound {
                    None => harness.exhausted(harness.executions()),
                    Some(bound) => Verdict::Passed {
                        executions: harness.executions(),
                        coverage: format!("all with at most {bound} preemptions"),
                    },
                };
                return Finding::new(verdict, &harness);
            }
        }
    }
    Finding::inconclusive(format!(
        "more than {} executions or {} s even with at most {} preemptions",
        limits.executions,
        limits.time.as_secs(),
        PREEMPTION_BOUNDS[PREEMPTION_BOUNDS.len() - 1],
    ))
}

fn builder(limits: &Limits) -> Builder {
    let mut builder = Builder::new();
    builder.max_branches = MAX_BRANCHES;
    builder.max_permutations = usize::try_from(limits.executions).ok();
    builder.max_duration = Some(limits.time);
    // loom looks at its limits only as often as it would write a checkpoint.
    builder.checkpoint_interval = 1;
    builder
}

/// Runs the search, and says whether it came to its end. loom itself stops at a limit as silently
/// as at the end, so the executions and the time are measured here.
fn explore(harness: &Harness, limits: &Limits, bound: Option<usize>) -> Result<bool, Panic> {
    let mut builder = builder(limits);
    builder.preemption_bound = bound;
    let start = Instant::now();
    let running = harness.clone();
    search(move || builder.check(move || running.run::<Loom>()))?;
    Ok(within(harness, limits, start))
}

/// Whether no limit has ended the search: loom stops before execution number `max_permutations`, or
/// after `max_duration`.
fn within(harness: &Harness, limits: &Limits, start: Instant) -> bool {
    harness.executions() + 1 < limits.executions && start.elapsed() < limits.time
}

/// What `panic` says of the program, or why it says nothing.
#[allow(clippy::result_large_err)] // It is made once in a check.
fn failed(harness: &Harness, panic: Panic, schedule: Option<String>) -> Result<Failure, Finding> {
    let kind = match loom_failure(&panic.message) {
        None => FailureKind::Assertion,
        Some(LoomFailure::Deadlock) => FailureKind::Deadlock,
        Some(LoomFailure::DataRace) => FailureKind::DataRace,
        Some(LoomFailure::StepLimit) => FailureKind::StepLimit,
        Some(LoomFailure::TooManyThreads) => {
            let reason = "loom holds five threads at most, the main one included";
            return Err(Finding::inconclusive(reason));
        }
    };
    let mut failure = harness.failure(kind, panic, schedule);
    failure.message = failure.message.trim().into();
    if kind == FailureKind::StepLimit {
        failure.message.insert_str(0, "a livelock, or a long execution: ");
    }
    Ok(failure)
}

/// Searches again, past every failed assertion, for the outcomes, and says whether it came to its end.
fn all_outcomes(program: &'static dyn AnyProgram, limits: &Limits) -> (Harness, bool) {
    let harness = Harness::new(program);
    let running = harness.clone();
    let builder = builder(limits);
    let start = Instant::now();
    let ended = search(move || builder.check(move || running.run_on_and_on::<Loom>())).is_ok();
    let complete = ended && within(&harness, limits, start);
    (harness, complete)
}

/// loom's checkpoint of the failing execution, which is number `failing`: loom writes the path of
/// execution `i` where `i` is a multiple of the interval, just before it runs it.
fn checkpoint(program: &'static dyn AnyProgram, failing: u64) -> Option<String> {
    let folder = tempfile::tempdir().ok()?;
    let file = folder.path().join("checkpoint.json");
    let mut builder = Builder::new();
    builder.max_branches = MAX_BRANCHES;
    builder.checkpoint_interval = usize::try_from(failing).ok()?;
    builder.checkpoint_file = Some(file.clone());
    let harness = Harness::new(program);
    let running = harness.clone();
    let again = search(move || builder.check(move || running.run::<Loom>()));
    if again.is_ok() || harness.executions() != failing {
        return None;
    }
    std::fs::read_to_string(file).ok()
}

/// Runs the execution that `schedule`, a checkpoint of loom's, describes.
pub(super) fn replay(program: &'static dyn AnyProgram, schedule: &str) -> Finding {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(schedule) {
        return Finding::inconclusive(format!(
            "the schedule is not a checkpoint of loom's: {error}"
        ));
    }
    let written = tempfile::tempdir().and_then(|folder| {
        let file = folder.path().join("checkpoint.json");
        std::fs::write(&file, schedule)?;
        Ok((folder, file))
    });
    let (_folder, file) = match written {
        Ok(written) => written,
        Err(error) => return Finding::inconclusive(format!("cannot write the schedule: {error}")),
    };
    let harness = Harness::new(program);
    match resume(&harness, &file) {
        Some(panic) => match failed(&harness, panic, Some(schedule.to_owned())) {
            Ok(failure) => Finding::failed(failure, &harness, false),
            Err(finding) => finding,
        },
        None if harness.executions() == 0 => {
            Finding::inconclusive("the schedule is not a checkpoint of loom's")
        }
        None => Finding::inconclusive("this schedule does not lead to a failure of this program"),
    }
}

/// Runs the one execution that the checkpoint describes, and gives the panic that ended it.
fn resume(harness: &Harness, file: &Path) -> Option<Panic> {
    let mut builder = Builder::new();
    builder.max_branches = MAX_BRANCHES;
    builder.checkpoint_file = Some(file.into());
    builder.checkpoint_interval = usize::MAX;
    let running = harness.clone();
    let survived = Arc::new(AtomicBool::new(false));
    let next = Arc::clone(&survived);
    let result = search(move || {
        builder.check(move || {
            if running.executions() == 0 {
                running.run::<Loom>();
            } else {
                // Whatever loom says of the executions after it, whose program is this empty one.
                next.store(true, Ordering::Relaxed);
            }
        });
    });
    let began = harness.executions() > 0 && !survived.load(Ordering::Relaxed);
    result.err().filter(|_| began)
}

/// Runs a whole search; the panic that ends it is the failure it found.
fn search(f: impl FnOnce() + Send + 'static) -> Result<(), Panic> {
    panics::search_aside(|message| loom_failure(message).is_some(), f)
}
