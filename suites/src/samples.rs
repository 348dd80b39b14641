//! How many schedules at random it takes to find what is wrong: ours beside shuttle's, program by program.

use crate::{compare::kind, find};
use anyhow::Context;
use raceproof_suite::{
    backend::Engine,
    check::{self, Limits, Report, Sample, Sampler, Verdict},
    program::{Expect, FailureKind, Scenario, Variant},
};
use std::{
    fmt::Write,
    fs,
    num::NonZero,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

/// Has the broken forms of the suites looked for by schedules at random, from many seeds each, and writes the table
/// of how many it takes
///
/// Counts do not depend on the machine or on what else it does.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where it is written
    #[arg(long, value_name = "FILE", default_value = "docs/SAMPLING.md")]
    out: PathBuf,
    /// Of how many seeds the median is taken
    #[arg(long, value_name = "N", default_value_t = 100)]
    seeds: u64,
    /// How many schedules are drawn from a seed at most
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    executions: u64,
    /// Only programs whose name contains this
    filter: Option<String>,
}

const TOOLS: &[(&str, Engine, Sampler)] = &[
    ("uniform", Engine::Dpor, Sampler::Random),
    ("PCT", Engine::Dpor, Sampler::Pct),
    ("POS", Engine::Dpor, Sampler::Pos),
    ("URW", Engine::Dpor, Sampler::Urw),
    ("shuttle, random", Engine::Shuttle, Sampler::Random),
    ("shuttle, PCT", Engine::Shuttle, Sampler::Pct),
    ("shuttle, URW", Engine::Shuttle, Sampler::Urw),
];

/// The suites whose programs are sampled.
const SAMPLED: [&str; 2] = ["sctbench", "goker"];

const HEAD: &str = "# Schedules at random: how many does it take?

`cargo run --release --package raceproof-suites -- samples` writes this page. A cell is the number of schedules until the broken form
of a program has gone wrong as it should, the median over the seeds; *>* where fewer than half of the seeds found it, and
how many did. PCT has depth 3 everywhere. The programs are told after those of the suites
([`suites/src`](../suites/src)), and every tool draws schedules of the same one. The last but one column is what the search of every inequivalent
interleaving takes to its first failure, the last the fewest preemptions with which the program fails.

Programs for which every tool has a median of 1 are left out, and so are data races, for which shuttle does not look.

";

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// The file cannot be written, a program does not fail as it should, or this build lacks an engine.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    for (_, engine, _) in TOOLS {
        anyhow::ensure!(engine.is_built(), engine.missing());
    }
    anyhow::ensure!(args.seeds > 0, "a median of no seeds is none");
    let programs: Vec<_> = SAMPLED
        .iter()
        .flat_map(|name| find(name).expect("it is in the list"))
        .filter(|scenario| scenario.id.contains(args.filter.as_deref().unwrap_or_default()))
        .filter_map(|scenario| Some((scenario, scenario.variant("broken")?)))
        .filter(|(_, broken)| can_be_sampled(broken))
        .collect();
    anyhow::ensure!(!programs.is_empty(), "no program has such a name");
    let rows = in_parallel(&programs, |&(scenario, broken)| row(scenario, broken, args));
    let rows: Vec<_> = rows.into_iter().collect::<anyhow::Result<_>>()?;
    fs::write(&args.out, page(args, &rows))
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    println!("{}", args.out.display());
    Ok(0)
}

fn can_be_sampled(broken: &Variant) -> bool {
    let races = matches!(broken.claim.expect, Expect::Fails { kind: FailureKind::DataRace, .. });
    let runs = |engine| broken.missing_on(engine).is_none();
    !races && runs(Engine::Dpor) && runs(Engine::Shuttle)
}

/// Applies `f` to all items, on as many threads as there are processors.
fn in_parallel<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let index = next.fetch_add(1, Relaxed)
            && let Some(item) = items.get(index)
        {
            done.push((index, f(item)));
        }
        done
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let mut done: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no row panics")).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What was measured of a program.
struct Row {
    program: &'static str,
    kind: String,
    cells: Vec<Cell>,
    search: u64,
    preemptions: Option<usize>,
}

/// What a tool came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// The median.
    Median(u64),
    /// So many of the seeds that were tried found it, fewer than half.
    Rarely(usize, usize),
}

