//! Properties of the catalogue beyond each variant's own verdict: a broken program in the place of a
//! fixed one is noticed, and the failures shown are the smallest there are.

use super::trial;
use libtest_mimic::{Failed, Trial};
use raceproof_suite::{
    backend::{Dpor, Engine, execution::Execution},
    check::{self, Failure, Limits, Verdict},
    dpor::{self, Explorer, Memory, Outcome},
    program::{Expect, FailureKind, Group, Scenario, Variant, variants},
    scenarios,
};
use std::{fmt::Write, sync::LazyLock};

/// A fixed variant with the program of a broken one of its scenario.
struct Swap {
    broken: &'static Variant,
    /// The scenario with the fixed variant alone.
    scenario: &'static Scenario,
}

impl Swap {
    fn new(scenario: &Scenario, fixed: &Variant, broken: &'static Variant) -> Self {
        let id = format!("{}/{} for {}", scenario.id, broken.id, fixed.id).leak();
        let variant = Variant { program: broken.program, sizes: broken.sizes, ..*fixed };
        let scenario = Scenario { id, variants: vec![variant].leak(), ..*scenario };
        Self { broken, scenario: Box::leak(Box::new(scenario)) }
    }

    fn all() -> Vec<Self> {
        let of = |scenario: &&'static Scenario| {
            let (broken, fixed): (Vec<&'static Variant>, Vec<_>) =
                scenario.variants.iter().partition(|variant| variant.goes_wrong());
            let swap = |fixed| {
                broken.iter().map(|broken| Self::new(scenario, fixed, broken)).collect::<Vec<_>>()
            };
            fixed.into_iter().flat_map(swap).collect::<Vec<_>>()
        };
        scenarios::ALL.iter().flat_map(of).collect()
    }

    fn variant(&self) -> &'static Variant {
        &self.scenario.variants[0]
    }

    /// The checkers of this build on which the broken program is known to fail.
    fn finders(&self) -> impl Iterator<Item = Engine> {
        Engine::built().filter(|&engine| {
            let claim = self.broken.claim_on(engine);
            let finds = claim.expect.is_failure() && self.broken.why_missed_on(engine).is_none();
            let able = [self.broken, self.variant()].iter().all(|variant| {
                variant.missing_on(engine).is_none() && variant.refused_on(engine).is_none()
            });
            let imagined = self.variant().why_imagined_on(engine).is_some();
            finds && able && !imagined && !engine.is_native()
        })
    }

    /// The comparison that every stage makes must fail.
    fn is_noticed(&self, engine: Engine) -> Result<(), Failed> {
        let report = check::check(self.scenario, self.variant(), engine, &Limits::default());
        match report.compare(self.variant()) {
            Err(_) => Ok(()),
            Ok(()) => Err(format!("{}: {report:?}", self.variant().expected()).into()),
        }
    }
}

/// The failure that dpor shows of a variant that fails there.
fn shown(scenario: &'static Scenario, variant: &'static Variant) -> Result<Failure, Failed> {
    match check::check(scenario, variant, Engine::Dpor, &Limits::default()).verdict {
        Verdict::Failed(failure) => Ok(*failure),
        verdict => Err(format!("{}/{}: {verdict:?}", scenario.id, variant.id).into()),
    }
}

/// The variants that fail on dpor.
fn failing() -> impl Iterator<Item = (&'static Scenario, &'static Variant)> {
    variants(scenarios::ALL).filter(|(_, variant)| variant.claim.expect.is_failure())
}

/// The number of preemptions of each failure.
fn preemptions_are_pinned() -> Result<(), Failed> {
    let mut table = String::new();
    for (scenario, variant) in failing() {
        let preemptions = shown(scenario, variant)?.preemptions.ok_or("dpor counts them")?;
        writeln!(table, "{preemptions} {}/{}", scenario.id, variant.id)?;
    }
    insta::assert_snapshot!("fewest_preemptions", table);
    Ok(())
}

/// Coroutines run in turns, which no scheduler decides.
fn coroutines_have_one_execution() -> Result<(), Failed> {
    let pair = scenarios::find("coroutine-pair").ok_or("registered")?;
    let variant = pair.variant("coroutines").ok_or("registered")?;
    match check::check(pair, variant, Engine::Dpor, &Limits::default()).verdict {
        Verdict::Proved { executions: 1 } => Ok(()),
        verdict => Err(format!("{verdict:?}").into()),
    }
}

