//! `raceproof list`: what there is to check.

use super::{args, exit};
use crate::{
    program::{Scenario, Variant},
    report::{
        sink::Sink,
        style::{BAD, FAINT, GOOD, HEAD, paint},
    },
};
use std::io::{self, Write};

/// Lists the scenarios, each with its lesson and its variants
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenarios (`transfer`), variants (`transfer/ordered`) or any part of such a name; all of them
    /// if none is given
    filter: Vec<String>,
    /// Lists the contracts of the primitives in place of the scenarios
    #[arg(long)]
    contracts: bool,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// A filter asks for nothing, or standard output cannot be written to.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let flag = if args.contracts { " --contracts" } else { "" };
    let hint =
        format!("`raceproof show NAME` tells one of them; `raceproof check{flag} NAME` checks it.");
    let variants = args::select(args.contracts, &args.filter)?;
    write(&mut Sink::stdout(), &variants, &hint)?;
    Ok(exit::AS_EXPECTED)
}

fn write(
    out: &mut impl Write,
    variants: &[(&'static Scenario, &'static Variant)],
    hint: &str,
) -> io::Result<()> {
    let mut group = None;
    for variants in variants.chunk_by(|(one, _), (next, _)| one.id == next.id) {
        let scenario = variants[0].0;
        if group != Some(scenario.group) {
            let gap = if group.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}{}", paint(HEAD, scenario.group.title()))?;
            group = Some(scenario.group);
        }
        writeln!(out, "\n  {}  {}", paint(HEAD, scenario.id), scenario.lesson)?;
        for (_, variant) in variants {
            let style = if variant.goes_wrong() { BAD } else { GOOD };
            let expected = paint(style, variant.expected());
            writeln!(out, "    {:<26} {expected}", variant.id)?;
        }
    }
    writeln!(out, "\n{}", paint(FAINT, hint))?;
    out.flush()
}
