//! The program as its users see it: what it prints, where, and with which exit code.
//!
//! Snapshots are of the shuttle engine, which finds the same in every run. Times, lines and schedules
//! are replaced, because they change with the machine and with every edit of a scenario.

mod mistakes;
mod network;
#[cfg(target_os = "linux")]
mod processes;

use assert_cmd::Command;
use predicates::prelude::{PredicateBooleanExt, predicate::str as text};
use raceproof_suite::{contracts, program, scenarios};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

/// The program, ready to be run with these arguments.
fn raceproof(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raceproof"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(variable);
    }
    command.args(args);
    command
}

/// What it prints, if it exits with `code`.
fn stdout(args: &[&str], code: i32) -> String {
    let output = raceproof(args).assert().code(code).get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

/// What it prints for wrong arguments, or for a file it cannot use.
fn complaint(args: &[&str]) -> String {
    let output = raceproof(args).assert().code(2).stdout("").get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

/// The objects that `check --json` prints, if it exits with `code`.
fn json(args: &[&str], code: i32) -> Vec<Value> {
    let args: Vec<_> = ["check", "--json"].iter().chain(args).copied().collect();
    stdout(&args, code).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Compares with a snapshot in which everything that may change is replaced.
macro_rules! assert_redacted {
    ($text:expr) => {
        insta::with_settings!({filters => vec![
            (r"<1 ms|\d+ ms|\d+\.\d s", "[time]"),
            (r"\.rs:\d+", ".rs:[line]"),
            (r"--schedule \w+", "--schedule [schedule]"),
        ]}, { insta::assert_snapshot!($text) })
    };
}

mod real_threads;
mod replay;
mod units;

// ── check ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn everything_as_expected_is_a_table_and_exit_code_0() {
    assert_redacted!(table(&["check", "counter", "--engine", "shuttle"]));
}

/// The table that these arguments give. Its columns are as wide as the times in them, so gaps and the
/// rule are normalised.
fn table(args: &[&str]) -> String {
    let table: Vec<String> = stdout(args, 0)
        .lines()
        .filter(|line| !line.starts_with('─'))
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()))
        .map(|cells| cells.collect::<Vec<_>>().join(" | "))
        .collect();
    table.join("\n")
}

#[test]
fn contracts_are_checked_in_place_of_the_scenarios() {
    assert_redacted!(table(&["check", "--contracts", "local", "--engine", "dpor"]));
    let lines = json(&["--contracts", "--engine", "dpor"], 0);
    assert_eq!(lines.len(), program::variants(contracts::ALL).count());
    for line in lines {
        assert_eq!(line["verdict"], "proved", "{line}");
        assert_eq!(line["expected"], "holds", "{line}");
    }
}

#[test]
fn without_a_command_it_checks() {
    let checked = |args| {
        let lines = stdout(args, 0);
        lines.lines().filter(|line| line.contains('✓')).count()
    };
    let args = ["check", "withdraw", "--engine", "shuttle"];
    assert_eq!(checked(&args[1..]), checked(&args));
    assert_eq!(checked(&args), 2 + 1, "two rows and the legend");
}

#[test]
fn something_unexpected_is_told_and_is_exit_code_1() {
    // A single execution is not enough to find the deadlock.
    let args = ["transfer/opposite-order", "--engine", "shuttle", "--limit-executions", "1"];
    let told = stdout(&args, 1);
    assert!(told.contains("✗ transfer/opposite-order on shuttle: holds and should fail"), "{told}");
    assert!(told.contains("expected: deadlock"), "{told}");
    assert!(told.contains("0 as expected, 1 not, 0 not applicable"), "{told}");
    assert!(!told.contains("proved 3"), "three samples prove nothing: {told}");
}

