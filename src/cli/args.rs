//! What several commands take: names, engines, limits; and what they answer to wrong ones.

use super::suggest;
use crate::{
    backend::Engine,
    check::{Equivalence, Interrupt, Limits},
    contracts,
    program::{self, Scenario, Variant},
    report::Job,
    scenarios,
};
use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::time::Duration;

/// How much a check may cost.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct LimitArgs {
    /// Executions one check may run; real threads run a hundredth of them at most [default: 100000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit_executions: Option<u64>,
    /// Seconds one check may take [default: 30, and 0.1 on real threads]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    limit_seconds: Option<u64>,
}

impl LimitArgs {
    /// The time and the executions that were given.
    #[must_use]
    pub fn given(self) -> (Option<Duration>, Option<u64>) {
        (self.limit_seconds.map(Duration::from_secs), self.limit_executions)
    }

    /// The limits, with defaults for what was not given.
    #[must_use]
    pub fn limits(self) -> Limits {
        let mut limits = Limits::default();
        if let Some(executions) = self.limit_executions {
            limits.executions = executions;
        }
        if let Some(seconds) = self.limit_seconds {
            limits.time = Duration::from_secs(seconds);
            limits.luck = limits.time;
        }
        limits
    }
}

/// Understands the name of an engine, and suggests one for a wrong name.
pub(super) fn engine() -> impl TypedValueParser<Value = Engine> {
    PossibleValuesParser::new(Engine::ALL.map(Engine::name)).try_map(|name| name.parse::<Engine>())
}

/// Understands which executions are taken for one.
pub(super) fn equivalence() -> impl TypedValueParser<Value = Equivalence> {
    PossibleValuesParser::new(["traces", "reads-from"]).map(|name| match &*name {
        "traces" => Equivalence::Traces,
        _ => Equivalence::ReadsFrom,
    })
}

/// Understands the name of an engine that runs real threads.
pub(super) fn native() -> impl TypedValueParser<Value = Engine> {
    let native = Engine::ALL.into_iter().filter(|engine| engine.is_native());
    PossibleValuesParser::new(native.map(Engine::name)).try_map(|name| name.parse::<Engine>())
}

/// All that has a name: the scenarios, and the contracts. Which of the two is meant must be said only
/// where many are chosen at once.
#[must_use]
pub fn registry() -> Vec<&'static Scenario> {
    [scenarios::ALL, contracts::ALL].concat()
}

/// A name that nothing has, or nothing of what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum UnknownName {
    /// Nothing is called so.
    #[error("there is no `{name}`{}", suggest::hint(.nearest.as_deref()))]
    Nothing {
        /// The name.
        name: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A contract is called so, where scenarios were asked for.
    #[error("there is no scenario `{0}`, but a contract: add `--contracts`")]
    Contract(String),
    /// A scenario is called so, where contracts were asked for.
    #[error("there is no contract `{0}`, but a scenario: leave out `--contracts`")]
    Scenario(String),
}

impl UnknownName {
    /// Nothing is called `name`; suggests what is called almost so.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let all = registry();
        let names = names(&all);
        let scenarios = all.iter().map(|scenario| scenario.id);
        let commands =
            ["check", "list", "show", "replay", "run", "stress", "sweep", "book", "split", "merge"];
        let candidates = scenarios.chain(names.iter().map(String::as_str)).chain(commands);
        let nearest = suggest::nearest(name, candidates).map(String::from);
        Self::Nothing { name: name.into(), nearest }
    }

    /// None of the contracts, or else of the scenarios, is called `name`.
    fn among(contracts: bool, name: &str) -> Self {
        if !asked_for(name, &names(chosen(!contracts))).contains(&true) {
            Self::new(name)
        } else if contracts {
            Self::Scenario(name.into())
        } else {
            Self::Contract(name.into())
        }
    }
}

/// An engine that this build lacks.
#[derive(Debug, thiserror::Error)]
#[error("{}", .engine.missing())]
pub struct NotBuilt {
    engine: Engine,
}

/// The contracts, or else the scenarios.
pub(super) fn chosen(contracts: bool) -> &'static [&'static Scenario] {
    if contracts { contracts::ALL } else { scenarios::ALL }
}

