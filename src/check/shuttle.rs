//! The shuttle engine: depth-first where that ends within the limits, else PCT and random schedules.

use super::{
    Limits,
    harness::{Finding, Harness},
    panics::{self, Panic},
    verdict::Verdict,
};
use crate::{
    backend::{Shuttle, ShuttleFailure, shuttle_failure},
    program::{AnyProgram, FailureKind},
};
use shuttle::{
    Config, FailurePersistence, MaxSteps, Runner,
    scheduler::{DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, Scheduler},
};
use std::{path::Path, sync::Once, time::Instant};

/// How many schedules the depth-first search may try: it has no reduction, so what does not end
/// soon does not end at all.
const DEPTH_FIRST: u64 = 20_000;
/// How many schedules each of the sampling schedulers tries.
const SAMPLES: u64 = 2_000;
/// How many preemptions PCT aims for.
const PCT_DEPTH: usize = 3;
/// The seed of the sampling schedulers, fixed so that every run of a check is the same.
const SEED: u64 = 0x5eed;
/// How many steps one execution may have.
const MAX_STEPS: usize = 10_000;

/// Searches for a failure; `outcomes` asks for the outcomes of all executions, also after one.
pub(super) fn check(program: &'static dyn AnyProgram, limits: &Limits, outcomes: bool) -> Finding {
    let Ok(folder) = tempfile::tempdir() else {
        return Finding::inconclusive("cannot make a folder for shuttle's schedules");
    };
    let depth_first = limits.executions.min(DEPTH_FIRST);
    let samples = limits.executions.min(SAMPLES);
    let harness = Harness::new(program);
    let start = Instant::now();
    let found = sampled(&harness, limits, folder.path(), depth_first, samples);
    match found {
        Err(panic) => failed(program, &harness, panic, folder.path(), limits, outcomes),
        Ok(()) if start.elapsed() >= limits.time => {
            Finding::inconclusive(format!("out of time after {} s", limits.time.as_secs()))
        }
        Ok(()) if harness.tally().executions < depth_first => {
            let executions = harness.tally().executions;
            Finding::new(Verdict::Proved { executions }, harness.outcomes())
        }
        Ok(()) => {
            let verdict = Verdict::Passed {
                executions: harness.tally().executions,
                coverage: format!(
                    "{depth_first} depth-first, {samples} PCT (depth {PCT_DEPTH}), {samples} random"
                ),
            };
            Finding::new(verdict, harness.outcomes())
        }
    }
}

/// Depth-first search, and sampling if that does not end.
fn sampled(
    harness: &Harness,
    limits: &Limits,
    folder: &Path,
    depth_first: u64,
    samples: u64,
) -> Result<(), Panic> {
    let config = || {
        let mut config = config(FailurePersistence::File(Some(folder.into())));
        config.max_time = Some(limits.time);
        config
    };
    run(harness, config(), DfsScheduler::new(Some(count(depth_first)), false))?;
    if harness.tally().executions < depth_first {
        return Ok(());
    }
    run(harness, config(), PctScheduler::new_from_seed(SEED, PCT_DEPTH, count(samples)))?;
    run(harness, config(), RandomScheduler::new_from_seed(SEED, count(samples)))
}

fn count(executions: u64) -> usize {
    usize::try_from(executions).unwrap_or(usize::MAX)
}

fn config(persistence: FailurePersistence) -> Config {
    let mut config = Config::new();
    config.failure_persistence = persistence;
    config.max_steps = MaxSteps::FailAfter(MAX_STEPS);
    config.stack_size = 1 << 18;
    config.silence_warnings = true;
    config
}

fn run(
    harness: &Harness,
    config: Config,
    scheduler: impl Scheduler + 'static,
) -> Result<(), Panic> {
    take_the_hook_back();
    let running = harness.clone();
    panics::catch(move || {
        Runner::new(scheduler, config).run(move || running.run::<Shuttle>());
    })
}

/// The first run of shuttle in a process puts a panic hook of its own in front of ours, which prints
/// at every panic, caught ones too, and writes a schedule for each. The schedule of the failing
/// execution is written without it.
fn take_the_hook_back() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let config = config(FailurePersistence::None);
        Runner::new(DfsScheduler::new(Some(1), false), config).run(|| {});
        panics::watch();
    });
}

fn failed(
    program: &'static dyn AnyProgram,
    harness: &Harness,
    panic: Panic,
    folder: &Path,
    limits: &Limits,
    outcomes: bool,
) -> Finding {
    let kind = match shuttle_failure(&panic.message) {
        None => FailureKind::Assertion,
        Some(ShuttleFailure::Deadlock) => FailureKind::Deadlock,
        Some(ShuttleFailure::StepLimit) => FailureKind::StepLimit,
        Some(ShuttleFailure::BadSchedule) => {
            return Finding::inconclusive("the schedule does not fit this program");
        }
    };
    let schedule = std::fs::read_to_string(folder.join("schedule000.txt")).ok();
    let schedule = schedule.map(|schedule| schedule.trim().to_owned());
    let failure = harness.failure(kind, panic, schedule);
    let seen = if outcomes && kind == FailureKind::Assertion {
        all_outcomes(program, limits)
    } else {
        harness.clone()
    };
    Finding::new(Verdict::Failed(Box::new(failure)), seen.outcomes())
}

/// Searches again, past every failed assertion, for the outcomes.
fn all_outcomes(program: &'static dyn AnyProgram, limits: &Limits) -> Harness {
    let harness = Harness::new(program);
    let running = harness.clone();
    let mut config = config(FailurePersistence::None);
    config.max_time = Some(limits.time);
    let scheduler = DfsScheduler::new(Some(count(limits.executions)), false);
    // An engine failure ends this search early; the missing outcomes will be noticed.
    let _ = panics::catch(move || {
        Runner::new(scheduler, config).run(move || running.run_on_and_on::<Shuttle>())
    });
    harness
}

/// Runs the execution that `schedule`, one of shuttle's own, describes.
pub(super) fn replay(program: &'static dyn AnyProgram, schedule: &str) -> Finding {
    let harness = Harness::new(program);
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => return Finding::inconclusive(format!("cannot make a folder: {error}")),
    };
    let running = harness.clone();
    let encoded = schedule.to_owned();
    let config = config(FailurePersistence::None);
    take_the_hook_back();
    let found = panics::catch(move || {
        let scheduler = ReplayScheduler::new_from_encoded(&encoded);
        Runner::new(scheduler, config).run(move || running.run::<Shuttle>());
    });
    match found {
        Ok(()) => Finding::inconclusive("this schedule does not lead to a failure of this program"),
        Err(_) if harness.tally().executions == 0 => {
            Finding::inconclusive("the schedule is not one of shuttle's")
        }
        Err(panic) => {
            let limits = Limits::default();
            let mut finding = failed(program, &harness, panic, folder.path(), &limits, false);
            if let Verdict::Failed(failure) = &mut finding.verdict {
                failure.schedule = Some(schedule.to_owned());
            }
            finding
        }
    }
}
