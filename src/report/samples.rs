//! Results to test reporters with.

use super::{Event, Job, Reporter, Row};
use crate::{
    backend::Engine,
    check::{Failure, Place, Report, Step, Trace, Verdict},
    dpor::{Operation, Value},
    program::{FailureKind, Scenario},
    scenarios::{counter, daemon, data_race, transfer},
};
use std::time::Duration;

/// Not the registry, all of which would be compiled for these tests.
static SCENARIOS: [&Scenario; 4] =
    [&counter::SCENARIO, &daemon::SCENARIO, &data_race::SCENARIO, &transfer::SCENARIO];

/// The job that checks `scenario/variant` on `engine`.
pub(super) fn job(scenario: &str, variant: &str, engine: Engine) -> Job {
    let named = SCENARIOS.iter().find(|it| it.id == scenario).expect("one of those above");
    (named, named.variant(variant).expect("a variant of it"), engine)
}

/// The result of `job`.
pub(super) fn row((scenario, variant, engine): Job, verdict: Verdict) -> Row {
    let mut report = Report::new(scenario, variant, engine, verdict);
    report.elapsed = Duration::from_micros(12_345);
    Row::new(variant, report)
}

pub(super) fn failed(kind: FailureKind, message: &str, trace: Trace) -> Verdict {
    Verdict::Failed(Box::new(Failure {
        kind,
        message: message.into(),
        location: Some(place("counter.rs", 62)),
        trace,
        notes: Vec::new(),
        too_weak: Vec::new(),
        schedule: Some("91020".into()),
        executions: 4,
        preemptions: Some(1),
    }))
}

fn place(file: &str, line: u32) -> Place {
    Place { file: format!("src/scenarios/{file}"), line }
}

fn step(thread: usize, operation: Operation, object: &str, line: u32) -> Step {
    let place = Some(place("counter.rs", line));
    Step { object: Some(object.into()), place, ..Step::new(thread, operation) }
}

/// Two threads that overwrite each other.
pub(super) fn lost_update() -> Trace {
    use Operation::{Join, Load, Spawn, Store};
    let valued = |thread, operation, value: u8, line| Step {
        value: Some(Value::text(value)),
        ..step(thread, operation, "count", line)
    };
    let mut trace = Trace {
        threads: vec!["main".into(), "adder 0".into(), "adder 1".into()],
        steps: vec![
            step(0, Spawn, "adder 0", 79),
            step(0, Spawn, "adder 1", 79),
            valued(1, Load, 0, 81),
            valued(2, Load, 0, 81),
            valued(2, Store, 1, 82),
            valued(1, Store, 1, 82),
            step(0, Join, "adder 0", 76),
            step(0, Join, "adder 1", 76),
            valued(0, Load, 1, 86),
        ],
        blocked: Vec::new(),
    };
    trace.mark_decisive();
    trace
}

/// A run with one result of each sort, in the order of `jobs` turned round.
pub(super) fn run(reporter: &mut dyn Reporter) {
    let results = [
        (
            job("counter", "unlocked", Engine::Shuttle),
            failed(FailureKind::Assertion, "lost update", lost_update()),
        ),
        (
            job("counter", "unlocked", Engine::Std),
            Verdict::Passed { executions: 1000, coverage: "1000 runs by luck".into() },
        ),
        (
            job("counter", "locked", Engine::Shuttle),
            failed(FailureKind::Assertion, "lost <update>", lost_update()),
        ),
        (
            job("counter", "locked", Engine::Std),
            Verdict::Inconclusive { reason: "no answer within 2 s".into() },
        ),
        (job("transfer", "ordered", Engine::Shuttle), Verdict::Proved { executions: 27_875 }),
        (
            job("daemon", "daemon", Engine::Std),
            Verdict::NotApplicable { reason: "no daemons that are stopped".into() },
        ),
    ];
    let jobs: Vec<Job> = results.iter().map(|(job, _)| *job).collect();
    reporter.on(&Event::Started { jobs: &jobs }).expect("writes to memory");
    for (index, (job, verdict)) in results.into_iter().enumerate().rev() {
        let mut row = row(job, verdict);
        if index == 0 {
            row.report.outcomes = [("1".into(), 2), ("2".into(), 4)].into();
            row = Row::new(row.variant, row.report);
        }
        if matches!(row.report.verdict, Verdict::Proved { .. }) {
            row.report.assumptions = vec!["the scheduler is fair to a loop that polls".into()];
        }
        reporter.on(&Event::Finished { job: index, row: &row }).expect("writes to memory");
    }
    let elapsed = Duration::from_millis(12_345);
    reporter.on(&Event::Ended { elapsed }).expect("writes to memory");
}

/// A writer whose text can still be read when a reporter owns it.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Memory {
    /// What was written, without colours.
    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().expect("no panic").clone();
        anstream::adapter::strip_str(&String::from_utf8(bytes).expect("text")).to_string()
    }
}

impl std::io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
