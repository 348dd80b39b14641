//! `raceproof check`: variants on engines, compared with what must come out.

use super::{
    args::{self, LimitArgs},
    exit, suites,
    unit::{self, Name},
};
use crate::{
    backend::Engine,
    check::{self, Equivalence, Interrupt, Limits},
    program::{Scenario, Variant},
    report::{
        Event, Job, Reporter, Row, Tally, github::Github, json::JsonLines, junit::Junit,
        progress::Progress, sarif::Sarif, sink::Sink, table::Table, text,
    },
};
use anyhow::bail;
use std::{
    env,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Checks variants on engines and compares what is found with what must be found
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenarios (`transfer`), variants (`transfer/ordered`) or any part of such a name; all of them
    /// if none is given
    filter: Vec<String>,
    /// Checks the contracts of the primitives in place of the scenarios
    #[arg(long)]
    contracts: bool,
    /// Checks a benchmark suite of others in place of the scenarios, with the program `raceproof-suites`:
    /// `goker`, `sctbench`, `semaphores`
    #[arg(long, value_name = "NAME", conflicts_with = "contracts")]
    suite: Option<String>,
    /// Only this engine; may be given more than once [default: every engine of this build]
    #[arg(long, short, value_name = "E", value_parser = args::engine(), value_delimiter = ',')]
    engine: Vec<Engine>,
    /// Prints one JSON object a line for each result as it comes, and nothing else
    #[arg(long)]
    json: bool,
    /// Writes a JUnit report as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Writes a SARIF log as well: what is not as expected, with a thread flow for each lane
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Prints annotations for GitHub's actions as well, and writes the summary of the step
    #[arg(long, conflicts_with = "json")]
    github: bool,
    #[command(flatten)]
    limits: LimitArgs,
    /// Checks to run at a time [default: the number of cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Cores that one search on dpor or c11 may use [default: all, if one variant is checked on one of these; else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    workers: Option<u16>,
    /// Executions that a search on dpor or c11 takes for one: those that differ in the order of independent steps alone, or
    /// all in which every load reads the same store, which are fewer and take longer each
    #[arg(long, value_name = "HOW", value_parser = args::equivalence(), default_value = "traces",
          conflicts_with_all = ["checkpoint", "unit"])]
    equivalence: Equivalence,
    /// Keeps in this file how far the search has come, and goes on from there: for one variant on dpor or c11, without
    /// limits other than those that are given
    #[arg(long, value_name = "FILE", conflicts_with_all = ["suite", "workers", "jobs", "unit"])]
    checkpoint: Option<PathBuf>,
    /// Explores one unit of a search that `raceproof split` has printed, and prints what was found as one JSON object
    #[arg(long, value_name = "UNIT", conflicts_with_all = ["filter", "contracts", "suite", "engine", "workers", "jobs",
          "junit", "sarif", "github"])]
    unit: Option<String>,
    /// Seconds after which a unit ends with the units that are left
    #[arg(long, value_name = "S", requires = "unit", value_parser = clap::value_parser!(u64).range(1..))]
    unit_limit_seconds: Option<u64>,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Unknown names, engines that this build lacks, files that cannot be written.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    if args.suite.is_some() {
        return suites::check();
    }
    if let Some(text) = &args.unit {
        let (time, executions) = args.limits.given();
        let time = args.unit_limit_seconds.map(Duration::from_secs).or(time);
        return unit::explore(text, time, executions);
    }
    check(args, &args::select(args.contracts, &args.filter)?)
}

