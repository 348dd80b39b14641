//! The program among other processes: signals, pipes, full disks. It inspects processes as Linux
//! shows them.

use serde_json::Value;
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// The program, started in its own process group, as a shell does.
fn start(args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_raceproof"))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn run(program: &str, args: &[&str]) -> Output {
    Command::new(program).args(args).output().unwrap()
}

/// The processes that `parent` has started.
fn children(parent: &Child) -> Vec<String> {
    let output = run("pgrep", &["-P", &parent.id().to_string()]);
    let pids = String::from_utf8(output.stdout).unwrap();
    pids.lines().map(String::from).collect()
}

/// Stops `number` checks on real threads as soon as `parent` has begun them. They would take a
/// second each until they count as deadlocked; stopped, they last as long as a test needs.
fn hold_native(parent: &Child, number: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut held = Vec::new();
    while held.len() < number {
        assert!(Instant::now() < deadline, "held: {held:?}");
        for child in children(parent) {
            let request = fs::read(format!("/proc/{child}/environ")).unwrap_or_default();
            let is_native = String::from_utf8_lossy(&request).contains("\"engine\":\"std\"");
            if is_native && !held.contains(&child) {
                send("-STOP", &child);
                held.push(child);
            }
        }
    }
    held
}

/// Sends a signal to a process, or to a group whose number has a minus before it.
fn send(signal: &str, to: &str) {
    assert!(run("kill", &[signal, "--", to]).status.success(), "{signal} to {to}");
}

/// Two checks that hang on real threads.
const HANGING: [&str; 7] = [
    "check",
    "forgotten-release/no-release",
    "forgotten-release/release-on-success-only",
    "--jobs",
    "2",
    "--engine",
    "std",
];

#[test]
fn ctrl_c_prints_the_rows_so_far() {
    let running = start(&[&HANGING[..], &["--engine", "shuttle"]].concat());
    // One of two workers is held with the first check; the other has run both on shuttle when it
    // begins the second.
    let held = hold_native(&running, 2);
    for pid in &held {
        let group = run("ps", &["-o", "pgid=", "-p", pid]).stdout;
        let group = String::from_utf8(group).unwrap();
        assert_eq!(group.trim(), pid, "the signal must not reach the child");
    }
    let begun = Instant::now();
    send("-INT", &format!("-{}", running.id()));
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(10), "it went on");
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.matches("✓ deadlock 1").count(), 2, "{told}");
    assert!(!told.contains("no verdict"), "{told}");
    assert!(told.ends_with("interrupted: 2 of 4 checks made\n"), "{told}");
    for pid in held {
        assert!(!run("kill", &["-0", &pid]).status.success(), "child {pid} goes on");
    }
}

#[test]
fn a_killed_check_costs_only_its_row() {
    let mut running = start(&[&HANGING[..], &["--json"]].concat());
    let held = hold_native(&running, 2);
    send("-KILL", &held[0]);
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let killed = next();
    assert_eq!(killed["verdict"], "inconclusive");
    assert_eq!(killed["as_expected"], false);
    assert!(killed["message"].as_str().unwrap().contains("SIGKILL"), "{killed}");
    send("-CONT", &held[1]);
    let other = next();
    assert_eq!(other["verdict"], "failed", "{other}");
    assert_eq!(other["kind"], "deadlock", "{other}");
    assert_eq!(other["as_expected"], true, "{other}");
    assert!(lines.next().is_none());
    assert_eq!(running.wait().unwrap().code(), Some(1));
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    for args in [&["list"][..], &["--help"], &["show", "withdraw", "--engine", "shuttle"]] {
        let mut running = start(args);
        drop(running.stdout.take());
        let output = running.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn unread_json_lines_end_the_run() {
    // Each row takes long enough for the pipe to be closed before the next one.
    let mut running = start(&["counter", "--json", "--jobs", "1", "--engine", "std"]);
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with('{'));
    drop(lines);
    let output = running.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(130), "not everything was checked");
}

#[test]
fn a_full_disk_is_one_clear_line() {
    for args in [
        &["list"][..],
        &["check", "withdraw", "-e", "shuttle"],
        &["check", "withdraw", "-e", "shuttle", "--json"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_raceproof"))
            .args(args)
            .stdout(File::create("/dev/full").unwrap())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("raceproof: cannot write standard output: No space"), "{told}");
        assert_eq!(told.lines().count(), 1);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
    let report = ["check", "withdraw", "-e", "shuttle", "--junit", "/dev/full"];
    let output = start(&report).wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("raceproof: cannot write /dev/full: No space"), "{told}");
    assert_eq!(output.status.code(), Some(2));
}
