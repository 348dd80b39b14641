//! What the program prints for mistakes: one clear line, and exit code 2.

use super::{complaint, raceproof};
use predicates::prelude::{PredicateBooleanExt, predicate::str as text};

#[test]
fn an_unknown_name_gets_a_suggestion() {
    for command in ["check", "list", "show", "replay", "run", "stress"] {
        assert_eq!(
            complaint(&[command, "tranfer"]),
            "raceproof: there is no `tranfer`; did you mean `transfer`?\n"
        );
    }
    let told = complaint(&["run", "parallel-copy", "--processes"]);
    assert_eq!(told, "raceproof: parallel-copy copies files: name `--from` and `--to`\n");
    let told = complaint(&["run", "counter", "--processes"]);
    assert!(told.contains("only primes and parallel-copy"), "{told}");
    let told = complaint(&["show", "counter/unloked"]);
    assert!(told.ends_with("did you mean `counter/unlocked`?\n"), "{told}");
    let told = complaint(&["shwo"]);
    assert!(told.ends_with("did you mean `show`?\n"), "{told}");
    let told = complaint(&["check", "xyzzy"]);
    assert!(told.ends_with("`raceproof list` has all names\n"), "{told}");
}

#[test]
fn a_name_of_the_other_registry_says_which_flag() {
    assert_eq!(
        complaint(&["check", "rlock/owner-only"]),
        "raceproof: there is no scenario `rlock/owner-only`, but a contract: add `--contracts`\n"
    );
    assert_eq!(
        complaint(&["check", "--contracts", "counter"]),
        "raceproof: there is no contract `counter`, but a scenario: leave out `--contracts`\n"
    );
}

#[test]
fn an_unknown_engine_gets_a_suggestion() {
    let told = complaint(&["check", "--engine", "shutle"]);
    assert!(told.contains("a similar value exists: 'shuttle'"), "{told}");
}

#[cfg(not(loom))]
#[test]
fn an_engine_that_this_build_lacks_says_how_to_get_it() {
    let expected = "raceproof: this build has no loom: build with RUSTFLAGS=\"--cfg loom\"\n";
    assert_eq!(complaint(&["check", "--engine", "loom"]), expected);
    assert_eq!(complaint(&["show", "counter", "--engine", "loom"]), expected);
    assert_eq!(complaint(&["replay", "counter", "--engine", "loom"]), expected);
}

#[test]
fn nothing_checked_is_no_success() {
    let expected = "raceproof: nothing was checked: daemon/daemon needs daemons that are stopped, which \
                    std lacks; it can be checked on dpor\n";
    for command in ["check", "show"] {
        let output = raceproof(&[command, "daemon/daemon", "-e", "std"]).assert().code(2);
        assert_eq!(String::from_utf8_lossy(&output.get_output().stderr), expected);
    }
}

#[test]
fn a_corrupt_schedule_is_one_clear_line() {
    for schedule in ["zzz", "9102", "91020cf8acd1910100"] {
        let told = complaint(&["replay", "counter", "-e", "shuttle", "--schedule", schedule]);
        assert_eq!(told, "raceproof: cannot replay: the schedule is not one of shuttle's\n");
    }
    let told = complaint(&["replay", "counter", "-e", "shuttle", "--schedule", ""]);
    assert_eq!(told, "raceproof: the schedule is empty\n");
    let told = complaint(&["replay", "counter", "-e", "shuttle", "--schedule", "@/no/such/file"]);
    assert!(told.starts_with("raceproof: cannot read /no/such/file: "), "{told}");
    assert_eq!(told.lines().count(), 1);
}

#[test]
fn real_threads_cannot_replay() {
    let told = complaint(&["replay", "counter", "--engine", "std"]);
    assert_eq!(told, "raceproof: std runs real threads, which follow no schedule\n");
}

#[test]
fn what_cannot_be_run_says_why() {
    let told = complaint(&["run", "counter/locked", "--variant", "atomic"]);
    assert_eq!(
        told,
        "raceproof: `counter/locked` names a variant already: leave out `--variant atomic`\n"
    );
    let told = complaint(&["run", "counter", "--variant", "loked"]);
    assert!(told.ends_with("did you mean `counter/locked`?\n"), "{told}");
    let told = complaint(&["run", "daemon", "--variant", "daemon"]);
    assert_eq!(
        told,
        "raceproof: daemon/daemon cannot be run on std: no daemons that are stopped\n"
    );
    let told = complaint(&["run", "counter", "--engine", "dpor"]);
    assert!(told.contains("[possible values: std, parking_lot]"), "{told}");
}

#[test]
fn an_unwritable_file_is_noticed_before_anything_runs() {
    let told = complaint(&["check", "--junit", "/no/such/folder/report.xml"]);
    assert!(told.starts_with("raceproof: cannot write /no/such/folder/report.xml: "), "{told}");
    assert_eq!(told.lines().count(), 1);
    let told =
        complaint(&["replay", "counter", "-e", "shuttle", "--save-schedule", "/no/such/folder/s"]);
    assert!(told.starts_with("raceproof: cannot write /no/such/folder/s: "), "{told}");
}

#[test]
fn limits_of_nothing_are_refused() {
    for option in ["--limit-executions", "--limit-seconds", "--jobs"] {
        assert!(complaint(&["check", option, "0"]).contains(option));
    }
}

#[test]
fn help_lists_the_exit_codes() {
    let codes = text::contains("Exit codes:").and(text::contains("130  ended before all was done"));
    raceproof(&["--help"]).assert().code(0).stdout(codes);
    let words = text::contains("preemption: a switch to another thread");
    raceproof(&["--help"]).assert().code(0).stdout(words);
}
