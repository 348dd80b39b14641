//! A JUnit report, as CI servers read it: a suite for each engine, a test case for each variant.

use super::{Event, Job, Reporter, Row, failure, sink::Sink, text::one_line};
use crate::{
    backend::Engine,
    check::{Mismatch, Verdict},
};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::{
    io::{self, Write},
    time::Duration,
};

/// How wide the lanes in a report may be.
const ROOM: usize = 100;

/// Collects the results and writes them at the end.
#[derive(Debug)]
pub struct Junit {
    out: Sink,
    engines: Vec<Engine>,
    /// The results so far, each with the index of its job.
    rows: Vec<(usize, Row)>,
}

impl Junit {
    /// Writes to `out`.
    #[must_use]
    pub const fn new(out: Sink) -> Self {
        Self { out, engines: Vec::new(), rows: Vec::new() }
    }

    fn write(&mut self, elapsed: Duration) -> io::Result<()> {
        self.rows.sort_by_key(|(job, _)| *job);
        let mut report = Report::new("raceproof");
        report.set_time(elapsed);
        for &engine in &self.engines {
            let mut suite = TestSuite::new(engine.name());
            let rows = self.rows.iter().map(|(_, row)| row);
            suite.add_test_cases(rows.filter(|row| row.report.engine == engine).map(test_case));
            report.add_test_suite(suite);
        }
        let text = report.to_string().map_err(io::Error::other)?;
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

fn test_case(row: &Row) -> TestCase {
    let mut case = TestCase::new(row.name(), status(row));
    case.set_classname(row.report.engine.name()).set_time(row.report.elapsed);
    case.set_system_out(said(row));
    case
}

/// What came out, in one line.
fn said(row: &Row) -> String {
    let report = &row.report;
    match &report.verdict {
        Verdict::Proved { executions } => {
            let proved = format!("proved: all {executions} executions of {}", report.program);
            report
                .assumptions
                .iter()
                .fold(proved, |said, assumed| format!("{said}; assuming that {assumed}"))
        }
        Verdict::Passed { executions, coverage } => {
            format!("passed: {executions} executions of {} ({coverage})", report.program)
        }
        Verdict::Failed(failure) => {
            format!("failed: {}; {}", failure::summary(failure), failure::place(report, failure))
        }
        Verdict::Inconclusive { reason } => format!("no verdict: {reason}"),
        Verdict::NotApplicable { reason } => format!("not applicable: {reason}"),
    }
}

fn status(row: &Row) -> TestCaseStatus {
    let report = &row.report;
    let Err(mismatch) = &row.comparison else {
        let Verdict::NotApplicable { reason } = &report.verdict else {
            return TestCaseStatus::success();
        };
        let mut status = TestCaseStatus::skipped();
        status.set_message(reason.as_str());
        return status;
    };
    let kind = match mismatch {
        Mismatch::Inconclusive(_) => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(one_line(&mismatch.to_string())).set_type(report.verdict.name());
    if let Verdict::Failed(failure) = &report.verdict {
        let lanes = failure::describe(report, failure, ROOM);
        status.set_description(anstream::adapter::strip_str(&lanes).to_string());
    }
    status
}

impl Reporter for Junit {
    fn on(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { jobs } => {
                self.engines = engines(jobs);
                Ok(())
            }
            Event::Finished { job, row } => {
                self.rows.push((*job, (*row).clone()));
                Ok(())
            }
            Event::Ended { elapsed } => self.write(*elapsed),
        }
    }
}

/// The engines of the jobs, each once.
pub(super) fn engines(jobs: &[Job]) -> Vec<Engine> {
    let mut engines = Vec::new();
    for &(_, _, engine) in jobs {
        if !engines.contains(&engine) {
            engines.push(engine);
        }
    }
    engines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn a_suite_for_each_engine() {
        let memory = samples::Memory::default();
        samples::run(&mut Junit::new(Sink::new("memory", memory.clone())));
        insta::assert_snapshot!(memory.text());
    }
}
