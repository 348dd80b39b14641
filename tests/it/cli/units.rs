//! Searches in units, in files and on several cores: what comes out, and what is said of units that do not fit.

use super::{complaint, json, raceproof, stdout};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A variant of some hundred executions, and one that fails.
const HOLDS: &str = "hungry-consumers/shutdown";
const FAILS: &str = "transfer/opposite-order";

fn split(variant: &str, into: &str) -> Vec<String> {
    stdout(&["split", variant, "--into", into], 0).lines().map(String::from).collect()
}

/// Explores each unit, and writes what is found into a file of its own.
fn explore(units: &[String], folder: &Path, name: &str) -> Vec<PathBuf> {
    let files = units.iter().enumerate().map(|(nth, unit)| {
        let file = folder.join(format!("{name}-{nth}"));
        fs::write(&file, stdout(&["check", "--unit", unit, "--json"], 0)).unwrap();
        file
    });
    files.collect()
}

fn with<'a>(command: &'a str, files: &'a [PathBuf]) -> Vec<&'a str> {
    [command].into_iter().chain(files.iter().map(|file| file.to_str().unwrap())).collect()
}

fn merge(files: &[PathBuf], code: i32) -> Value {
    let mut args = with("merge", files);
    args.push("--json");
    serde_json::from_str(&stdout(&args, code)).unwrap()
}

/// What must be the same.
fn told(result: &Value) -> [&Value; 5] {
    ["verdict", "executions", "outcomes", "reached", "assumptions"].map(|key| &result[key])
}

#[test]
fn units_come_to_what_the_whole_comes_to() {
    let folder = tempfile::tempdir().unwrap();
    let whole = &json(&[HOLDS, "--engine", "c11", "--workers", "1"], 0)[0];
    let units = split(HOLDS, "7");
    assert_eq!(units.len(), 7);
    let files = explore(&units, folder.path(), "unit");
    let merged = merge(&files, 0);
    assert_eq!(merged["verdict"], "proved");
    assert_eq!(told(&merged), told(whole));
    let table = stdout(&with("merge", &files), 0);
    assert!(table.contains("1 as expected, 0 not"), "{table}");

    // One is split again, and one comes to a limit.
    let parts = explore(&split(&units[2], "3"), folder.path(), "part");
    let few = folder.path().join("few");
    let args = ["check", "--unit", &units[3], "--json", "--limit-executions", "2"];
    let found = stdout(&args, 0);
    fs::write(&few, &found).unwrap();
    let found: Value = serde_json::from_str(&found).unwrap();
    let left = found["left"].as_array().unwrap().iter().map(|unit| unit.as_str().unwrap().into());
    let left = explore(&left.collect::<Vec<_>>(), folder.path(), "left");
    assert!(!left.is_empty());
    let all = [&files[..2], &parts, std::slice::from_ref(&few), &left, &files[4..]].concat();
    assert_eq!(told(&merge(&all, 0)), told(whole));

    // Nothing is said to be proved if one is missing, or there twice.
    let refused = |files: &[PathBuf], why: &str| {
        let told = complaint(&with("merge", files));
        assert!(told.starts_with("raceproof: ") && told.contains(why), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    };
    for at in 0..7 {
        let others = [&files[..at], &files[at + 1..]].concat();
        refused(&others, "not all units are there");
        refused(&[&files[..], &files[at..=at]].concat(), "a unit is there twice");
    }
    refused(
        &[&files[..3], std::slice::from_ref(&few), &files[4..]].concat(),
        "not all units are there",
    );
    refused(&[&files[..3], &[few], &left[1..], &files[4..]].concat(), "not all units are there");
    refused(&[&files[..], &parts].concat(), "a unit is there twice");
    refused(&[&files[..3], &left, &files[4..]].concat(), "not the result that has left them");
    let other = explore(&split(FAILS, "2"), folder.path(), "other");
    refused(&[&files[..], &other].concat(), "units of more than one search");
    let cut = folder.path().join("cut");
    let text = fs::read_to_string(&files[0]).unwrap();
    fs::write(&cut, &text[..text.len() / 2]).unwrap();
    refused(&[std::slice::from_ref(&cut), &files[1..]].concat(), "this is no unit's result");
    fs::write(&cut, "").unwrap();
    refused(&[&[cut], &files[1..]].concat(), "there is no unit's result in it");
    refused(&[folder.path().join("none")], "cannot read");

    // Nor if one has no answer, or was not explored to its end.
    let edited = |key: &str, value: Value| {
        let mut result: Value = serde_json::from_str(&text).unwrap();
        result[key] = value;
        let file = folder.path().join("edited");
        fs::write(&file, result.to_string()).unwrap();
        merge(&[&[file], &files[1..]].concat(), 1)
    };
    let none = serde_json::json!({"verdict": "inconclusive", "reason": "it broke"});
    assert_eq!(edited("verdict", none)["verdict"], "inconclusive");
    assert_eq!(edited("explored", false.into())["verdict"], "inconclusive");
    let bounded =
        serde_json::json!({"verdict": "passed", "executions": 9, "coverage": "9 executions"});
    assert_eq!(edited("verdict", bounded)["verdict"], "inconclusive");
}

#[test]
fn a_failure_in_a_unit_is_that_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let files = explore(&split(FAILS, "4"), folder.path(), "unit");
    let merged = merge(&files, 0);
    assert_eq!(merged["verdict"], "failed");
    assert_eq!(merged["kind"], "deadlock", "{merged}");
}

