//! `raceproof sweep`: variants at many sizes.

use super::{
    args::{self, LimitArgs},
    exit,
};
use crate::{
    backend::Engine,
    check,
    program::{Scenario, Size, Variant},
    report::{
        sink::Sink,
        style::{BAD, FAINT, paint},
        sweep::{Row, table},
        text::{self, wrap},
    },
};
use anyhow::bail;
use std::{collections::BTreeMap, io::Write};

/// Checks variants at all of their sizes on dpor: at which sizes what holds is proved, and what fails is found
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenarios (`transfer`), variants (`transfer/ordered`) or any part of such a name; all of them
    /// if none is given
    filter: Vec<String>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What the table's columns mean.
const LEGEND: &str = "✓ at every size, all combinations of the values given, a proof or a failure as claimed; \
                      where a claim has a condition, the opposite comes out at the other sizes.";

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Unknown names, variants without sizes, output that cannot be written.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let variants = args::select(false, &args.filter)?;
    let swept: Vec<_> =
        variants.iter().flat_map(|&(scenario, variant)| sizes(scenario, variant)).collect();
    if swept.is_empty() {
        bail!("nothing was checked: none of these variants has sizes to sweep over");
    }
    let jobs: Vec<_> = swept
        .iter()
        .map(|&(scenario, variant, size)| (scenario, variant.at(size.program), Engine::Dpor))
        .collect();
    let mut rows = BTreeMap::new();
    let interrupt = args::on_ctrl_c()?;
    check::check_many(&jobs, args::cores(), &args.limits.limits(), &interrupt, |job, report| {
        rows.insert(job, report);
    });
    let mut table_rows: Vec<Row> = Vec::new();
    for (job, report) in &rows {
        let (scenario, variant, size) = swept[*job];
        match table_rows.last_mut().filter(|row| row.is_of(scenario, variant)) {
            Some(row) => row.add(report, size),
            None => {
                let mut row = Row::new(scenario, variant);
                row.add(report, size);
                table_rows.push(row);
            }
        }
    }
    write(&table_rows)?;
    Ok(if interrupt.is_raised() {
        exit::INTERRUPTED
    } else if table_rows.iter().all(Row::is_as_said) {
        exit::AS_EXPECTED
    } else {
        exit::NOT_AS_EXPECTED
    })
}

/// Each size of a variant.
fn sizes(
    scenario: &'static Scenario,
    variant: &'static Variant,
) -> impl Iterator<Item = (&'static Scenario, &'static Variant, Size)> {
    let sizes = variant.sweep.map(|sweep| (sweep.sizes)()).unwrap_or_default();
    sizes.into_iter().map(move |size| (scenario, variant, size))
}

fn write(rows: &[Row]) -> anyhow::Result<()> {
    let mut out = Sink::stdout();
    writeln!(out, "{}\n", table(rows, text::terminal()).trim_fmt())?;
    for line in wrap(LEGEND, text::columns(text::terminal())) {
        writeln!(out, "{}", paint(FAINT, line))?;
    }
    for (row, difference) in rows.iter().flat_map(|row| row.differences().map(move |it| (row, it)))
    {
        writeln!(out, "{}: {difference}", paint(BAD, format!("✗ {}", row.name())))?;
    }
    let sizes: usize = rows.iter().map(Row::sizes).sum();
    let wrong: usize = rows.iter().map(|row| row.differences().count()).sum();
    writeln!(out, "\n{} variants at {sizes} sizes: {wrong} not as claimed", rows.len())?;
    Ok(out.flush()?)
}
