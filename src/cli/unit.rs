//! One unit of a search, and a search that goes on from a file: what `raceproof check` does with `--unit` and
//! `--checkpoint`.

use super::{args, exit};
use crate::{
    backend::Engine,
    check,
    dpor::{Unit, UnitError},
    program::{Scenario, Variant},
    report::sink::Sink,
};
use anyhow::{anyhow, bail};
use std::{fmt::Display, io::Write, time::Duration};

/// Whose unit it is.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) scenario: &'static Scenario,
    pub(super) variant: &'static Variant,
    pub(super) engine: Engine,
}

impl Name {
    /// Can the engine check the variant, and in units?
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Self { scenario, variant, engine } = *self;
        if !matches!(engine, Engine::Dpor | Engine::C11) {
            bail!("{engine} does not search in units: dpor and c11 do");
        }
        if let Some(missing) = variant.missing_on(engine) {
            bail!("{}/{} cannot be checked on {engine}: no {missing}", scenario.id, variant.id);
        }
        Ok(())
    }

    /// A unit, with whose it is.
    pub(super) fn with(&self, unit: impl Display) -> String {
        format!("{}/{}@{}:{unit}", self.scenario.id, self.variant.id, self.engine)
    }

    /// An error of its search.
    pub(super) fn tell(&self, error: UnitError) -> anyhow::Error {
        match error {
            UnitError::Learnt(all) => anyhow!(
                "the program does something here that changes how all of it is explored: split this again: {}",
                self.with(&all)
            ),
            error => {
                anyhow!("{}/{} on {}: {error}", self.scenario.id, self.variant.id, self.engine)
            }
        }
    }
}

/// A unit, and whose it is.
pub(super) fn parse(text: &str) -> anyhow::Result<(Name, Unit)> {
    let whose = text.split_once(':').and_then(|(name, unit)| Some((name.split_once('@')?, unit)));
    let Some(((id, engine), unit)) = whose else {
        bail!("this is no unit: it should begin as in `transfer/ordered@c11:unit1:`");
    };
    let engine =
        engine.parse().map_err(|_| anyhow!("this is no unit: there is no engine `{engine}`"))?;
    let (scenario, Some(variant)) = args::find(id)? else {
        bail!("this is no unit: `{id}` has several variants");
    };
    let name = Name { scenario, variant, engine };
    name.check()?;
    Ok((name, unit.parse().map_err(|error: UnitError| anyhow!("{error}"))?))
}

/// Explores a unit; the result is the exit code. Whether a failure is expected, only all units together tell.
pub(super) fn explore(
    text: &str,
    time: Option<Duration>,
    executions: Option<u64>,
) -> anyhow::Result<u8> {
    let (name, unit) = parse(text)?;
    let Name { scenario, variant, engine } = name;
    let part = check::explore(scenario, variant, engine, &unit, (time, executions));
    let mut part = part.map_err(|error| name.tell(error))?;
    for text in [&mut part.unit].into_iter().chain(&mut part.left) {
        *text = name.with(&*text);
    }
    let mut out = Sink::plain_stdout();
    writeln!(out, "{}", serde_json::to_string(&part)?)?;
    out.flush()?;
    Ok(exit::AS_EXPECTED)
}