/// No schedule with fewer preemptions than the one shown fails in this way: every such schedule is
/// tried. (A bounded search under Rust's model goes on where there is no bound.)
fn are_fewest(scenario: &'static Scenario, variant: &'static Variant) -> Result<(), Failed> {
    let Some(fewer) = shown(scenario, variant)?.preemptions.and_then(|n| n.checked_sub(1)) else {
        return Ok(());
    };
    let program = variant.program_for(Engine::Dpor);
    let execution = Execution::default();
    let found = Explorer::new()
        .memory(Memory::Sequential)
        .every_interleaving_within(fewer)
        .check(|| execution.enter::<Dpor>(|| program.run_on(Engine::Dpor)));
    match found.outcome {
        Outcome::Failed(failure) if is_it(&failure, variant.claim.expect) => {
            Err(format!("{fewer} suffice: {}", failure.trace).into())
        }
        Outcome::Bounded(_) => Ok(()),
        outcome => Err(format!("not all were tried: {outcome:?}").into()),
    }
}

/// The scenarios about the memory model whose threads wait in loops: to weaken each of their orderings takes minutes.
const WITH_LOOPS: [&str; 4] = ["dekker", "ticket-lock", "clh-lock", "mcs-lock"];

/// Each ordering of the fixed forms, and the weakest with which the form still holds: whichever is the same is
/// needed, for the form fails with any weaker one.
fn needed_orderings_are_pinned() -> Result<(), Failed> {
    let mut table = String::new();
    let about_memory =
        |scenario: &Scenario| scenario.group == Group::Memory && !WITH_LOOPS.contains(&scenario.id);
    let fixed = variants(scenarios::ALL).filter(|(_, variant)| !variant.goes_wrong());
    for (scenario, variant) in fixed.filter(|(scenario, _)| about_memory(scenario)) {
        let execution = Execution::default();
        let program = variant.program;
        let found = Explorer::new()
            .memory(Memory::C11)
            .weaken()
            .check(|| execution.enter::<Dpor>(|| program.run_on(Engine::Dpor)));
        let weaker = found.weaker.ok_or_else(|| format!("{}: no proof", variant.id))?;
        writeln!(table, "{}/{}", scenario.id, variant.id)?;
        for place in weaker.places {
            let object = place.object.as_deref().unwrap_or("fence");
            let (is, alone) = (place.ordering, place.alone);
            let least = if is == alone { "needed" } else { &*alone };
            writeln!(table, "    {:?} {object}: {is}, {least}", place.operation)?;
        }
    }
    insta::assert_snapshot!("needed_orderings", table);
    Ok(())
}

/// Whether it is the expected failure.
fn is_it(failure: &dpor::Failure, expect: Expect) -> bool {
    match (failure.kind, expect) {
        (dpor::FailureKind::Deadlock, Expect::Fails { kind, .. }) => kind == FailureKind::Deadlock,
        (_, Expect::Fails { message, .. }) => failure.message.contains(message),
        _ => false,
    }
}

static SWAPS: LazyLock<Vec<Swap>> = LazyLock::new(Swap::all);

pub(crate) fn scenarios() -> Vec<&'static Scenario> {
    let swapped = SWAPS.iter().map(|swap| swap.scenario);
    scenarios::ALL.iter().copied().chain(swapped).collect()
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("catalogue", "preemptions are pinned", preemptions_are_pinned),
        trial("catalogue", "needed orderings are pinned", needed_orderings_are_pinned),
        trial("catalogue", "coroutines have one execution", coroutines_have_one_execution),
    ];
    for (scenario, variant) in failing() {
        let name = format!("fewest preemptions of {}/{}", scenario.id, variant.id);
        trials.push(trial("catalogue", name, || are_fewest(scenario, variant)));
    }
    for swap in &*SWAPS {
        for engine in swap.finders() {
            let name = format!("{engine} notices {}", swap.scenario.id);
            trials.push(trial("catalogue", name, move || swap.is_noticed(engine)));
        }
    }
    trials
}
