//! A search that is killed, or cannot write, and goes on.

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs, thread};

use super::told;
use crate::programs::{locked, unlocked};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::{Exploration, Explorer, Memory, Outcome, UnitError, random_number};

fn explorer() -> Explorer {
    Explorer::new().memory(Memory::C11).checkpoint_every(Duration::ZERO)
}

/// A file that is not there yet, in a folder that lasts as long as this.
fn place() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint");
    (folder, file)
}

/// Increments that are lost, and an outcome of several lines.
fn lost() -> impl Fn() {
    || {
        let count = Arc::new(AtomicU32::new(0));
        let threads = [(); 3].map(|()| {
            let count = Arc::clone(&count);
            raceproof::thread::spawn(move || count.store(count.load(SeqCst) + 1, SeqCst))
        });
        let _ = threads.map(|thread| thread.join().unwrap());
        let count = count.load(SeqCst);
        raceproof::outcome(format!("a\\b\n{count}"));
        assert_ne!(count, 2, "two");
    }
}

/// Goes on with a search a few executions at a time.
fn in_steps(explorer: &Explorer, file: &Path, model: &dyn Fn()) -> Exploration {
    for few in [1, 2, 7, 5, 3].into_iter().cycle() {
        let found =
            explorer.clone().max_executions(few).check_with_checkpoint(file, model).unwrap();
        if !matches!(&found.outcome, Outcome::Bounded(why) if why.contains("execution"))
            || is_over(file)
        {
            return found;
        }
    }
    unreachable!("a search ends")
}

/// Is nothing left?
fn is_over(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap();
    let unit = text.lines().nth(1).unwrap();
    unit.rsplit(':').nth(1) == Some("")
}

#[test]
fn a_search_goes_on_where_it_was() {
    let (_folder, file) = place();
    let alone = explorer().check(unlocked(3));
    let found = in_steps(&explorer(), &file, &unlocked(3));
    assert_eq!(told(&found), told(&alone));
    // Once more, and there is nothing to do.
    let again = explorer().check_with_checkpoint(&file, unlocked(3)).unwrap();
    assert_eq!(told(&again), told(&alone));
}

#[test]
fn failures_are_counted_over_all_runs_and_the_first_is_told() {
    let (_folder, file) = place();
    let explorer = explorer().keep_going();
    let alone = explorer.check(lost());
    assert!(alone.failures > 1 && alone.outcomes.len() > 1, "{alone:?}");
    let mut found =
        explorer.clone().max_executions(1).check_with_checkpoint(&file, lost()).unwrap();
    while !is_over(&file) {
        found = explorer.clone().max_executions(4).check_with_checkpoint(&file, lost()).unwrap();
    }
    let last = explorer.check_with_checkpoint(&file, lost()).unwrap();
    assert_eq!(told(&found), told(&last));
    assert_eq!(told(&last), told(&alone));
    let first = |found: &Exploration| match &found.outcome {
        Outcome::Failed(failure) => failure.schedule.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(first(&last), first(&alone));
}

#[test]
fn a_failure_ends_the_search_as_without_a_checkpoint() {
    let (_folder, file) = place();
    let alone = explorer().check(lost());
    for _ in 0..2 {
        let found = explorer().check_with_checkpoint(&file, lost()).unwrap();
        let Outcome::Failed(failure) = found.outcome else { panic!("it fails") };
        assert!(
            matches!(&alone.outcome, Outcome::Failed(other) if other.schedule == failure.schedule)
        );
    }
}

#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let (_folder, file) = place();
    explorer().max_executions(5).check_with_checkpoint(&file, unlocked(3)).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let refused = |explorer: Explorer, model: &dyn Fn()| {
        let refused = explorer.check_with_checkpoint(&file, model).unwrap_err();
        assert_eq!(
            fs::read_to_string(&file).unwrap().len(),
            fs::metadata(&file).unwrap().len() as usize
        );
        refused
    };
    assert!(matches!(refused(explorer(), &unlocked(4)), UnitError::OtherProgram(_)));
    assert!(matches!(refused(explorer(), &locked(3, 1)), UnitError::OtherProgram(_)));
    assert_eq!(refused(explorer().max_steps(77), &unlocked(3)), UnitError::OtherBound);
    assert_eq!(refused(explorer().memory(Memory::Sequential), &unlocked(3)), UnitError::OtherBound);
    for len in (0..text.len()).step_by(7).chain([text.len() - 1]) {
        fs::write(&file, &text[..len]).unwrap();
        assert!(matches!(refused(explorer(), &unlocked(3)), UnitError::NoCheckpoint(_)), "{len}");
    }
    fs::write(&file, text.replacen("counts 5", "counts 9", 1)).unwrap();
    assert!(matches!(refused(explorer(), &unlocked(3)), UnitError::NoCheckpoint(_)));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let refused = explorer().check_with_checkpoint(&file, unlocked(3));
    assert!(matches!(refused, Err(UnitError::NoCheckpoint(_))), "{refused:?}");
}

