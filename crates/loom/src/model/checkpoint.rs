//! A file with the schedule of an execution that has failed.

use std::fs;
use std::path::Path;

use raceproof::{Exploration, Explorer, FailureKind, Outcome, Schedule};

/// The schedule in a file, if there is one.
///
/// # Panics
///
/// If the file has something else.
#[track_caller]
pub(super) fn read(file: &Path) -> Option<Schedule> {
    let text = fs::read_to_string(file).ok()?;
    match text.trim().parse() {
        Ok(schedule) => Some(schedule),
        Err(error) => panic!("{}: {error}; delete the file to search anew", file.display()),
    }
}

/// Keeps the schedule of what was found, if it has failed.
pub(super) fn write(file: &Path, found: &Exploration) {
    let Outcome::Failed(failure) = &found.outcome else { return };
    match fs::write(file, format!("{}\n", failure.schedule)) {
        Ok(()) => println!("the schedule is in {}, and is tried first next time", file.display()),
        Err(error) => println!("the schedule is not kept: {}: {error}", file.display()),
    }
}

/// Runs an execution again, and returns what it comes to if it still fails.
pub(super) fn run_again(
    explorer: &Explorer,
    schedule: &Schedule,
    model: &dyn Fn(),
) -> Option<Exploration> {
    let found = explorer.run_again(schedule, model);
    let fails = matches!(&found.outcome, Outcome::Failed(failure)
        if failure.kind != FailureKind::Nondeterminism);
    fails.then_some(found)
}