fn row(scenario: &'static Scenario, broken: &'static Variant, args: &Args) -> anyhow::Result<Row> {
    let searched = check::check(scenario, broken, Engine::Dpor, &Limits::default());
    searched.compare(broken).map_err(|mismatch| anyhow::anyhow!("{}: {mismatch}", scenario.id))?;
    let Verdict::Failed(failure) = &searched.verdict else {
        anyhow::bail!("{} is to fail", scenario.id);
    };
    let limits = Limits { executions: args.executions, ..Limits::default() };
    let cells = TOOLS.iter().map(|&(_, engine, sampler)| {
        let found = |seed| {
            let report = check::sample(scenario, broken, engine, Sample { sampler, seed }, &limits);
            schedules(&report, broken)
        };
        cell(args.seeds, found)
    });
    Ok(Row {
        program: scenario.id,
        kind: kind(broken),
        cells: cells.collect(),
        search: failure.executions,
        preemptions: failure.preemptions,
    })
}

/// How many schedules it took, if it was found.
fn schedules(report: &Report, broken: &Variant) -> Option<u64> {
    let as_expected = report.compare(broken).is_ok();
    match &report.verdict {
        Verdict::Failed(failure) if as_expected => Some(failure.executions),
        _ => None,
    }
}

/// The median of what is found from each of the seeds. It is known as soon as more than half have found nothing.
fn cell(seeds: u64, found: impl Fn(u64) -> Option<u64>) -> Cell {
    let (mut counts, mut missed) = (Vec::new(), 0);
    for seed in 0..seeds {
        match found(seed) {
            Some(count) => counts.push(count),
            None => missed += 1,
        }
        if 2 * missed > seeds as usize {
            return Cell::Rarely(counts.len(), counts.len() + missed);
        }
    }
    counts.sort_unstable();
    Cell::Median(counts[(seeds as usize - 1) / 2])
}

fn page(args: &Args, rows: &[Row]) -> String {
    let mut page = String::from(HEAD);
    let (seeds, executions) = (args.seeds, args.executions);
    let _ = writeln!(page, "{seeds} seeds, at most {executions} schedules from each.\n");
    let names: Vec<_> = TOOLS.iter().map(|(name, ..)| *name).collect();
    let _ = writeln!(
        page,
        "| program | goes wrong | {} | every interleaving | preemptions |\n| --- | --- |{}",
        names.join(" | "),
        " ---: |".repeat(TOOLS.len() + 2)
    );
    let told: Vec<_> =
        rows.iter().filter(|row| row.cells.iter().any(|cell| *cell != Cell::Median(1))).collect();
    for Row { program, kind, cells, search, preemptions } in &told {
        let cells: Vec<_> = cells.iter().map(|cell| cell.text(executions)).collect();
        let preemptions = preemptions.map_or("–".to_owned(), |count| count.to_string());
        let cells = cells.join(" | ");
        let _ = writeln!(page, "| `{program}` | {kind} | {cells} | {search} | {preemptions} |");
    }
    let least: Vec<_> = (0..TOOLS.len())
        .map(|tool| {
            let best = told.iter().filter(|row| row.is_best(tool)).count();
            let found = told.iter().filter(|row| row.cells[tool].median().is_some()).count();
            format!("{found}, {best}")
        })
        .collect();
    let _ = writeln!(
        page,
        "| found by half of the seeds, with the fewest schedules of all tools | | {} | | |",
        least.join(" | ")
    );
    let _ = writeln!(page, "\n{} programs of {} are told.", told.len(), rows.len());
    page
}

impl Row {
    /// Whether no other tool needs fewer schedules.
    fn is_best(&self, tool: usize) -> bool {
        let medians = self.cells.iter().filter_map(|cell| cell.median());
        let own = self.cells[tool].median();
        own.is_some() && own == medians.min()
    }
}

impl Cell {
    fn median(self) -> Option<u64> {
        match self {
            Self::Median(median) => Some(median),
            Self::Rarely(..) => None,
        }
    }

    fn text(self, executions: u64) -> String {
        match self {
            Self::Median(median) => median.to_string(),
            Self::Rarely(found, tried) => format!("> {executions} ({found} of {tried})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_all_seeds() {
        assert_eq!(cell(5, |seed| Some(10 - seed)), Cell::Median(8));
        assert_eq!(cell(4, Some), Cell::Median(1));
        assert_eq!(cell(5, |seed| (seed > 1).then_some(seed)), Cell::Median(4));
        assert_eq!(cell(1, |_| Some(3)), Cell::Median(3));
    }

    #[test]
    fn no_median_where_most_find_nothing() {
        assert_eq!(cell(5, |seed| (seed == 1).then_some(7)), Cell::Rarely(1, 4));
        assert_eq!(cell(4, |seed| (seed == 0).then_some(7)), Cell::Rarely(1, 4));
        assert_eq!(cell(2, |seed| (seed == 0).then_some(7)), Cell::Median(7));
        assert_eq!(cell(1, |_| None), Cell::Rarely(0, 1));
    }

    #[test]
    fn rows_stay_in_order() {
        let items: Vec<_> = (0..100).collect();
        assert_eq!(
            in_parallel(&items, |item| item * 2),
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
    }
}
