//! Searches in units, and searches that go on from a file: on the engines dpor and c11, in this very process.

use super::{Report, Verdict, dpor, harness::Harness, panics};
use crate::{
    backend::{Dpor, Engine},
    dpor::{Exploration, Explorer, Share, Unit, UnitError},
    program::{Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// What was found in a unit of a search, and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The unit.
    pub unit: String,
    /// What a limit has left of it.
    pub left: Vec<String>,
    /// Whether all of it was explored, but for what is left.
    pub explored: bool,
    /// What came out. It is no proof, unless the unit is all of the search.
    #[serde(flatten)]
    pub report: Report,
}

fn explorer(engine: Engine) -> Explorer {
    panics::watch_once();
    Explorer::new().memory(dpor::memory(engine.memory_model()))
}

/// Cuts the search for a failure of `variant` into as many units, or `unit` of it.
///
/// # Errors
///
/// The search cannot be split, or `unit` is none of it.
///
/// # Panics
///
/// If there are to be no units, or `engine` is neither dpor nor c11.
pub fn split(
    variant: &Variant,
    engine: Engine,
    unit: Option<&Unit>,
    into: usize,
) -> Result<Vec<Unit>, UnitError> {
    let harness = Harness::new(variant.program_for(engine));
    let model = || harness.run::<Dpor>();
    match unit {
        None => explorer(engine).split(into, model),
        Some(unit) => explorer(engine).split_unit(unit, into, model),
    }
}

/// Explores a unit, for about so long or so many executions if that is limited.
///
/// # Errors
///
/// It is none of this search, or the search cannot be split.
///
/// # Panics
///
/// If `engine` is neither dpor nor c11.
pub fn explore(
    scenario: &Scenario,
    variant: &Variant,
    engine: Engine,
    unit: &Unit,
    (time, executions): (Option<Duration>, Option<u64>),
) -> Result<Part, UnitError> {
    let start = Instant::now();
    let harness = Harness::new(variant.program_for(engine));
    let explorer = limited(explorer(engine), time, executions);
    let share = explorer.unit(unit, || harness.run::<Dpor>())?;
    let report = report((scenario, variant, engine), share.found, &harness, start.elapsed());
    let left = share.left.iter().map(ToString::to_string).collect();
    Ok(Part { unit: share.unit.to_string(), left, explored: share.explored, report })
}

fn limited(explorer: Explorer, time: Option<Duration>, executions: Option<u64>) -> Explorer {
    let explorer = match time {
        Some(time) => explorer.time_limit(time),
        None => explorer,
    };
    match executions {
        Some(executions) => explorer.max_executions(executions),
        None => explorer,
    }
}

fn report(
    (scenario, variant, engine): (&Scenario, &Variant, Engine),
    found: Exploration,
    harness: &Harness,
    elapsed: Duration,
) -> Report {
    let assumptions = found.assumptions.iter().map(ToString::to_string).collect();
    let finding = dpor::finding(found, harness);
    let mut report = Report::new(scenario, variant, engine, finding.verdict);
    report.outcomes = finding.outcomes;
    report.outcomes_complete = finding.complete;
    report.reached = finding.reached;
    report.assumptions = assumptions;
    report.elapsed = elapsed;
    report
}

/// Searches for a failure of `variant`, and keeps in `file` how far that has come; goes on from there.
///
/// # Errors
///
/// The file is damaged or another search's, or the search cannot be told in units.
///
/// # Panics
///
/// If `engine` is neither dpor nor c11.
pub fn checkpointed(
    scenario: &Scenario,
    variant: &Variant,
    engine: Engine,
    file: &Path,
    (time, executions): (Option<Duration>, Option<u64>),
) -> Result<Report, UnitError> {
    let start = Instant::now();
    let harness = Harness::new(variant.program_for(engine));
    let explorer = limited(explorer(engine), time, executions);
    let found = explorer.check_with_checkpoint(file, || harness.run::<Dpor>())?;
    let mut report = report((scenario, variant, engine), found, &harness, start.elapsed());
    // It goes on from there.
    if let Verdict::Passed { coverage, .. } = report.verdict {
        report.verdict = Verdict::Inconclusive { reason: dpor::not_done(&coverage) };
    }
    Ok(report)
}

/// What all units of a search come to: a proof only if each is there, was explored to its end, and nothing in it
/// fails.
///
/// # Errors
///
/// They are not all units of one search, each once: says which is missing, there twice, or another search's.
pub fn merge(parts: &[Part]) -> Result<Report, String> {
    let first = parts.first().ok_or("not all units are there: there is none")?;
    let of = |report: &Report| {
        let Report { scenario, variant, engine, program, .. } = report.clone();
        (scenario, variant, engine, program)
    };
    if let Some(other) = parts.iter().find(|part| of(&part.report) != of(&first.report)) {
        let name = |report: &Report| {
            format!("{}/{} on {}", report.scenario, report.variant, report.engine)
        };
        let (one, other) = (name(&first.report), name(&other.report));
        return Err(format!("these are units of more than one search: of {one}, and of {other}"));
    }
    let parse = |text: &String| text.parse::<Unit>().map_err(|error| error.to_string());
    let units = parts.iter().map(|part| {
        let left = part.left.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        Ok((parse(&part.unit)?, left))
    });
    let units = units.collect::<Result<Vec<_>, String>>()?;
    let done = units.iter().map(|(unit, left)| (unit, left.as_slice())).collect::<Vec<_>>();
    Unit::check_whole(&done).map_err(|error| error.to_string())?;
    let mut whole = first.report.clone();
    (whole.outcomes, whole.reached) = Default::default();
    whole.elapsed = parts.iter().map(|part| part.report.elapsed).sum();
    for part in parts {
        for (outcome, executions) in &part.report.outcomes {
            *whole.outcomes.entry(outcome.clone()).or_default() += executions;
        }
        for (point, executions) in &part.report.reached {
            *whole.reached.entry(point.clone()).or_default() += executions;
        }
    }
    for assumption in parts.iter().flat_map(|part| &part.report.assumptions) {
        if !whole.assumptions.contains(assumption) {
            whole.assumptions.push(assumption.clone());
        }
    }
    whole.verdict = verdict(parts);
    whole.outcomes_complete = matches!(whole.verdict, Verdict::Proved { .. });
    Ok(whole)
}

/// The verdict of all parts, which are the whole.
fn verdict(parts: &[Part]) -> Verdict {
    let mut executions = 0;
    let mut inconclusive = None;
    for part in parts {
        match &part.report.verdict {
            Verdict::Failed(_) => return part.report.verdict.clone(),
            Verdict::Proved { executions: more } => executions += more,
            Verdict::Passed { executions: more, coverage } => {
                executions += more;
                // A limit has left units, which are there; all else that bounds a search makes it none.
                if coverage != Share::HOLDS && part.left.is_empty() {
                    inconclusive.get_or_insert_with(|| format!("a unit is bounded: {coverage}"));
                }
            }
            Verdict::Inconclusive { reason } | Verdict::NotApplicable { reason } => {
                inconclusive.get_or_insert_with(|| format!("a unit has no answer: {reason}"));
            }
        }
        if !part.explored {
            inconclusive.get_or_insert_with(|| "a unit was not explored to its end".into());
        }
    }
    match inconclusive {
        Some(reason) => Verdict::Inconclusive { reason },
        None if executions == 0 => {
            Verdict::Inconclusive { reason: "no execution: each was stopped before its end".into() }
        }
        None => Verdict::Proved { executions },
    }
}
