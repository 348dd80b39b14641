//! One test for each variant of the registry, and of what backends promise, on each engine.

mod backend;
mod c11;
mod dpor;
mod loom;
mod shuttle;

use libtest_mimic::{Arguments, Failed, Trial};
use raceproof_suite::{
    backend::Engine,
    check::{self, Limits, Report, Verdict},
    contracts,
    program::{FailureKind, Scenario, Variant, variants},
    scenarios,
};
use std::process::ExitCode;

/// Scenarios, and how they are checked.
struct Model {
    scenarios: Vec<&'static Scenario>,
    engines: &'static [Engine],
    limits: Limits,
    /// Whether a variant that merely passes is a program too large, and fails.
    proofs_wanted: bool,
}

impl Model {
    /// Every scenario and every contract on one engine.
    fn of(engine: &'static Engine) -> Self {
        Self {
            scenarios: [scenarios::ALL, contracts::ALL].concat(),
            engines: std::slice::from_ref(engine),
            limits: Limits::default(),
            proofs_wanted: false,
        }
    }

    /// Its tests; an engine that this build lacks has none.
    fn trials(&self) -> impl Iterator<Item = Trial> {
        let Self { limits, proofs_wanted, .. } = *self;
        let engines = self.engines.iter().filter(|engine| engine.is_built());
        engines.flat_map(|&engine| variants(&self.scenarios).map(move |found| (engine, found))).map(
            move |(engine, (scenario, variant))| {
                let name = format!("{engine}/{}/{}", scenario.id, variant.id);
                Trial::test(name, move || test(scenario, variant, engine, &limits, proofs_wanted))
            },
        )
    }
}

fn main() -> ExitCode {
    let models = [dpor::model(), c11::model(), loom::model(), shuttle::model(), backend::model()];
    check::serve_child(&models.each_ref().map(|model| &model.scenarios[..]).concat());
    let trials = models.iter().flat_map(Model::trials).collect();
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
    let declared = !variant.claim_on(engine).outcomes.is_empty();
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
