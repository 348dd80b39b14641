//! `raceproof run`: one run on real threads, to look at.

use super::{args, exit, programs};
use crate::{
    backend::Engine,
    check::{self, Limits, Watched},
    program::{Expect, Scenario, Variant},
    report::{
        failure,
        sink::Sink,
        style::{BAD, GOOD, HEAD, paint},
        text,
    },
};
use anyhow::{Context, bail};
use std::{
    io::{self, Write},
    time::Duration,
};

/// Runs a scenario once on real threads, and shows what each of them does
///
/// A pool of processes can do the work of `primes` and `parallel-copy` in full size.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A scenario (`parallel-sum`) for its first variant that holds, or a variant
    /// (`parallel-sum/join-then-collect`)
    id: String,
    /// Another variant of the scenario
    #[arg(long, value_name = "V")]
    variant: Option<String>,
    /// Whose locks the threads use
    #[arg(long, short, alias = "backend", short_alias = 'b', value_name = "E",
          default_value = "std", value_parser = args::native())]
    engine: Engine,
    #[command(flatten)]
    program: programs::Args,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Unknown names, an engine that this build lacks, output that cannot be written.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let engine = args::built(args.engine)?;
    if let Some(code) = args.program.run(&args.id, engine)? {
        return Ok(code);
    }
    let (scenario, variant) = chosen(args, engine)?;
    if let Some(missing) = variant.missing_on(engine) {
        bail!("{}/{} cannot be run on {engine}: no {missing}", scenario.id, variant.id);
    }
    // It may compute for long; that its threads only wait for each other is seen at once all the same.
    let limits = Limits { stall: Duration::from_secs(30), ..Limits::default() };
    let watched = check::watch(variant, engine, &limits);
    let program = format!("{:?}", variant.program_to_watch(engine));
    let title = format!("{}/{}: {program} on {engine}", scenario.id, variant.id);
    let mut out = Sink::stdout();
    write(&mut out, &title, &watched, text::columns(text::terminal()))?;
    Ok(if watched.failure.is_none() { exit::AS_EXPECTED } else { exit::NOT_AS_EXPECTED })
}

/// The variant that the arguments name, or else the first of the scenario that holds; if none does, the
/// first that at least ends well and shows no misuse.
fn chosen(args: &Args, engine: Engine) -> anyhow::Result<(&'static Scenario, &'static Variant)> {
    let (scenario, named) = match &args.variant {
        Some(variant) if args.id.contains('/') => {
            bail!("`{}` names a variant already: leave out `--variant {variant}`", args.id)
        }
        Some(variant) => args::find(&format!("{}/{variant}", args.id))?,
        None => args::find(&args.id)?,
    };
    let fixed = || {
        let ends_well = |variant: &&Variant| {
            let shows_misuse = matches!(variant.claim.expect, Expect::Refuses { .. });
            variant.missing_on(engine).is_none() && !variant.goes_wrong() && !shows_misuse
        };
        scenario.variants.iter().filter(ends_well)
    };
    let holds = |variant: &&Variant| variant.claim.expect == Expect::Holds;
    let variant = named.or_else(|| fixed().find(holds)).or_else(|| fixed().next());
    let none = || format!("no variant of {} holds on {engine}: name one", scenario.id);
    Ok((scenario, variant.with_context(none)?))
}

fn write(out: &mut impl Write, title: &str, watched: &Watched, room: usize) -> io::Result<()> {
    writeln!(out, "{}\n", paint(HEAD, title))?;
    let trace = watched.failure.as_ref().map_or(&watched.trace, |failure| &failure.trace);
    let drawn = text::lanes(trace, room);
    if drawn.is_empty() {
        writeln!(out, "Its only thread shares nothing: there is nothing to see.")?;
    }
    write!(out, "{drawn}")?;
    let ended = match &watched.failure {
        None => paint(GOOD, "It ended well."),
        Some(failure) => paint(BAD, failure::summary(failure)),
    };
    writeln!(out, "\n{ended}")?;
    if let Some(outcome) = &watched.outcome {
        writeln!(out, "Outcome: {outcome}")?;
    }
    out.flush()
}
