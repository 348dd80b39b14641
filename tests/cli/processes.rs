//! The program among other processes: signals, pipes, full disks.

use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Checks that take as long as they may.
const SLOW: [&str; 4] = ["--engine", "std", "--limit-executions", "100000000"];

/// The program, started in a process group of its own, as a shell does.
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

/// Waits until `parent` has had the same `number` of children for a while.
fn settled_children(parent: &Child, number: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut seen = Vec::new();
    let mut since = Instant::now();
    while seen.len() != number || since.elapsed() < Duration::from_millis(500) {
        assert!(Instant::now() < deadline, "children: {seen:?}");
        thread::sleep(Duration::from_millis(20));
        let now = children(parent);
        if now != seen {
            seen = now;
            since = Instant::now();
        }
    }
    seen
}

#[test]
fn ctrl_c_prints_the_rows_so_far() {
    let filter = ["check", "counter/locked", "withdraw/locked", "--engine", "shuttle"];
    let limits = ["--jobs", "2", "--limit-seconds", "60"];
    let running = start(&[&filter[..], &SLOW, &limits].concat());
    // The two on shuttle are done at once; the two on real threads go on and on.
    let slow = settled_children(&running, 2);
    let begun = Instant::now();
    let group = format!("-{}", running.id());
    assert!(run("kill", &["-INT", "--", &group]).status.success());
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(10), "it went on");
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.matches("✓ proved").count(), 2, "{told}");
    assert!(!told.contains("no verdict"), "{told}");
    assert!(told.ends_with("interrupted: 2 of 4 checks made\n"), "{told}");
    for pid in slow {
        assert!(!run("kill", &["-0", &pid]).status.success(), "child {pid} goes on");
    }
}

#[test]
fn a_killed_check_costs_only_its_row() {
    let filter = ["check", "counter/locked", "withdraw/locked", "--json"];
    let limits = ["--jobs", "2", "--limit-seconds", "4"];
    let running = start(&[&filter[..], &SLOW, &limits].concat());
    let victim = &settled_children(&running, 2)[0];
    assert!(run("kill", &["-KILL", victim]).status.success());
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert_eq!(lines[0]["verdict"], "inconclusive", "the killed one is known first");
    assert_eq!(lines[0]["as_expected"], false);
    assert!(lines[0]["message"].as_str().unwrap().contains("SIGKILL"), "{told}");
    assert_eq!(lines[1]["verdict"], "passed");
    assert_eq!(lines[1]["as_expected"], true);
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
fn json_lines_that_nobody_reads_end_the_run() {
    // Each row takes long enough for the pipe to be closed before the next one.
    let mut running = start(&["counter", "--json", "--jobs", "1", "--engine", "std"]);
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with('{'));
    drop(lines);
    let output = running.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(130), "not everything was checked");
}

#[cfg(target_os = "linux")]
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