#[test]
fn rows_are_in_the_order_of_the_registry() {
    let args = ["withdraw", "counter", "--engine", "shuttle", "--jobs", "4"];
    let rows: Vec<_> = stdout(&args, 0)
        .lines()
        .skip(2)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join("/"))
        .collect();
    let expected: Vec<_> = program::variants(scenarios::ALL)
        .filter(|(scenario, _)| ["counter", "withdraw"].contains(&scenario.id))
        .map(|(scenario, variant)| format!("{}/{}", scenario.id, variant.id))
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn filters_choose_variants() {
    let chosen = |filters: &[&str]| -> BTreeSet<String> {
        let args: Vec<_> = filters.iter().chain(&["--engine", "shuttle"]).copied().collect();
        let name = |line: &Value| {
            format!("{}/{}", line["scenario"].as_str().unwrap(), line["variant"].as_str().unwrap())
        };
        json(&args, 0).iter().map(name).collect()
    };
    let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(chosen(&["withdraw"]), set(&["withdraw/locked", "withdraw/unlocked"]));
    assert_eq!(chosen(&["withdraw/locked"]), set(&["withdraw/locked"]));
    assert_eq!(chosen(&["nter/lo"]), set(&["counter/local-then-merge", "counter/locked"]));
}

#[test]
fn a_json_line_has_exactly_the_promised_fields() {
    let promised: BTreeSet<_> =
        "scenario variant engine memory_model expected missed_because imagined_because verdict \
        kind message coverage assumptions executions elapsed_ms as_expected outcomes outcomes_complete reached \
        program location schedule preemptions"
            .split_whitespace()
            .collect();
    let lines = json(&["counter", "--engine", "shuttle", "--engine", "std"], 0);
    let variants = scenarios::find("counter").unwrap().variants.len();
    assert_eq!(lines.len(), 2 * variants);
    for line in &lines {
        let fields: BTreeSet<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, promised);
        assert_eq!(line["as_expected"], true);
        assert!(line["elapsed_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{line}");
    }
    let find = |variant: &str, engine: &str| {
        lines.iter().find(|line| line["variant"] == variant && line["engine"] == engine).unwrap()
    };
    let failed = find("unlocked", "shuttle");
    assert_eq!(failed["verdict"], "failed");
    assert_eq!(failed["kind"], "assertion");
    assert_eq!(failed["expected"], "assertion: lost update");
    assert!(failed["message"].as_str().unwrap().contains("lost update"));
    assert!(failed["location"].as_str().unwrap().contains("counter.rs:"));
    assert!(failed["schedule"].is_string());
    assert_eq!(failed["outcomes"].as_object().unwrap().len(), 2);
    let proved = find("locked", "shuttle");
    assert_eq!(proved["verdict"], "proved");
    assert!(proved["executions"].as_u64().is_some_and(|number| number > 1));
    assert!(proved["kind"].is_null() && proved["message"].is_null());
    assert!(proved["schedule"].is_null() && proved["location"].is_null());
    let passed = find("locked", "std");
    assert_eq!(passed["verdict"], "passed", "real threads prove nothing");
    assert!(passed["coverage"].as_str().unwrap().contains("luck"));
}

#[test]
fn an_engine_is_named_once_however_often_it_is_given() {
    assert_eq!(json(&["withdraw/locked", "-e", "shuttle,shuttle", "-e", "shuttle"], 0).len(), 1);
}

#[test]
fn a_junit_report_is_written_beside_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.xml");
    let path = file.to_str().unwrap();
    let args =
        ["transfer/opposite-order", "-e", "shuttle", "--limit-executions", "1", "--junit", path];
    assert!(stdout(&args, 1).contains("holds and should fail"));
    let report = quick_junit::Report::deserialize_from_str(&fs::read_to_string(file).unwrap());
    let report = report.unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (1, 1, 0));
    assert_eq!(report.test_suites[0].test_cases[0].name.as_str(), "transfer/opposite-order");
}

#[test]
fn what_is_not_as_expected_is_told_to_ci() {
    let folder = tempfile::tempdir().unwrap();
    let [log, summary] = ["races.sarif", "summary.md"].map(|name| folder.path().join(name));
    fs::write(&summary, "before\n").unwrap();
    let path = log.to_str().unwrap();
    let args = ["check", "transfer/opposite-order", "-e", "shuttle", "--limit-executions", "1"];
    let mut command = raceproof(&[&args[..], &["--github", "--sarif", path]].concat());
    let told = command.env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8(told.stdout).unwrap();
    let annotation = "::error title=transfer/opposite-order on shuttle::";
    assert!(told.lines().any(|line| line.starts_with(annotation)), "{told}");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("before\n## ✗ raceproof\n"), "{summary}");
    let log: Value = serde_json::from_str(&fs::read_to_string(log).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 1);
}

