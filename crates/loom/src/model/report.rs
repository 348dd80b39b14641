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
