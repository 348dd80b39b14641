//! Describes one failure to a person: what went wrong, how it came to that, how to see it again.

use super::{
    style::{BAD, CODE, FAINT, paint},
    text::{self, count, one_line, thousands, width, wrap},
};
use crate::{
    check::{Failure, Place, Report},
    dpor::telling::annotations::main_place,
    program::FailureKind,
};
use std::fmt::Write;

/// A command with a schedule is shown if it is no longer than this.
const SHORT: usize = 98;

/// The failure in one line.
#[must_use]
pub fn summary(failure: &Failure) -> String {
    let mut text = format!("{}: {}", failure.kind, one_line(&failure.message));
    if let Some(location) = &failure.location {
        let _ = write!(text, ", at {}", location.short());
    }
    text
}

/// The line at which it is shown: that of the assertion, or else the last on which the failure hangs, or the last.
#[must_use]
pub fn line(failure: &Failure) -> Option<&Place> {
    main_place(&failure.trace, failure.location.as_ref())
}

/// Where in the search it came up.
#[must_use]
pub fn place(report: &Report, failure: &Failure) -> String {
    let executions = thousands(failure.executions);
    let place = format!("execution {executions} of {} on {}", report.program, report.engine);
    match failure.preemptions {
        Some(preemptions) => format!("{place}, with {}", count(preemptions as u64, "preemption")),
        None => place,
    }
}

/// The lanes of the failing execution, or why there are none.
fn lanes(report: &Report, failure: &Failure, room: usize) -> String {
    let lanes = text::lanes(&failure.trace, room);
    if !lanes.is_empty() {
        return lanes;
    }
    let why = if report.engine.is_native() {
        "(No steps were recorded: to watch real threads would change what they do.)"
    } else {
        "(No steps were recorded.)"
    };
    format!("{}\n", paint(FAINT, why))
}

/// The command that runs the failing execution again, if the engine can.
#[must_use]
pub fn replay_command(report: &Report, failure: &Failure) -> Option<String> {
    let schedule = failure.schedule.as_deref()?;
    let (scenario, variant) = (&report.scenario, &report.variant);
    let command = format!("raceproof replay {scenario}/{variant} --engine {}", report.engine);
    let whole = format!("{command} --schedule {schedule}");
    // A longer schedule is found again when it is needed.
    Some(if width(&whole) <= SHORT && is_one_word(schedule) { whole } else { command })
}

/// Whether a shell takes `text` for one word as it stands.
fn is_one_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/+=@%".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain)
}

/// The lanes, and the failure in a few words.
#[must_use]
pub fn steps(report: &Report, failure: &Failure, room: usize) -> String {
    let mut text = lanes(report, failure, room);
    text.push('\n');
    let summary = summary(failure);
    // Who waits for whom is a line for each thread.
    let between = if failure.kind == FailureKind::Deadlock { "; " } else { "\n" };
    let indent = format!("{}: ", failure.kind).len();
    for (index, part) in summary.split(between).enumerate() {
        let indent = if index == 0 { 0 } else { indent };
        for line in wrap(part, room.saturating_sub(indent)) {
            let _ = writeln!(text, "{:indent$}{}", "", paint(BAD, line));
        }
    }
    if let Some(remedy) = remedy(failure) {
        for line in wrap(&remedy, room) {
            let _ = writeln!(text, "{line}");
        }
    }
    for note in &failure.notes {
        for line in wrap(&format!("note: {note}"), room) {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// Which orderings would keep the program from failing, if that is known.
fn remedy(failure: &Failure) -> Option<String> {
    let needs: Vec<_> = failure.too_weak.iter().map(ToString::to_string).collect();
    let (last, others) = needs.split_last()?;
    let needs =
        if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    Some(format!("The program does not fail if {needs}."))
}

/// All of it: the lanes, the failure, the command.
#[must_use]
pub fn describe(report: &Report, failure: &Failure, room: usize) -> String {
    let mut text = steps(report, failure, room);
    if let Some(command) = replay_command(report, failure) {
        let _ = writeln!(text, "See it again:\n  {}", paint(CODE, command));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Engine, check::Verdict, report::samples};

    fn command(schedule: &str) -> Option<String> {
        let job = samples::job("counter", "unlocked", Engine::Shuttle);
        let verdict = samples::failed(FailureKind::Assertion, "", samples::lost_update());
        let report = samples::row(job, verdict).report;
        let Verdict::Failed(mut failure) = report.verdict.clone() else { return None };
        failure.schedule = Some(schedule.into());
        replay_command(&report, &failure)
    }

    #[test]
    fn a_short_schedule_is_part_of_the_command() {
        let again = "raceproof replay counter/unlocked --engine shuttle";
        assert_eq!(command("9102").unwrap(), format!("{again} --schedule 9102"));
        assert_eq!(command("{\"branches\": 1}").unwrap(), again);
        assert_eq!(command(&"9".repeat(200)).unwrap(), again);
    }

    #[test]
    fn real_threads_have_no_steps_to_show() {
        let job = samples::job("counter", "unlocked", Engine::Std);
        let verdict =
            samples::failed(FailureKind::Assertion, "lost", crate::check::Trace::default());
        let report = samples::row(job, verdict).report;
        let Verdict::Failed(failure) = &report.verdict else { panic!("it failed") };
        assert!(lanes(&report, failure, 100).contains("real threads"));
    }
}
