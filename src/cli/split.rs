//! `raceproof split`: a search in units, for other processes and machines.

use super::{
    args, exit,
    unit::{self, Name},
};
use crate::{backend::Engine, check, report::sink::Sink};
use anyhow::bail;
use std::io::Write;

/// Splits the search of one variant into units, and prints them, one a line
///
/// Each is a word that `raceproof check --unit` explores, in any order and on any machine with this very program;
/// `raceproof merge` puts together what these print.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A variant (`transfer/ordered`), or a unit that is to be split again
    variant: String,
    /// How many units there are to be; fewer come out if there are fewer executions
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    into: u32,
    /// The engine: `dpor` or `c11`
    #[arg(long, short, value_name = "E", default_value = "c11", value_parser = args::engine())]
    engine: Engine,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Unknown names, a text that is no unit of this program, a search that cannot be split, output that cannot be written.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let (name, unit) = if args.variant.contains(':') {
        let (name, unit) = unit::parse(&args.variant)?;
        (name, Some(unit))
    } else {
        let (scenario, Some(variant)) = args::find(&args.variant)? else {
            bail!("{} has several variants: name one, as in `transfer/ordered`", args.variant);
        };
        (Name { scenario, variant, engine: args.engine }, None)
    };
    name.check()?;
    let units = check::split(name.variant, name.engine, unit.as_ref(), args.into as usize);
    let units = units.map_err(|error| name.tell(error))?;
    let mut out = Sink::plain_stdout();
    for unit in units {
        writeln!(out, "{}", name.with(&unit))?;
    }
    out.flush()?;
    Ok(exit::AS_EXPECTED)
}