/// All full names, as in `counter/unlocked`.
fn names(scenarios: &[&'static Scenario]) -> Vec<String> {
    program::variants(scenarios)
        .map(|(scenario, variant)| format!("{}/{}", scenario.id, variant.id))
        .collect()
}

/// `engine`, if this build has it.
///
/// # Errors
///
/// It has not.
pub fn built(engine: Engine) -> Result<Engine, NotBuilt> {
    if engine.is_built() { Ok(engine) } else { Err(NotBuilt { engine }) }
}

/// These engines, or all of this build; each once, in their usual order.
///
/// # Errors
///
/// This build lacks one of them.
pub fn engines(wanted: &[Engine]) -> Result<Vec<Engine>, NotBuilt> {
    for &engine in wanted {
        built(engine)?;
    }
    Ok(Engine::built().filter(|engine| wanted.is_empty() || wanted.contains(engine)).collect())
}

/// The variants of the scenarios, or else of the contracts, that the filters ask for, or all of them;
/// each once, in the order of the registry.
///
/// A filter is the name of a scenario or of a variant of it, or else any part of such names.
///
/// # Errors
///
/// A filter asks for nothing.
pub fn select(
    contracts: bool,
    filters: &[String],
) -> Result<Vec<(&'static Scenario, &'static Variant)>, UnknownName> {
    select_among(chosen(contracts), filters).map_err(|name| UnknownName::among(contracts, name))
}

/// The variants of `scenarios` that the filters ask for, as [`select`] does.
///
/// # Errors
///
/// A filter asks for nothing: this one.
pub(super) fn select_among<'a>(
    scenarios: &[&'static Scenario],
    filters: &'a [String],
) -> Result<Vec<(&'static Scenario, &'static Variant)>, &'a str> {
    let names = names(scenarios);
    let mut wanted = vec![filters.is_empty(); names.len()];
    for filter in filters {
        let asked_for = asked_for(filter, &names);
        if !asked_for.contains(&true) {
            return Err(filter);
        }
        for (wanted, asked_for) in wanted.iter_mut().zip(asked_for) {
            *wanted |= asked_for;
        }
    }
    let all = program::variants(scenarios);
    Ok(all.zip(wanted).filter_map(|(both, is_wanted)| is_wanted.then_some(both)).collect())
}

/// For each name, whether the filter asks for it: by the whole name of the variant or the scenario, or,
/// if there is none such, by a part of it.
fn asked_for(filter: &str, names: &[String]) -> Vec<bool> {
    let scenario =
        |name: &str| name.split_once('/').is_some_and(|(scenario, _)| scenario == filter);
    let whole: Vec<_> = names.iter().map(|name| name == filter || scenario(name)).collect();
    if whole.contains(&true) {
        whole
    } else {
        names.iter().map(|name| name.contains(filter)).collect()
    }
}

/// The scenario or contract of this name, and the variant if the name has one.
///
/// # Errors
///
/// There is none.
pub fn find(id: &str) -> Result<(&'static Scenario, Option<&'static Variant>), UnknownName> {
    let (of, variant) = id.split_once('/').map_or((id, None), |(of, variant)| (of, Some(variant)));
    let unknown = || UnknownName::new(id);
    let scenario = registry().into_iter().find(|scenario| scenario.id == of).ok_or_else(unknown)?;
    let variant =
        variant.map(|variant| scenario.variant(variant).ok_or_else(unknown)).transpose()?;
    Ok((scenario, variant))
}

/// The variant of this name; of a scenario, the first that goes wrong.
///
/// # Errors
///
/// There is none.
pub fn find_variant(id: &str) -> anyhow::Result<(&'static Scenario, &'static Variant)> {
    let (scenario, variant) = find(id)?;
    let goes_wrong = |variant: &&Variant| variant.goes_wrong();
    let variant = variant
        .or_else(|| scenario.variants.iter().find(goes_wrong))
        .or_else(|| scenario.variants.first())
        .with_context(|| format!("{id} has no variants"))?;
    Ok((scenario, variant))
}

/// Every variant on every engine.
#[must_use]
pub fn jobs(variants: &[(&'static Scenario, &'static Variant)], engines: &[Engine]) -> Vec<Job> {
    variants
        .iter()
        .flat_map(|&(scenario, variant)| {
            engines.iter().map(move |&engine| (scenario, variant, engine))
        })
        .collect()
}

/// The best engine of this build for `variant`: the first that can check it, real threads last.
///
/// # Panics
///
/// Never: every build has real threads.
#[must_use]
pub fn best_engine(variant: &Variant) -> Engine {
    Engine::built()
        .filter(|&engine| variant.missing_on(engine).is_none())
        .min_by_key(|engine| engine.is_native())
        .unwrap_or(Engine::Std)
}

/// How many checks run at once if nobody says.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A flag that Ctrl-C raises; a second Ctrl-C ends the program at once.
///
/// # Errors
///
/// The system does not let us.
pub fn on_ctrl_c() -> anyhow::Result<Interrupt> {
    let interrupt = Interrupt::default();
    let flag = interrupt.clone();
    ctrlc::set_handler(move || {
        if flag.is_raised() {
            std::process::exit(super::exit::INTERRUPTED.into());
        }
        flag.raise();
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(interrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_name_asks_for_nothing_else() {
        let names = ["lock/fair", "lock/fair-timed", "try-lock/fair"].map(String::from);
        assert_eq!(asked_for("lock/fair", &names), [true, false, false]);
        assert_eq!(asked_for("lock", &names), [true, true, false]);
        assert_eq!(asked_for("loc", &names), [true, true, true]);
        assert_eq!(asked_for("timed", &names), [false, true, false]);
    }
}