// ── list, show ───────────────────────────────────────────────────────────────────

#[test]
fn list_has_the_whole_registry() {
    let listed = stdout(&["list"], 0);
    for scenario in scenarios::ALL {
        assert!(listed.contains(scenario.group.title()), "{listed}");
        assert!(listed.contains(&format!("  {}  {}", scenario.id, scenario.lesson)), "{listed}");
        for variant in scenario.variants {
            let line = listed.lines().any(|line| {
                line.trim_start().starts_with(variant.id) && line.ends_with(&variant.expected())
            });
            assert!(line, "{}/{}: {listed}", scenario.id, variant.id);
        }
    }
}

#[test]
fn list_takes_the_same_filters_as_check() {
    let listed = stdout(&["list", "transfer/ordered", "withdraw"], 0);
    let lines = listed.lines().filter(|line| line.starts_with("    "));
    let variants: Vec<_> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(variants, ["unlocked", "locked", "ordered"]);
    assert!(listed.contains("  transfer  ") && !listed.contains("  counter  "), "{listed}");
}

#[test]
fn a_contract_is_listed_shown_and_replayed_by_its_name() {
    let listed = stdout(&["list", "--contracts"], 0);
    assert!(listed.contains("  barrier  ") && !listed.contains("  counter  "), "{listed}");
    assert!(listed.ends_with("`raceproof check --contracts NAME` checks it.\n"), "{listed}");
    let page = stdout(&["show", "lock/excludes", "--engine", "dpor"], 0);
    assert!(page.starts_with("lock · Contracts\n"), "{page}");
    assert!(page.contains(" Excludes(threads: usize)<B> {\n"), "{page}");
    assert!(!page.contains("Refuses<B> {"), "another contract's code: {page}");
    assert!(page.contains("Proved by dpor: "), "{page}");
    let told = stdout(&["replay", "lock/excludes", "--engine", "dpor"], 0);
    assert!(told.contains("nothing to replay, proved after "), "{told}");
}

#[test]
fn show_tells_how_a_broken_variant_goes_wrong() {
    let page = stdout(&["show", "transfer/opposite-order", "--engine", "shuttle"], 0);
    let told = page.split_once("How it goes wrong").expect("it goes wrong").1;
    assert_redacted!(told);
}

#[test]
fn show_has_the_story_the_code_of_every_form_and_the_reasons() {
    let page = stdout(&["show", "transfer", "--engine", "shuttle"], 0);
    let scenario = scenarios::find("transfer").unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let read = words(&page);
    assert!(read.contains(scenario.lesson));
    let story = scenario.source.lines().nth(4).unwrap().trim_start_matches("//!");
    assert!(read.contains(&words(story)), "{story}");
    for variant in scenario.variants {
        assert!(read.contains(variant.why), "{}", variant.why);
        let program = format!("{:?}", variant.program);
        let name = program.split(' ').next().unwrap();
        for head in [format!("struct {name} {{"), format!("impl Program for {name} {{")] {
            let times = page.lines().filter(|line| code(line) == head).count();
            assert_eq!(times, 1, "{head}");
        }
    }
    assert!(page.contains("Proved by shuttle: "), "{page}");
    assert!(read.contains("every interleaving of Ordered { transfers: 2 }. This says nothing of"));
    assert!(read.contains("Not proved: shuttle found nothing in 5,000 executions"));
    assert_eq!(page.matches("impl<B: Backend> Accounts<B> {").count(), 1, "shared code comes once");
}

/// A line of code that `show` prints, without its number.
fn code(line: &str) -> &str {
    line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start()
}

/// The lines of code that a page of `show` prints: the file's name and the line's number.
fn printed(page: &str) -> BTreeSet<(String, u32)> {
    let mut file = String::new();
    let mut printed = BTreeSet::new();
    for line in page.lines() {
        if let Some(name) = line.strip_suffix(".rs:") {
            file = format!("{}.rs", name.rsplit('/').next().unwrap_or(name));
        } else if let Ok(number) = line.get(..4).unwrap_or_default().trim().parse() {
            printed.insert((file.clone(), number));
        }
    }
    printed
}

