//! Tests, as functions.

use std::fs;
use std::path::Path;

use raceproof::{Outcome, Schedule};

use crate::config::Config;
use crate::rand::seeded;
use crate::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, RoundRobinScheduler, Scheduler, UrwRandomScheduler,
};
use crate::search::{Runner, explorer};

#[track_caller]
fn with<F>(scheduler: impl Scheduler, f: F)
where
    F: Fn() + Send + Sync + 'static,
{
    Runner::new(scheduler, Config::new()).run(f);
}

/// As [`Runner::run`] of 1,000 executions.
///
/// # Panics
///
/// If an execution fails.
#[doc(hidden)]
#[track_caller]
pub fn check<F>(f: F)
where
    F: Fn() + Send + Sync + 'static,
{
    with(RoundRobinScheduler::new(1), f);
}

/// As [`Runner::run`] of so many executions: all that there are, if these are no more.
///
/// ```
/// use shuttle::sync::{Arc, Mutex};
/// use shuttle::thread;
///
/// shuttle::check_random(
///     || {
///         let count = Arc::new(Mutex::new(0));
///         let theirs = Arc::clone(&count);
///         let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
///         *count.lock().unwrap() += 1;
///         other.join().unwrap();
///         assert_eq!(*count.lock().unwrap(), 2);
///     },
///     100,
/// );
/// ```
///
/// # Panics
///
/// If an execution fails.
#[track_caller]
pub fn check_random<F>(f: F, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    with(RandomScheduler::new(iterations), f);
}

/// As [`check_random`]; [random numbers](crate::rand) begin with the seed.
///
/// # Panics
///
/// If an execution fails.
#[track_caller]
pub fn check_random_with_seed<F>(f: F, seed: u64, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    with(RandomScheduler::new_from_seed(seed, iterations), f);
}

/// As [`check_random`].
///
/// # Panics
///
/// If an execution fails.
#[track_caller]
pub fn check_urw<F>(f: F, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    with(UrwRandomScheduler::new(iterations), f);
}

/// As [`check_random`]; if there are more executions than that, draws schedules by random priorities of that depth.
///
/// # Panics
///
/// If an execution fails, or the depth is 0.
#[track_caller]
pub fn check_pct<F>(f: F, iterations: usize, depth: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    with(PctScheduler::new(depth, iterations), f);
}

/// As [`check_random`], or of all executions.
///
/// # Panics
///
/// If an execution fails.
#[track_caller]
pub fn check_dfs<F>(f: F, max_iterations: Option<usize>)
where
    F: Fn() + Send + Sync + 'static,
{
    with(DfsScheduler::new(max_iterations, false), f);
}

/// As [`check_random`]: that a test does the same when it is run again is checked in any case.
///
/// # Panics
///
/// If an execution fails.
#[track_caller]
pub fn check_uncontrolled_nondeterminism<F>(f: F, max_iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    check_random(f, max_iterations);
}

/// Runs the execution of a schedule again, one that raceproof has printed.
///
/// # Panics
///
/// If the execution fails, or the schedule is none: those of shuttle mean nothing here.
#[track_caller]
pub fn replay<F>(f: F, schedule: &str)
where
    F: Fn() + Send + Sync + 'static,
{
    let schedule: Schedule = match schedule.trim().parse() {
        Ok(schedule) => schedule,
        Err(error) => panic!("{error}: a schedule is wanted that raceproof has printed"),
    };
    let found = explorer(&Config::new()).run_again(&schedule, seeded(0, f));
    match found.outcome {
        Outcome::Failed(failure) => panic!("{failure}"),
        Outcome::Proved | Outcome::Bounded(_) => println!("run again, this execution ends well"),
    }
}

/// As [`replay`], of the schedule in a file.
///
/// # Panics
///
/// As [`replay`], and if the file cannot be read.
#[track_caller]
pub fn replay_from_file<F, P>(f: F, path: P)
where
    F: Fn() + Send + Sync + 'static,
    P: AsRef<Path>,
{
    let path = path.as_ref();
    match fs::read_to_string(path) {
        Ok(schedule) => replay(f, &schedule),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}
