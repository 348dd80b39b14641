//! Runs on real threads, and in processes: `stress` and `run`.

use super::{raceproof, stdout, text};
use raceproof_suite::scenarios;

#[test]
fn stress_counts_how_the_runs_end() {
    let told = stdout(&["stress", "counter/locked", "--runs", "30"], 0);
    assert!(told.contains("counter/locked on std: 30 runs of Locked {"), "{told}");
    let bar = told.lines().find(|line| line.trim_start().starts_with("✓ 2 ")).unwrap();
    assert!(bar.contains("████") && bar.contains("100.0 %") && bar.ends_with(" 30"), "{bar}");
    let told = stdout(&["stress", "forgotten-release", "--runs", "2"], 0);
    assert!(told.contains("✓ deadlock"), "{told}");
    assert!(told.ends_with("Luck found the failure in 2 of 2 runs.\n"), "{told}");
    let told = stdout(&["stress", "forgotten-release", "--runs", "9", "--limit-hangs", "2"], 0);
    assert!(told.contains("forgotten-release/no-release on std: 2 of 9 runs of"), "{told}");
    assert!(told.ends_with("Stopped early: 2 of them hang, which is enough (`--limit-hangs`).\n"));
}

#[test]
fn luck_finds_what_has_a_size_for_it() {
    let told = stdout(&["stress", "counter/unlocked", "--runs", "20"], 0);
    assert!(told.contains("20 runs of Unlocked { threads: 2, increments: 100000 }"), "{told}");
    // Whatever the counts were.
    assert_eq!(told.matches("assertion: lost update").count(), 1, "{told}");
    let page = stdout(&["show", "counter/unlocked"], 0);
    assert!(page.contains("On real threads luck found it in "), "{page}");
    // What a person is to follow is small, and ends as luck has it.
    let small = text::contains("Unlocked { threads: 2, increments: 1 } on std");
    raceproof(&["run", "counter/unlocked"]).assert().code([0, 1].as_slice()).stdout(small);
}

#[test]
fn programs_run_in_processes() {
    let told = stdout(&["run", "primes", "--processes", "2"], 0);
    assert_eq!(told.matches(" is prime\n").count(), 4, "{told}");
    assert!(told.contains("1099726899285419 is not\n"), "{told}");
    assert!(told.ends_with(" by at most 2 processes.\n"), "{told}");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(path("from/inner")).unwrap();
    for (name, bytes) in [("from/one", 1000), ("from/inner/two", 20)] {
        std::fs::write(path(name), vec![7; bytes]).unwrap();
    }
    let [from, to] = [path("from"), path("to")].map(|path| path.to_str().unwrap().to_owned());
    let told = stdout(&["run", "parallel-copy", "--from", &from, "--to", &to], 0);
    assert!(told.ends_with("2 files, 1,020 bytes\n"), "{told}");
    for name in ["one", "inner/two"] {
        let [from, to] = ["from", "to"].map(|top| std::fs::read(path(top).join(name)).unwrap());
        assert_eq!(from, to, "{name}");
    }
    // A folder stands where a copy should be.
    std::fs::remove_file(path("to/one")).unwrap();
    std::fs::create_dir(path("to/one")).unwrap();
    let told = stdout(&["run", "parallel-copy", "--from", &from, "--to", &to], 1);
    assert!(told.contains("from/one: ") && told.ends_with("1 files, 20 bytes\n"), "{told}");
}

#[test]
fn run_shows_what_real_threads_do() {
    // One thread runs at a time here, so every run does the same.
    assert_redacted!(stdout(&["run", "serial-start/start-join-in-one-loop"], 0));
    let told = stdout(&["run", "parallel-sum"], 0);
    assert!(told.starts_with("parallel-sum/join-then-collect: JoinThenCollect {"), "{told}");
    assert!(told.contains("worker from 3") && told.ends_with("Outcome: 10\n"), "{told}");
}

#[test]
fn every_scenario_can_be_run() {
    for scenario in scenarios::ALL {
        let told = stdout(&["run", scenario.id, "--backend", "std"], 0);
        assert!(told.contains("It ended well."), "{}: {told}", scenario.id);
    }
}

#[test]
fn a_run_that_goes_wrong_shows_how() {
    let told = stdout(&["run", "recursive", "--variant", "lock"], 1);
    assert!(told.contains("deadlock: "), "{told}");
}

#[test]
fn the_engine_has_one_name_everywhere() {
    let told = |option| {
        let told = stdout(&["run", "serial-start", option, "std"], 0);
        told.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(told("--engine"), told("--backend"));
    let help = stdout(&["run", "--help"], 0);
    assert!(help.contains("--engine") && !help.contains("--backend"), "{help}");
}
