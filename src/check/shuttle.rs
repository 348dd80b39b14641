//! The shuttle engine: depth-first where that ends within the limits, else PCT and random schedules.

use super::{
    Limits, PCT_DEPTH, Sample, Sampler,
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
        TaskId, UrwRandomScheduler,
    },
};
use std::{
    path::Path,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

/// How many schedules the depth-first search may try: it has no reduction, so what does not end
/// soon does not end at all.
const DEPTH_FIRST: u64 = 20_000;
/// After how many schedules, and then each time that they have doubled, the search is given up if it seems
/// that there are far more than it may try.
const PROBE: u64 = 1_000;
/// How many times more. In our programs those that come to an end seem to be one and a half times as many as
/// may be tried at most.
const FAR_MORE: f64 = 2.0;
/// How many schedules each of the sampling schedulers tries.
const SAMPLES: u64 = 2_000;
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
    let (scheduler, exhausted) = DepthFirst::new(depth_first);
    let mut found = run(&harness, limits, folder.path(), scheduler);
    // The depth-first search is not fair to spinning threads, so an endless execution of its says
    // nothing; what the fair schedulers say of it counts.
    let unfair = found.as_ref().is_err_and(is_step_limit);
    if found.is_ok() && exhausted.load(Relaxed) {
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
        Ok(()) if start.elapsed() >= limits.time => out_of_time(limits),
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

/// Searches for a failure on schedules of one sort, as many as the limits allow.
pub(super) fn sampled(
    program: &'static dyn AnyProgram,
    limits: &Limits,
    Sample { sampler, seed }: Sample,
) -> Finding {
    let Ok(folder) = tempfile::tempdir() else {
        return Finding::inconclusive("cannot make a folder for shuttle's schedules");
    };
    let start = Instant::now();
    let harness = Harness::new(program);
    let schedules = count(limits.executions);
    let (scheduler, coverage): (Box<dyn Scheduler + Send>, _) = match sampler {
        Sampler::Random => (
            Box::new(RandomScheduler::new_from_seed(seed, schedules)),
            "random schedules".to_owned(),
        ),
        Sampler::Pct => (
            Box::new(PctScheduler::new_from_seed(seed, PCT_DEPTH, schedules)),
            format!("PCT schedules (depth {PCT_DEPTH})"),
        ),
        Sampler::Urw => (
            Box::new(UrwRandomScheduler::new_from_seed(seed, schedules)),
            "URW schedules".to_owned(),
        ),
        Sampler::Pos => return Finding::inconclusive("shuttle has no partial order sampling"),
    };
    let found = run(&harness, limits, folder.path(), scheduler);
    match found {
        // An endless execution says nothing where the schedules are not fair to every thread.
        Err(panic) if is_step_limit(&panic) && sampler != Sampler::Random => {
            Finding::inconclusive(format!("a schedule of {MAX_STEPS} steps that need not be fair"))
        }
        Err(panic) => failed(program, &harness, panic, folder.path(), limits, false),
        Ok(()) if start.elapsed() >= limits.time => out_of_time(limits),
        Ok(()) => {
            Finding::new(Verdict::Passed { executions: harness.executions(), coverage }, &harness)
        }
    }
}

fn out_of_time(limits: &Limits) -> Finding {
    Finding::inconclusive(format!("out of time after {} s", limits.time.as_secs()))
}

fn is_step_limit(panic: &Panic) -> bool {
    shuttle_failure(&panic.message) == Some(ShuttleFailure::StepLimit)
}

/// Depth-first search in which a yielding thread runs again only after some other one: without that,
/// a thread that spins until another one has written spins for ever.
///
/// It tells soon whether it will end: a walk that takes each choice with the same probability comes to one
/// of the schedules, so their probabilities add up to one.
#[derive(Debug)]
struct DepthFirst {
    /// How many schedules it may try, and has tried.
    limit: u64,
    tried: u64,
    /// The choices of the present schedule: which alternative was taken, of how many.
    choices: Vec<(usize, usize)>,
    /// How many of them have been made again.
    made: usize,
    /// The probability of the schedules before.
    explored: f64,
    /// Whether there are no more.
    exhausted: Arc<AtomicBool>,
}

impl DepthFirst {
    /// The search, and where it will note that it has come to its end.
    fn new(limit: u64) -> (Self, Arc<AtomicBool>) {
        let exhausted = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&exhausted);
        let search =
            Self { limit, tried: 0, choices: Vec::new(), made: 0, explored: 0.0, exhausted };
        (search, noted)
    }

    /// Goes on to the next schedule; whether there is one.
    fn advance(&mut self) -> bool {
        if self.tried == 0 {
            return true;
        }
        self.explored += self.choices.iter().map(|&(_, of)| 1.0 / of as f64).product::<f64>();
        while let Some((taken, of)) = self.choices.pop() {
            if taken + 1 < of {
                self.choices.push((taken + 1, of));
                return true;
            }
        }
        false
    }

    fn is_hopeless(&self) -> bool {
        let due = self.tried.is_multiple_of(PROBE) && (self.tried / PROBE).is_power_of_two();
        due && self.tried as f64 / self.explored > FAR_MORE * self.limit as f64
    }
}

impl Scheduler for DepthFirst {
    fn new_execution(&mut self) -> Option<Schedule> {
        let more = self.advance();
        self.exhausted.store(!more, Relaxed);
        if !more || self.tried == self.limit || self.is_hopeless() {
            return None;
        }
        (self.tried, self.made) = (self.tried + 1, 0);
        Some(Schedule::new(SEED))
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
        if self.made == self.choices.len() {
            self.choices.push((0, choices.len()));
        }
        let (taken, _) = self.choices[self.made];
        self.made += 1;
        Some(choices[taken].id())
    }

    fn next_u64(&mut self) -> u64 {
        panic!("a depth-first search has no random numbers")
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
    let (scheduler, exhausted) = DepthFirst::new(depth_first);
    let ended = search(move || {
        Runner::new(scheduler, config).run(move || running.run_on_and_on::<Shuttle>());
    });
    (harness, ended.is_ok() && exhausted.load(Relaxed))
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
