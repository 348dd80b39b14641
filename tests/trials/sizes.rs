//! Every variant at all of its sizes: what holds is proved at each, and what fails says at which it does.

use super::trial;
use libtest_mimic::{Failed, Trial};
use raceproof_suite::{
    backend::Engine,
    check::{self, Limits},
    program::{Scenario, Size, Variant, variants},
    scenarios,
};

fn is_as_claimed(scenario: &'static Scenario, variant: &'static Variant) -> Result<(), Failed> {
    let sweep = variant.sweep.ok_or("it has no sweep, though its program has sizes")?;
    let sizes = (sweep.sizes)();
    let declared = format!("{:?}", variant.program);
    if !sizes.iter().any(|size| size.claimed && format!("{:?}", size.program) == declared) {
        return Err(format!("the sweep does not claim {declared}").into());
    }
    let differs = |size: &Size| {
        let program = size.program;
        let report = check::check(scenario, variant.at(program), Engine::Dpor, &Limits::default());
        let difference = report.compare_size(variant, *size).err()?;
        Some(format!("{program:?}: {difference}"))
    };
    let differences: Vec<_> = sizes.iter().filter_map(differs).collect();
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n").into()) }
}

pub(crate) fn trials() -> Vec<Trial> {
    // A program without fields has one size.
    let has_sizes = |(_, variant): &(_, &Variant)| format!("{:?}", variant.program).contains('{');
    let on_dpor = |(_, variant): &(_, &Variant)| variant.missing_on(Engine::Dpor).is_none();
    let trial = |(scenario, variant): (&'static Scenario, &'static Variant)| {
        trial("sizes", format!("{}/{}", scenario.id, variant.id), move || {
            is_as_claimed(scenario, variant)
        })
    };
    variants(scenarios::ALL).filter(has_sizes).filter(on_dpor).map(trial).collect()
}
