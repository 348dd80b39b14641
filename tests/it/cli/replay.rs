//! A schedule that is run again.

#[cfg(loom)]
use super::complaint;
use super::{json, raceproof, stdout};
use assert_cmd::Command;
use std::fs;

#[test]
fn replay_runs_the_execution_that_check_found() {
    let found = json(&["counter/unlocked", "--engine", "shuttle"], 0);
    let schedule = found[0]["schedule"].as_str().unwrap();
    let command = ["replay", "counter/unlocked", "--engine", "shuttle", "--schedule"];
    let with = |schedule: &str| {
        let args: Vec<_> = command.iter().chain(&[schedule]).copied().collect();
        raceproof(&args)
    };
    let said = |mut command: Command| {
        String::from_utf8(command.assert().code(0).get_output().stdout.clone()).unwrap()
    };
    let replayed = said(with(schedule));
    assert_redacted!(&replayed);

    // The schedule may also come from a file, or from standard input.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schedule");
    let path = file.to_str().unwrap();
    let saved = ["replay", "counter/unlocked", "-e", "shuttle", "--save-schedule", path];
    assert_eq!(stdout(&saved, 0), replayed, "found again");
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), schedule);
    assert_eq!(said(with(&format!("@{path}"))), replayed);
    let mut piped = with("-");
    piped.write_stdin(format!("{schedule}\n"));
    assert_eq!(said(piped), replayed);
}

#[cfg(loom)]
#[test]
fn a_bounded_search_is_no_proof_and_says_its_bound() {
    let args = ["--contracts", "condition/wakes-all", "-e", "loom", "--limit-executions", "3000"];
    let told = stdout(&args, 0);
    assert!(told.contains("✓ passed: all with at most 3 preemptions, "), "{told}");
}

#[cfg(loom)]
#[test]
fn replay_runs_a_schedule_of_looms() {
    let found = json(&["transfer/opposite-order", "--engine", "loom"], 0);
    let schedule = found[0]["schedule"].as_str().unwrap();
    let command = ["replay", "transfer", "--engine", "loom", "--schedule"];
    let told = stdout(&[&command[..], &[schedule]].concat(), 0);
    assert!(told.contains("waits for account b, held by"), "{told}");
    let told = complaint(&[&command[..], &["{\"pos\": 1}"]].concat());
    assert!(told.contains("not a checkpoint of loom's"), "{told}");
    let page = stdout(&["show", "transfer/opposite-order", "--engine", "loom"], 0);
    let lines: Vec<_> = page.lines().map(str::trim).collect();
    let command = "raceproof replay transfer/opposite-order --engine loom";
    assert!(lines.contains(&command), "{page}");
}

#[test]
fn what_holds_has_nothing_to_replay() {
    let told = stdout(&["replay", "counter/locked", "--engine", "shuttle"], 0);
    assert!(told.contains("nothing to replay, proved after"), "{told}");
}
