//! Every variant at all of its sizes: what holds is proved at each, and what fails says at which it does. Those that
//! are about the memory model are swept under Rust's, too.

use super::trial;
use libtest_mimic::{Failed, Trial};
use raceproof_suite::{
    backend::Engine,
    check::{self, Limits},
    program::{Group, Scenario, Size, Variant, variants},
    scenarios,
};

fn is_as_claimed(
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
) -> Result<(), Failed> {
    let sweep = variant.sweep.ok_or("it has no sweep, though its program has sizes")?;
    let sizes = (sweep.sizes)();
    let declared = format!("{:?}", variant.program);
    if !sizes.iter().any(|size| size.claimed && format!("{:?}", size.program) == declared) {
        return Err(format!("the sweep does not claim {declared}").into());
    }
    let differs = |size: &Size| {
        let program = size.program;
        let report = check::check(scenario, variant.at(program), engine, &Limits::default());
        let difference = report.compare_size(variant, *size).err()?;
        Some(format!("{program:?}: {difference}"))
    };
    let differences: Vec<_> = sizes.iter().filter_map(differs).collect();
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n").into()) }
}

pub(crate) fn trials() -> Vec<Trial> {
    // A program without fields has one size.
    let has_sizes = |(_, variant): &(_, &Variant)| format!("{:?}", variant.program).contains('{');
    let swept = variants(scenarios::ALL).filter(has_sizes);
    let mut trials = Vec::new();
    for (scenario, variant) in swept.filter(|(_, v)| v.missing_on(Engine::Dpor).is_none()) {
        let weak = (scenario.group == Group::Memory).then_some(Engine::C11);
        for engine in [Engine::Dpor].into_iter().chain(weak) {
            let name = format!("{engine}/{}/{}", scenario.id, variant.id);
            trials.push(trial("sizes", name, move || is_as_claimed(scenario, variant, engine)));
        }
    }
    trials
}
