//! `raceproof merge`: what the units of a search come to together.

use super::{check as checks, exit, unit};
use crate::{
    check::{self, Part},
    report::{Reporter, Row, json::JsonLines, sink::Sink, table::Table, text},
};
use anyhow::{Context, anyhow, bail};
use std::{fs, path::PathBuf, time::Instant};

/// Puts together what `raceproof check --unit` has printed for all units of a search
///
/// The verdict is a proof only if all units are there, each once and explored to its end, and nothing fails.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What was printed: a file may have several lines, one for each unit
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Prints the result as one JSON object, and nothing else
    #[arg(long)]
    json: bool,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Files that cannot be read, units that are missing, there twice or of more than one search.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let mut parts = Vec::new();
    for file in &args.files {
        let name = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
        let read =
            text.lines().filter(|line| !line.trim().is_empty()).zip(1..).map(|(line, nth)| {
                let part = serde_json::from_str::<Part>(line);
                part.map_err(|error| {
                    anyhow!("{name}, line {nth}: this is no unit's result: {error}")
                })
            });
        let read = read.collect::<anyhow::Result<Vec<_>>>()?;
        if read.is_empty() {
            bail!("{name}: there is no unit's result in it");
        }
        parts.extend(read);
    }
    let first = parts[0].unit.clone();
    for part in &mut parts {
        for text in [&mut part.unit].into_iter().chain(&mut part.left) {
            let (name, unit) = unit::parse(text)?;
            let of = format!("{}/{}@{}", name.scenario.id, name.variant.id, name.engine);
            let told =
                format!("{}/{}@{}", part.report.scenario, part.report.variant, part.report.engine);
            if of != told {
                bail!("a result of {told} names a unit of {of}");
            }
            *text = unit.to_string();
        }
    }
    let (name, _) = unit::parse(&first)?;
    let start = Instant::now();
    let whole = check::merge(&parts).map_err(|error| anyhow!(error))?;
    let jobs = [(name.scenario, name.variant, name.engine)];
    let row = Row::new(name.variant, whole);
    let mut reporter: Box<dyn Reporter> = if args.json {
        Box::new(JsonLines::new(Sink::plain_stdout()))
    } else {
        Box::new(Table::new(Sink::stdout(), text::terminal()))
    };
    checks::tell_one(&mut *reporter, &jobs, &row, start)?;
    Ok(if row.comparison.is_ok() { exit::AS_EXPECTED } else { exit::NOT_AS_EXPECTED })
}