/// Runs the command for the scenarios of a suite; the result is the exit code.
///
/// # Errors
///
/// Unknown names, engines that this build lacks, files that cannot be written.
pub fn run_among(args: &Args, scenarios: &[&'static Scenario]) -> anyhow::Result<u8> {
    match args::select_among(scenarios, &args.filter) {
        Ok(variants) => check(args, &variants),
        Err(name) => bail!("there is no `{name}` in this suite"),
    }
}

impl Args {
    /// The suite that is asked for.
    #[must_use]
    pub fn suite(&self) -> Option<&str> {
        self.suite.as_deref()
    }
}

/// Checks these variants.
fn check(args: &Args, variants: &[(&'static Scenario, &'static Variant)]) -> anyhow::Result<u8> {
    let engines = args::engines(&args.engine)?;
    let jobs = args::jobs(variants, &engines);
    if let Some(file) = &args.checkpoint {
        return go_on_from(file, &jobs, args);
    }
    let mut reporters = reporters(args)?;
    let interrupt = args::on_ctrl_c()?;
    let parallel = args.jobs.map_or_else(args::cores, usize::from);
    let (workers, equivalence) = (workers(args, &jobs), args.equivalence);
    let limits = Limits { workers, equivalence, ..args.limits.limits() };
    let (tally, error) = drive(&jobs, parallel, &limits, &interrupt, &mut reporters);
    match error {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ if tally.total() < jobs.len() => Ok(exit::INTERRUPTED),
        _ if tally.made() == 0 => bail!("nothing was checked: {}", check::why_nothing(&jobs)),
        _ if tally.unexpected > 0 => Ok(exit::NOT_AS_EXPECTED),
        _ => Ok(exit::AS_EXPECTED),
    }
}

/// How many cores one search may use.
fn workers(args: &Args, jobs: &[Job]) -> usize {
    let alone = matches!(jobs, [(_, _, Engine::Dpor | Engine::C11)]);
    args.workers.map_or_else(|| if alone { args::cores() } else { 1 }, usize::from)
}

/// Makes the one check, which goes on from what is in the file.
fn go_on_from(file: &Path, jobs: &[Job], args: &Args) -> anyhow::Result<u8> {
    let &[(scenario, variant, engine)] = jobs else {
        bail!("a checkpoint is one search's: name one variant, and one engine with `--engine`");
    };
    let name = Name { scenario, variant, engine };
    name.check()?;
    let start = Instant::now();
    let found = check::checkpointed(scenario, variant, engine, file, args.limits.given());
    let row = Row::new(variant, found.map_err(|error| name.tell(error))?);
    for mut reporter in reporters(args)? {
        tell_one(&mut *reporter, jobs, &row, start)?;
    }
    Ok(if row.comparison.is_ok() { exit::AS_EXPECTED } else { exit::NOT_AS_EXPECTED })
}

/// Tells a reporter of the only result that there is.
pub(super) fn tell_one(
    reporter: &mut dyn Reporter,
    jobs: &[Job],
    row: &Row,
    start: Instant,
) -> io::Result<()> {
    reporter.on(&Event::Started { jobs })?;
    reporter.on(&Event::Finished { job: 0, row })?;
    reporter.on(&Event::Ended { elapsed: start.elapsed() })
}

/// The reporters that the arguments ask for; opens their files.
fn reporters(args: &Args) -> io::Result<Vec<Box<dyn Reporter>>> {
    let mut reporters: Vec<Box<dyn Reporter>> = vec![Box::new(Progress::stderr())];
    if args.json {
        reporters.push(Box::new(JsonLines::new(Sink::plain_stdout())));
    } else {
        reporters.push(Box::new(Table::new(Sink::stdout(), text::terminal())));
    }
    if let Some(path) = &args.junit {
        reporters.push(Box::new(Junit::new(Sink::file(path)?)));
    }
    if let Some(path) = &args.sarif {
        reporters.push(Box::new(Sarif::new(Sink::file(path)?)));
    }
    if args.github {
        let summary = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        let summary = summary.map(|path| Sink::append(Path::new(&path))).transpose()?;
        reporters.push(Box::new(Github::new(Sink::plain_stdout(), summary)));
    }
    Ok(reporters)
}

/// Runs the jobs and tells the reporters. A reporter that fails ends the run; its error is returned
/// after the others have had their say.
pub(super) fn drive(
    jobs: &[Job],
    parallel: usize,
    limits: &Limits,
    interrupt: &Interrupt,
    reporters: &mut Vec<Box<dyn Reporter>>,
) -> (Tally, Option<io::Error>) {
    let start = Instant::now();
    let mut tally = Tally::default();
    let mut failed = None;
    tell(reporters, &Event::Started { jobs }, &mut failed);
    check::check_many(jobs, parallel, limits, interrupt, |job, report| {
        let row = Row::new(jobs[job].1, report);
        tally.add(&row);
        tell(reporters, &Event::Finished { job, row: &row }, &mut failed);
        if failed.is_some() {
            interrupt.raise();
        }
    });
    tell(reporters, &Event::Ended { elapsed: start.elapsed() }, &mut failed);
    (tally, failed)
}

/// Tells all reporters; those that fail are told no more, and the first error is kept.
fn tell(reporters: &mut Vec<Box<dyn Reporter>>, event: &Event<'_>, failed: &mut Option<io::Error>) {
    reporters.retain_mut(|reporter| match reporter.on(event) {
        Ok(()) => true,
        Err(error) => {
            failed.get_or_insert(error);
            false
        }
    });
}