/// A search that is over leaves its result, which is taken for no other program's.
#[test]
fn the_checkpoint_of_a_search_that_is_over_is_refused_as_well() {
    let (_folder, file) = place();
    explorer().check_with_checkpoint(&file, unlocked(3)).unwrap();
    assert!(is_over(&file));
    let refused = explorer().check_with_checkpoint(&file, unlocked(4));
    assert!(matches!(refused, Err(UnitError::OtherProgram(_))), "{refused:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    let (folder, file) = place();
    explorer().max_executions(5).check_with_checkpoint(&file, unlocked(3)).unwrap();
    let before = fs::read(&file).unwrap();
    let beside = folder.path().join("checkpoint.new");
    std::os::unix::fs::symlink("/dev/full", &beside).unwrap();
    let found = explorer().check_with_checkpoint(&file, unlocked(3)).unwrap();
    assert!(found.executions == 36 && matches!(found.outcome, Outcome::Proved));
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::remove_file(&beside).unwrap();
    let found = explorer().check_with_checkpoint(&file, unlocked(3)).unwrap();
    assert!(found.executions == 36 && matches!(found.outcome, Outcome::Proved));
}

/// Where the child finds the checkpoint from which it is to go on.
const FILE: &str = "RACEPROOF_TESTS_CHECKPOINT";

fn large() -> impl Fn() {
    unlocked(5)
}

/// The child of the next test, which is killed.
#[test]
fn goes_on_from_the_checkpoint_that_it_is_given() {
    let Ok(file) = env::var(FILE) else { return };
    let explorer = explorer().checkpoint_every(Duration::from_millis(5));
    explorer.check_with_checkpoint(file, large()).unwrap();
}

#[test]
fn a_search_that_is_killed_twenty_times_finds_what_it_would_have() {
    const CHILD: &str = "units::checkpoint::goes_on_from_the_checkpoint_that_it_is_given";
    let (_folder, file) = place();
    let mut seen = Vec::new();
    let executions = || {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let counts = text.lines().find_map(|line| line.strip_prefix("counts "));
        counts.map_or(0, |counts| counts.split(' ').next().unwrap().parse::<u64>().unwrap())
    };
    for nth in 0..20 {
        let before = executions();
        let mut child = Command::new(env::current_exe().unwrap());
        let child = child.args([CHILD, "--exact"]).env(FILE, &file);
        let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
        // Some are killed before they have gone on, the others at any moment after that.
        while nth % 5 > 0 && executions() == before && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(random_number(9, nth) % 20_000));
        child.kill().unwrap();
        child.wait().unwrap();
        seen.push(executions());
    }
    println!("executions after each kill: {seen:?}");
    assert!(seen.is_sorted() && seen[2] > 0, "{seen:?}");
    let found = explorer().checkpoint_every(Duration::from_secs(5));
    let found = found.check_with_checkpoint(&file, large()).unwrap();
    assert!(found.executions == 14_400 && matches!(found.outcome, Outcome::Proved), "{found:?}");
    let alone = explorer().check(large());
    assert_eq!(told(&found), told(&alone));
}
