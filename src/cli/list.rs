//! `raceproof list`: what there is to check.

use super::exit;
use crate::{
    report::{
        sink::Sink,
        style::{BAD, FAINT, GOOD, HEAD, paint},
    },
    scenarios,
};
use std::io::{self, Write};

/// Lists the scenarios, each with its lesson and its variants
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Standard output cannot be written to.
pub fn run(Args {}: &Args) -> anyhow::Result<u8> {
    write(&mut Sink::stdout())?;
    Ok(exit::AS_EXPECTED)
}

fn write(out: &mut impl Write) -> io::Result<()> {
    let mut group = None;
    for scenario in scenarios::ALL {
        if group != Some(scenario.group) {
            let gap = if group.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}{}", paint(HEAD, scenario.group.title()))?;
            group = Some(scenario.group);
        }
        writeln!(out, "\n  {}  {}", paint(HEAD, scenario.id), scenario.lesson)?;
        for variant in scenario.variants {
            let style = if variant.goes_wrong() { BAD } else { GOOD };
            let expected = paint(style, variant.expected());
            writeln!(out, "    {:<26} {expected}", variant.id)?;
        }
    }
    let hint = "`raceproof show NAME` tells one of them; `raceproof check NAME` checks it.";
    writeln!(out, "\n{}", paint(FAINT, hint))?;
    out.flush()
}