#[test]
fn what_is_no_unit_of_this_search_is_refused() {
    let unit = &split(HOLDS, "3")[1];
    let refused = |unit: &str| {
        let told = complaint(&["check", "--unit", unit, "--json"]);
        assert_eq!(told.lines().count(), 1, "{told}");
        told
    };
    assert!(refused(&unit[..unit.len() - 3]).contains("cut off or changed"));
    assert!(refused(&unit[..30]).contains("this is no unit"));
    assert!(refused("phases").contains("this is no unit"));
    let (_, text) = unit.split_once(':').unwrap();
    assert!(refused(&format!("{HOLDS}@dpor:{text}")).contains("under another memory model"));
    assert!(refused(&format!("{HOLDS}@std:{text}")).contains("std does not search in units"));
    assert!(refused(&format!("{FAILS}@c11:{text}")).contains("a unit of another program"));
    assert!(
        refused(&format!("nothing/at-all@c11:{text}")).contains("there is no `nothing/at-all`")
    );
}

#[test]
fn what_cannot_be_split_says_why() {
    let told = complaint(&["split", "transfer", "--into", "4"]);
    assert!(told.contains("has several variants: name one"), "{told}");
    let told = complaint(&["split", HOLDS, "--into", "4", "--engine", "shuttle"]);
    assert!(told.contains("shuttle does not search in units"), "{told}");
    let told = complaint(&["split", "daemon/daemon", "--into", "4", "--engine", "dpor"]);
    assert!(told.contains("this search cannot be split"), "{told}");
    let told = complaint(&["split", HOLDS, "--into", "0"]);
    assert!(told.contains("0 is not in 1..=1000000"), "{told}");
    let told = complaint(&["check", HOLDS, "--workers", "0"]);
    assert!(told.contains("0 is not in 1..=65535"), "{told}");
}

#[test]
fn several_workers_find_what_one_does() {
    for (variant, engine) in [(HOLDS, "c11"), (HOLDS, "dpor"), ("hungry-consumers", "dpor")] {
        // Variants come as they are done.
        let found = |workers: &str| {
            let rows = json(&[variant, "--engine", engine, "--workers", workers], 0);
            let told =
                rows.iter().map(|row| (row["variant"].to_string(), told(row).map(Value::clone)));
            told.collect::<BTreeMap<_, _>>()
        };
        assert_eq!(found("1"), found("3"), "{variant} on {engine}");
    }
}

#[test]
fn executions_are_taken_for_one_as_is_asked() {
    // Two flags that are written, and not always read in between.
    let found = |how: &[&str]| {
        let args = [&["peterson/seq-cst", "--engine", "dpor"], how].concat();
        let row = json(&args, 0).remove(0);
        assert_eq!(row["verdict"], "proved");
        row["executions"].as_u64().unwrap()
    };
    let traces = found(&[]);
    assert_eq!(found(&["--equivalence", "traces"]), traces);
    assert!(found(&["--equivalence", "reads-from"]) < traces);
    let told = complaint(&["check", HOLDS, "--equivalence", "some"]);
    assert!(told.contains("[possible values: traces, reads-from]"), "{told}");
}

#[test]
fn a_check_goes_on_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint");
    let file = file.to_str().unwrap();
    let whole = &json(&[HOLDS, "--engine", "c11", "--workers", "1"], 0)[0];
    let args = [HOLDS, "--engine", "c11", "--checkpoint", file];
    let some = json(&[&args[..], &["--limit-executions", "20"]].concat(), 1);
    assert_eq!(some[0]["verdict"], "inconclusive");
    let all = json(&args, 0);
    assert_eq!(told(&all[0]), told(whole));
    let refused = |args: &[&str], why: &str| {
        let told = complaint(&[&["check"], args].concat());
        assert!(told.contains(why) && told.lines().count() == 1, "{told}");
    };
    refused(&[FAILS, "--engine", "c11", "--checkpoint", file], "another program");
    refused(&[HOLDS, "--engine", "dpor", "--checkpoint", file], "another memory model");
    refused(&[HOLDS, "--checkpoint", file], "a checkpoint is one search's");
    let text = fs::read_to_string(file).unwrap();
    fs::write(file, &text[..text.len() - 9]).unwrap();
    refused(&args, "cut off or changed");
}

/// Nothing is lost, the search goes on, and one line says so.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint");
    std::os::unix::fs::symlink("/dev/full", folder.path().join("checkpoint.new")).unwrap();
    let args =
        ["check", HOLDS, "--engine", "c11", "--json", "--checkpoint", file.to_str().unwrap()];
    let output = raceproof(&args).assert().code(0).get_output().clone();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("is not written, the search goes on: No space left"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["verdict"], "proved");
}
