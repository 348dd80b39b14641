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
    scheduler::{
        DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, Schedule, Scheduler, Task,
        TaskId,
    },
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
    let start = Instant::now();
    let mut harness = Harness::new(program);
    let depth_first = limits.executions.min(DEPTH_FIRST);
    let mut found = run(&harness, limits, folder.path(), DepthFirst::new(depth_first));
    // The depth-first search is not fair to spinning threads, so an endless execution of its says
    // nothing; what the fair schedulers say of it counts.
    let unfair = found.as_ref().is_err_and(is_step_limit);
    if found.is_ok() && start.elapsed() < limits.time && harness.executions() < depth_first {
        return Finding::new(harness.exhausted(harness.executions()), &harness);
    }
    if found.is_ok() || unfair {
        if unfair {
            harness = Harness::new(program);
        }
        found = sample(&harness, limits, folder.path());
    }
    match found {
        Err(panic) => failed(program, &harness, panic, folder.path(), limits, outcomes),
        Ok(()) if start.elapsed() >= limits.time => {
            Finding::inconclusive(format!("out of time after {} s", limits.time.as_secs()))
        }
        Ok(()) => {
            let executions = harness.executions();
            let first = if unfair { "" } else { "depth-first, " };
            let coverage = format!("{first}PCT (depth {PCT_DEPTH}) and random schedules");
            Finding::new(Verdict::Passed { executions, coverage }, &harness)
        }
    }
}

/// PCT schedules, and random ones, which alone are fair to every thread.
fn sample(harness: &Harness, limits: &Limits, folder: &Path) -> Result<(), Panic> {
    let samples = count(limits.executions.min(SAMPLES));
    match run(harness, limits, folder, PctScheduler::new_from_seed(SEED, PCT_DEPTH, samples)) {
        Err(panic) if !is_step_limit(&panic) => Err(panic),
        _ => run(harness, limits, folder, RandomScheduler::new_from_seed(SEED, samples)),
    }
}

fn is_step_limit(panic: &Panic) -> bool {
    shuttle_failure(&panic.message) == Some(ShuttleFailure::StepLimit)
}

/// Depth-first search in which a yielding thread runs again only after some other one: without that,
/// a thread that spins until another one has written spins for ever.
#[derive(Debug)]
struct DepthFirst(DfsScheduler);

impl DepthFirst {
    fn new(executions: u64) -> Self {
        Self(DfsScheduler::new(Some(count(executions)), false))
    }
}

impl Scheduler for DepthFirst {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let others: Vec<_> =
            runnable.iter().copied().filter(|task| Some(task.id()) != current).collect();
        let choices = if is_yielding && !others.is_empty() { &others[..] } else { runnable };
        self.0.next_task(choices, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
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

/// Runs the program on every schedule of `scheduler`, the failing one written to `folder`.
fn run(
    harness: &Harness,
    limits: &Limits,
    folder: &Path,
    scheduler: impl Scheduler + 'static,
) -> Result<(), Panic> {
    let mut config = config(FailurePersistence::File(Some(folder.into())));
    config.max_time = Some(limits.time);
    let running = harness.clone();
    search(move || {
        Runner::new(scheduler, config).run(move || running.run::<Shuttle>());
    })
}

/// Runs a whole search; the panic that ends it is the failure it found.
fn search(f: impl FnOnce()) -> Result<(), Panic> {
    take_the_hook_back();
    panics::search(|message| shuttle_failure(message).is_some(), f)
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
    let schedule = last_schedule(folder);
    let failure = harness.failure(kind, panic, schedule);
    let (seen, complete) = if outcomes && kind == FailureKind::Assertion {
        all_outcomes(program, limits)
    } else {
        (harness.clone(), false)
    };
    Finding::failed(failure, &seen, complete)
}

/// The schedule that shuttle wrote last; it numbers the files.
fn last_schedule(folder: &Path) -> Option<String> {
    let files = std::fs::read_dir(folder).ok()?;
    let last = files.filter_map(|file| Some(file.ok()?.path())).max()?;
    Some(std::fs::read_to_string(last).ok()?.trim().to_owned())
}

/// Searches again, past every failed assertion, for the outcomes, and says whether it came to its end.
fn all_outcomes(program: &'static dyn AnyProgram, limits: &Limits) -> (Harness, bool) {
    let harness = Harness::new(program);
    let running = harness.clone();
    let mut config = config(FailurePersistence::None);
    config.max_time = Some(limits.time);
    let depth_first = limits.executions.min(DEPTH_FIRST);
    let scheduler = DepthFirst::new(depth_first);
    let start = Instant::now();
    let ended = search(move || {
        Runner::new(scheduler, config).run(move || running.run_on_and_on::<Shuttle>());
    });
    let within = harness.executions() < depth_first && start.elapsed() < limits.time;
    (harness, ended.is_ok() && within)
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
    let found = search(move || {
        let scheduler = ReplayScheduler::new_from_encoded(&encoded);
        Runner::new(scheduler, config).run(move || running.run::<Shuttle>());
    });
    match found {
        Ok(()) => Finding::inconclusive("this schedule does not lead to a failure of this program"),
        Err(_) if harness.executions() == 0 => {
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
