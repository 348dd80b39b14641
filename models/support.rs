//! One test for each variant of the registry, on one engine.

use libtest_mimic::{Arguments, Trial};
use raceproof::{
    backend::Engine,
    check::{self, Limits, Verdict},
    program, scenarios,
};
use std::process::ExitCode;

/// Runs the tests of `engine` that the command line asks for. Where a test prints, its line says what
/// was covered.
pub(crate) fn run(engine: Engine, limits: Limits) -> ExitCode {
    check::serve_child(scenarios::ALL);
    let trials = program::variants(scenarios::ALL)
        .filter(|_| engine.is_built())
        .map(|(scenario, variant)| {
            Trial::test(format!("{}/{}", scenario.id, variant.id), move || {
                let report = check::check(scenario, variant, engine, &limits);
                let result = report.compare(variant).map_err(|mismatch| mismatch.to_string());
                match &report.verdict {
                    Verdict::NotApplicable { reason } => {
                        println!("{}/{}: n/a: {reason}", scenario.id, variant.id);
                    }
                    verdict => println!(
                        "{}/{}: {} after {} executions: {}",
                        scenario.id,
                        variant.id,
                        verdict.name(),
                        verdict.executions().unwrap_or_default(),
                        report.program,
                    ),
                }
                Ok(result?)
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
