//! What a model comes to, as data for whoever runs the tests: a line of JSON in the file that
//! `RACEPROOF_REPORT` names.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::panic::Location;
use std::thread;

use raceproof::{Exploration, Outcome};

/// Adds a line to the file, if one is named. What a model comes to does not depend on whether that is possible.
pub(super) fn append(found: &Exploration, at: &Location<'_>) {
    let Some(file) = env::var_os("RACEPROOF_REPORT").filter(|file| !file.is_empty()) else {
        return;
    };
    if let Err(error) = add(&file, &line(found, at)) {
        eprintln!("RACEPROOF_REPORT={}: {error}", file.display());
    }
}

fn add(file: &OsStr, line: &str) -> io::Result<()> {
    // Tests of several processes may add at the same time: a line is written whole, at the end.
    OpenOptions::new().append(true).create(true).open(file)?.write_all(line.as_bytes())
}

fn line(found: &Exploration, at: &Location<'_>) -> String {
    let mut line = String::from("{");
    if let Some(test) = thread::current().name().filter(|name| *name != "main") {
        let _ = write!(line, "\"test\":{},", quoted(test));
    }
    let _ = write!(line, "\"at\":{},", quoted(&format!("{}:{}", at.file(), at.line())));
    let _ = match &found.outcome {
        Outcome::Proved => write!(line, "\"verdict\":\"proved\","),
        Outcome::Bounded(bound) => {
            write!(line, "\"verdict\":\"bounded\",\"bound\":{},", quoted(bound))
        }
        Outcome::Failed(failure) => write!(
            line,
            "\"verdict\":\"failed\",\"kind\":{},\"failure\":{},\"schedule\":{},",
            quoted(&failure.kind.to_string()),
            quoted(&failure.summary()),
            quoted(&failure.schedule.to_string())
        ),
    };
    let assumes: Vec<_> =
        found.assumptions.iter().map(|assumption| quoted(&assumption.to_string())).collect();
    let _ = writeln!(
        line,
        "\"executions\":{},\"steps\":{},\"microseconds\":{},\"assumes\":[{}]}}",
        found.executions,
        found.steps,
        found.elapsed.as_micros(),
        assumes.join(",")
    );
    line
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use raceproof::Explorer;

    fn told(explorer: Explorer, model: fn()) -> String {
        line(&explorer.check(model), Location::caller())
    }

    #[test]
    fn a_line_tells_what_a_model_comes_to() {
        let proved = told(Explorer::new(), || assert!(raceproof::choose(3) < 3));
        let begin =
            "{\"test\":\"model::report::tests::a_line_tells_what_a_model_comes_to\",\"at\":\"";
        assert!(proved.starts_with(begin) && proved.ends_with(",\"assumes\":[]}\n"), "{proved}");
        assert!(
            proved.contains(".rs:")
                && proved.contains("\"verdict\":\"proved\",\"executions\":3,\"steps\":3,"),
            "{proved}"
        );
        let bounded = told(Explorer::new().max_executions(1), || assert!(raceproof::choose(3) < 3));
        assert!(
            bounded.contains("\"verdict\":\"bounded\",\"bound\":\"1 execution\",\"executions\":1,"),
            "{bounded}"
        );
        let failed = told(Explorer::new(), || assert!(raceproof::choose(3) < 2, "\"no\"\tor \\"));
        assert!(
            failed.contains(
                "\"verdict\":\"failed\",\"kind\":\"assertion\",\"failure\":\"assertion: \\\"no\\\""
            ),
            "{failed}"
        );
        assert!(failed.contains("or \\\\") && failed.contains("\"schedule\":\"0:2\""), "{failed}");
        assert!(
            failed.lines().count() == 1 && !failed.trim_end().contains(char::is_control),
            "{failed}"
        );
    }

    #[test]
    fn strings_are_those_of_json() {
        assert_eq!(quoted("a\"\\\n\u{7f}é"), "\"a\\\"\\\\\\u000a\\u007fé\"");
    }

    #[test]
    fn a_poll_that_is_assumed_is_told() {
        let flag = told(Explorer::new(), || {
            let flag = raceproof::sync::Arc::new(raceproof::sync::atomic::AtomicBool::new(false));
            let theirs = flag.clone();
            raceproof::thread::spawn(move || {
                theirs.store(true, std::sync::atomic::Ordering::SeqCst)
            });
            while !flag.load(std::sync::atomic::Ordering::SeqCst) {
                raceproof::thread::yield_now();
            }
        });
        assert!(flag.contains("\"assumes\":[\"a loop that polls"), "{flag}");
    }
}
