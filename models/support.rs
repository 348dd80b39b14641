//! One test for each variant of a registry on each engine.

use libtest_mimic::{Arguments, Failed, Trial};
use raceproof_suite::{
    backend::Engine,
    check::{self, Limits, Report, Verdict},
    program::{FailureKind, Scenario, Variant, variants},
};
use std::process::ExitCode;

/// Runs the tests that the command line selects; engines that this build lacks have none.
/// Where proofs are wanted, a variant that merely passes is a program too large, and fails.
pub(crate) fn run(
    scenarios: &'static [&'static Scenario],
    engines: &[Engine],
    limits: Limits,
    proofs_wanted: bool,
) -> ExitCode {
    check::serve_child(scenarios);
    let engines = engines.iter().filter(|engine| engine.is_built());
    let trials = engines
        .flat_map(|&engine| {
            variants(scenarios).map(move |(scenario, variant)| (engine, scenario, variant))
        })
        .map(|(engine, scenario, variant)| {
            let name = format!("{engine}/{}/{}", scenario.id, variant.id);
            Trial::test(name, move || test(scenario, variant, engine, &limits, proofs_wanted))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn test(
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
    limits: &Limits,
    proofs_wanted: bool,
) -> Result<(), Failed> {
    let report = check::check(scenario, variant, engine, limits);
    report.compare(variant).map_err(|mismatch| format!("{mismatch}\n{}", summary(&report)))?;
    let declared = !variant.claim_under(engine.memory_model()).outcomes.is_empty();
    let partial = declared && !report.outcomes_complete;
    match &report.verdict {
        Verdict::Failed(failure)
            if proofs_wanted && failure.kind == FailureKind::Assertion && partial =>
        {
            Err(format!("not all outcomes were looked for\n{}", summary(&report)).into())
        }
        Verdict::Passed { coverage, .. } if proofs_wanted => {
            Err(format!("no proof, only {coverage}\n{}", summary(&report)).into())
        }
        _ => Ok(()),
    }
}

fn summary(report: &Report) -> String {
    let executions = report.verdict.executions().unwrap_or_default();
    let found = match &report.verdict {
        Verdict::Failed(failure) => format!("{}: {}", failure.kind, failure.message),
        verdict => verdict.name().into(),
    };
    format!(
        "{} {}/{}: {found} after {executions} executions of {}, outcomes {:?}",
        report.engine, report.scenario, report.variant, report.program, report.outcomes
    )
}