#[test]
fn places_lead_to_code_that_is_shown() {
    for scenario in scenarios::ALL {
        let page = stdout(&["show", scenario.id], 0);
        let printed = printed(&page);
        for (start, _) in page.match_indices(".rs:") {
            let file = page[..start].rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next();
            let number = page[start + 4..].split(|c: char| !c.is_ascii_digit()).next();
            let Some(Ok(number)) = number.map(str::parse) else { continue };
            let place = (format!("{}.rs", file.unwrap_or_default()), number);
            assert!(printed.contains(&place), "{place:?} in {page}");
        }
    }
}

#[test]
fn show_tells_of_other_memory_models_and_of_engines_that_miss_a_failure() {
    let page = |id, engine| {
        let page = stdout(&["show", id, "--engine", engine], 0);
        page.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let dpor = page("message-passing", "dpor");
    assert!(dpor.contains("Under C11, which c11 has, another thing comes out: "), "{dpor}");
    assert!(dpor.contains("shuttle misses it, since it treats every ordering as SeqCst"), "{dpor}");
    let shuttle = page("message-passing/relaxed-plain", "shuttle");
    assert!(shuttle.contains("It goes wrong all the same: shuttle misses it"), "{shuttle}");
    assert!(!shuttle.contains("Proved"), "{shuttle}");
    let c11 = page("message-passing/relaxed", "c11");
    for needed in
        ["The program does not fail if flag is", "written with Release", "read with Acquire"]
    {
        assert!(c11.contains(needed), "{c11}");
    }
    let iriw = page("iriw/seq-cst", "dpor");
    assert!(
        iriw.contains("One engine reports what cannot happen, assertion: the readers"),
        "{iriw}"
    );
    let refused = json(&["daemon/stop-event-and-join", "--engine", "dpor,c11"], 0);
    let of = |engine: &str| refused.iter().find(|line| line["engine"] == engine).unwrap();
    assert_eq!(of("dpor")["verdict"], "proved");
    assert_eq!(of("c11")["verdict"], "not-applicable");
    assert_eq!(of("c11")["message"], "not yet: daemons");
    let park = page("car-park/lock", "dpor");
    assert!(park.contains("No execution reaches the point `two cars inside`."), "{park}");
}

#[test]
fn no_word_is_broken_in_80_columns() {
    let narrow = |args: &[&str]| {
        let output = raceproof(args).env("COLUMNS", "80").assert().code(0).get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    let table = narrow(&["check", "transfer", "--engine", "dpor,shuttle,std"]);
    let page = narrow(&["show", "transfer/opposite-order", "--engine", "shuttle"]);
    // The story is broken into lines where it is written.
    let told = page.split_once("How it goes wrong").expect("it does").1;
    let told = told.split_once("See it again").expect("it can be seen").0;
    let words = [(&*table, "✓ deadlock"), (&*table, "shuttle"), (told, "deadlock: `main`")];
    for (text, word) in words {
        assert!(text.contains(word), "{word}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

#[test]
fn terms_are_explained_where_they_first_occur() {
    let page = stdout(&["show", "counter", "--engine", "dpor"], 0);
    for term in ["dpor: ", "preemption: ", "interleaving: "] {
        let definitions = page.lines().filter(|line| line.starts_with(term)).count();
        assert_eq!(definitions, 1, "{term}{page}");
    }
    let second = page.match_indices("\n── ").nth(1).expect("several variants").0;
    assert!(page[..second].contains("\ndpor: "), "{page}");
}

#[test]
fn show_fits_into_100_columns() {
    for scenario in scenarios::ALL {
        let page = stdout(&["show", scenario.id], 0);
        for line in page.lines() {
            assert!(line.chars().count() <= 100, "{}: {line}", scenario.id);
        }
    }
}

// ── colours ──────────────────────────────────────────────────────────────────────

#[test]
fn colours_are_for_terminals_that_want_them() {
    for args in [&["list"][..], &["check", "withdraw", "-e", "shuttle"], &["show", "withdraw"]] {
        let coloured = || text::contains("\u{1b}[");
        raceproof(args).assert().code(0).stdout(coloured().not());
        raceproof(args).env("CLICOLOR_FORCE", "1").assert().code(0).stdout(coloured());
        let both = raceproof(args).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").assert();
        both.code(0).stdout(coloured().not());
    }
}
