//! JSON lines: an object for each result, written as soon as it is known.
//!
//! This is a program's view of a run, so its fields stay as they are.

use super::{Event, Reporter, Row, sink::Sink};
use crate::{
    check::{Failure, Verdict},
    program::FailureKind,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Writes JSON lines, and nothing else.
#[derive(Debug)]
pub struct JsonLines {
    out: Sink,
}

/// One line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    scenario: &'a str,
    variant: &'a str,
    engine: &'a str,
    /// The memory model that the engine checks under.
    memory_model: String,
    /// What had to come out under that model, in words.
    expected: String,
    /// Why the engine is known to miss the failure.
    missed_because: Option<&'a str>,
    /// Why the engine is known to report a failure that cannot happen.
    imagined_because: Option<&'a str>,
    /// `proved`, `passed`, `failed`, `inconclusive` or `not-applicable`.
    verdict: &'a str,
    /// In what way it failed: `assertion`, `deadlock`, `data_race`, `step_limit` or `misuse`.
    kind: Option<FailureKind>,
    /// What the failing program said, or why there is no verdict.
    message: Option<&'a str>,
    /// Which executions a pass stands for.
    coverage: Option<&'a str>,
    /// What a proof assumes, each in words.
    assumptions: &'a [String],
    executions: Option<u64>,
    elapsed_ms: f64,
    as_expected: bool,
    /// In how many executions each outcome came.
    outcomes: &'a BTreeMap<String, u64>,
    /// Whether these are the outcomes of all interleavings.
    outcomes_complete: bool,
    /// In how many executions the program came to each of its points.
    reached: &'a BTreeMap<String, u64>,
    /// The program with its sizes.
    program: &'a str,
    /// The failing line.
    location: Option<String>,
    /// How many preemptions the failing execution has; on dpor, the fewest that suffice.
    preemptions: Option<usize>,
    /// What `replay` needs to run the failing execution again.
    schedule: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn new(row: &'a Row) -> Self {
        let report = &row.report;
        let failure: Option<&Failure> = match &report.verdict {
            Verdict::Failed(failure) => Some(failure),
            _ => None,
        };
        let reason = match &report.verdict {
            Verdict::Inconclusive { reason } | Verdict::NotApplicable { reason } => Some(reason),
            _ => None,
        };
        Self {
            scenario: &report.scenario,
            variant: &report.variant,
            engine: report.engine.name(),
            memory_model: report.engine.memory_model().to_string(),
            expected: row.expected().to_string(),
            missed_because: row.variant.why_missed_on(report.engine),
            imagined_because: row.variant.why_imagined_on(report.engine),
            verdict: report.verdict.name(),
            kind: failure.map(|failure| failure.kind),
            message: failure.map(|failure| &failure.message).or(reason).map(String::as_str),
            coverage: match &report.verdict {
                Verdict::Proved { .. } => Some("every interleaving"),
                Verdict::Passed { coverage, .. } => Some(coverage),
                _ => None,
            },
            assumptions: &report.assumptions,
            executions: report.verdict.executions(),
            elapsed_ms: (report.elapsed.as_secs_f64() * 1e6).round() / 1e3,
            as_expected: row.comparison.is_ok(),
            outcomes: &report.outcomes,
            outcomes_complete: report.outcomes_complete,
            reached: &report.reached,
            program: &report.program,
            location: failure.and_then(|failure| Some(failure.location.as_ref()?.to_string())),
            preemptions: failure.and_then(|failure| failure.preemptions),
            schedule: failure.and_then(|failure| failure.schedule.as_deref()),
        }
    }
}

impl JsonLines {
    /// Writes to `out`.
    #[must_use]
    pub const fn new(out: Sink) -> Self {
        Self { out }
    }
}

impl Reporter for JsonLines {
    fn on(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Event::Finished { row, .. } = event else { return Ok(()) };
        let line = serde_json::to_string(&Line::new(row))?;
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn a_line_for_each_result() {
        let memory = samples::Memory::default();
        samples::run(&mut JsonLines::new(Sink::new("memory", memory.clone())));
        insta::assert_snapshot!(memory.text());
    }
}
