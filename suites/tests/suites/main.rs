//! The suites on dpor, what they would be without their mistakes, and copies of Go's types with mistakes.

mod broken;
mod goker;

use libtest_mimic::{Arguments, Failed, Trial, run};
use raceproof_suite::{
    backend::Engine,
    check::{self, Limits},
    program::{Expect, Scenario, Variant},
};
use raceproof_suites::{SUITES, find, registry, sctbench::NOT_TOLD};
use std::{collections::BTreeSet, process::ExitCode};

fn main() -> ExitCode {
    check::serve_child(&[registry(), swapped()].concat());
    let mut trials = vec![
        Trial::test("suites/as-expected", || as_expected().map_err(Failed::from)),
        Trial::test("suites/a-broken-form-is-noticed", || noticed().map_err(Failed::from)),
        Trial::test("suites/well-told", || {
            well_told();
            Ok(())
        }),
        Trial::test("suites/every-kernel-of-gobench", || {
            goker::all_told();
            Ok(())
        }),
        Trial::test("suites/every-program-of-sctbench", || {
            told_or_said_why();
            Ok(())
        }),
    ];
    trials.extend(broken::trials());
    // The copies are chosen by a static.
    run(&Arguments { test_threads: Some(1), ..Arguments::from_args() }, trials).exit_code()
}

/// Every variant of every suite, and every contract, comes out on dpor as it must.
fn as_expected() -> Result<(), String> {
    let checks = check::check_all(&registry(), &[Engine::Dpor], &Limits::default());
    let checks = checks.map_err(|error| error.to_string())?;
    let variants: usize = registry().iter().map(|scenario| scenario.variants.len()).sum();
    assert_eq!(checks, variants, "some were not checked");
    Ok(())
}

/// The kernels, with their broken programs in the place of the fixed ones.
fn swapped() -> Vec<&'static Scenario> {
    let swap = |scenario: &'static Scenario| {
        let [broken, fixed] = ["broken", "fixed"].map(|id| scenario.variant(id).expect(id));
        let variant = Variant { program: broken.program, ..*fixed };
        let id = format!("{}-swapped", scenario.id).leak();
        &*Box::leak(Box::new(Scenario {
            id,
            variants: Box::leak(Box::new([variant])),
            ..*scenario
        }))
    };
    SUITES.iter().flat_map(|name| find(name).expect("in the list")).map(swap).collect()
}

/// A check of each of them fails.
fn noticed() -> Result<(), String> {
    for scenario in swapped() {
        let variant = &scenario.variants[0];
        let report = check::check(scenario, variant, Engine::Dpor, &Limits::default());
        if report.compare(variant).is_ok() {
            return Err(format!("{}: it passes as its fixed form", scenario.id));
        }
    }
    Ok(())
}

/// SCTBench has 52 programs.
fn told_or_said_why() {
    let told = find("sctbench").expect("a suite").into_iter().map(|scenario| scenario.id);
    let left_out = NOT_TOLD.iter().map(|&(name, why)| {
        assert!(!why.is_empty(), "{name}: says no why");
        name
    });
    let names: Vec<_> = told.chain(left_out).collect();
    assert_eq!(names.len(), 52);
    assert_eq!(BTreeSet::from_iter(&names).len(), 52, "one is there twice");
}

/// Names are unique, and texts are of the form that reports expect.
fn well_told() {
    let mut seen = BTreeSet::new();
    for scenario in registry() {
        let id = scenario.id;
        assert!(seen.insert(id), "{id} twice");
        assert!(!scenario.lesson.ends_with('.'), "{id}: a lesson has no full stop");
        for variant in scenario.variants {
            assert!(variant.why.ends_with('.'), "{id}/{}: says no why", variant.id);
            if let Expect::Fails { message, .. } = variant.claim.expect {
                assert!(!message.is_empty(), "{id}/{}: fails with any message", variant.id);
            }
        }
    }
}
