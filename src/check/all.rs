//! Many checks, each compared with what must come out; that nothing was checked is a failure, too.

use super::{Interrupt, Limits, Mismatch, Verdict, check_many};
use crate::{
    backend::Engine,
    program::{Scenario, Variant, variants},
};
use std::{fmt, thread};

/// A variant to be checked on an engine.
pub type Job = (&'static Scenario, &'static Variant, Engine);

/// Checks every variant of `scenarios` on every one of `engines`, each in a child process, as many at a time
/// as there are cores, and compares what is found with what must be found. Returns how many checks were made.
///
/// A variant is left out where it declares that it [needs](Variant::needs) what the engine lacks. `main` must
/// call [`serve_child`](super::serve_child) first.
///
/// # Errors
///
/// Some check finds something else, this build lacks one of the engines, or there is nothing to check.
///
/// ```no_run
/// use raceproof_suite::{backend::Engine, check::{self, Limits}, program::Scenario};
///
/// static MINE: &[&Scenario] = &[/* &TICKETS */];
///
/// fn main() -> Result<(), check::Unexpected> {
///     check::serve_child(MINE);
///     let checks = check::check_all(MINE, &[Engine::Dpor], &Limits::default())?;
///     println!("{checks} checks, all as expected");
///     Ok(())
/// }
/// ```
pub fn check_all(
    scenarios: &[&'static Scenario],
    engines: &[Engine],
    limits: &Limits,
) -> Result<usize, Unexpected> {
    let on = |(scenario, variant)| engines.iter().map(move |&engine| (scenario, variant, engine));
    let jobs: Vec<Job> = variants(scenarios).flat_map(on).collect();
    let mut checks = 0;
    let mut mismatches = Vec::new();
    let parallel = thread::available_parallelism().map_or(1, usize::from);
    check_many(&jobs, parallel, limits, &Interrupt::default(), |job, report| {
        checks += usize::from(!matches!(report.verdict, Verdict::NotApplicable { .. }));
        let (scenario, variant, engine) = jobs[job];
        if let Err(mismatch) = report.compare(variant) {
            mismatches.push((job, format!("{}/{} on {engine}", scenario.id, variant.id), mismatch));
        }
    });
    if !mismatches.is_empty() {
        mismatches.sort_by_key(|&(job, ..)| job);
        let without_job = mismatches.into_iter().map(|(_, check, mismatch)| (check, mismatch));
        return Err(Unexpected::Mismatches(without_job.collect()));
    }
    if checks == 0 { Err(Unexpected::NothingChecked(why_nothing(&jobs))) } else { Ok(checks) }
}

/// Why none of the `jobs` is a check, and what to do.
#[must_use]
pub fn why_nothing(jobs: &[Job]) -> String {
    let Some(&(scenario, variant, engine)) = jobs.first() else {
        return "no variant or no engine was given".into();
    };
    let name = format!("{}/{}", scenario.id, variant.id);
    let missing = match variant.missing_on(engine) {
        Some(missing) => format!("{name} needs {missing}, which {engine} lacks"),
        None => engine.missing(),
    };
    let able: Vec<_> = Engine::built()
        .filter(|&engine| variant.missing_on(engine).is_none())
        .map(Engine::name)
        .collect();
    match able[..] {
        [] => format!("{missing}; no engine of this build can check it"),
        _ => format!("{missing}; it can be checked on {}", able.join(", ")),
    }
}

/// Why a run of checks is no success.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unexpected {
    /// Not one check was made, for this reason.
    #[error("nothing was checked: {0}")]
    NothingChecked(String),
    /// These checks, as in `transfer/ordered on dpor`, found something else than they had to.
    #[error("{}", lines(.0))]
    Mismatches(Vec<(String, Mismatch)>),
}

/// As `main` prints it: the message.
impl fmt::Debug for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn lines(mismatches: &[(String, Mismatch)]) -> String {
    let line = |(check, mismatch): &(String, Mismatch)| format!("{check}: {mismatch}");
    mismatches.iter().map(line).collect::<Vec<_>>().join("\n")
}
