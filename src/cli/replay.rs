//! `raceproof replay`: one failing execution again, step by step.

use super::{
    args::{self, LimitArgs},
    exit,
};
use crate::{
    backend::Engine,
    check::{self, Failure, Limits, Report, Verdict},
    program::{Scenario, Variant},
    report::{
        failure,
        sink::Sink,
        style::{HEAD, paint},
        text,
    },
};
use anyhow::{Context, bail};
use std::{
    fs,
    io::{self, Read, Write},
    path::PathBuf,
};

/// Runs one failing execution again, and shows its steps
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A variant (`transfer/opposite-order`), or a scenario for its first variant that goes wrong; or
    /// a contract (`lock/excludes`)
    id: String,
    /// The engine whose schedule it is [default: the best of this build]
    #[arg(long, short, value_name = "E", value_parser = args::engine())]
    engine: Option<Engine>,
    /// The schedule, as `check --json` prints it; `@FILE` reads it from a file, `-` from standard
    /// input. Without it, a failing execution is looked for first
    #[arg(long, short, value_name = "S", allow_hyphen_values = true)]
    schedule: Option<String>,
    /// Writes the schedule to a file, for `--schedule @FILE`
    #[arg(long, value_name = "FILE")]
    save_schedule: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Which variant is to be run on which engine.
struct Target {
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
    limits: Limits,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Unknown names, an engine that cannot replay, a schedule that is none of its own, files that cannot
/// be read or written.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let target = Target::new(args)?;
    let given = args.schedule.as_deref().map(read_schedule).transpose()?;
    let mut save = args.save_schedule.as_deref().map(Sink::file).transpose()?;
    let mut out = Sink::stdout();
    let is_given = given.is_some();
    let schedule = match given {
        Some(schedule) => schedule,
        None => match target.find() {
            Ok(schedule) => schedule,
            Err(report) => return target.nothing_to_replay(&report, &mut out),
        },
    };
    if let Some(file) = &mut save {
        writeln!(file, "{schedule}")?;
        file.flush()?;
    }
    let report = target.replay(schedule);
    match &report.verdict {
        Verdict::Failed(failure) => target.show(&report, failure, &mut out),
        Verdict::Inconclusive { reason } if is_given => bail!("cannot replay: {reason}"),
        _ => target.nothing_to_replay(&report, &mut out),
    }
}

/// The schedule that the argument stands for.
fn read_schedule(argument: &str) -> anyhow::Result<String> {
    let text = if argument == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        text
    } else if let Some(path) = argument.strip_prefix('@') {
        fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?
    } else {
        argument.into()
    };
    let text = text.trim();
    if text.is_empty() {
        bail!("the schedule is empty");
    }
    Ok(text.into())
}

impl Target {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let (scenario, variant) = args::find_variant(&args.id)?;
        let engine = args.engine.unwrap_or_else(|| args::best_engine(variant));
        let engine = args::built(engine)?;
        if engine.is_native() {
            bail!("{engine} runs real threads, which follow no schedule");
        }
        if let Some(missing) = variant.missing_on(engine) {
            bail!("{}/{} cannot be run on {engine}: no {missing}", scenario.id, variant.id);
        }
        Ok(Self { scenario, variant, engine, limits: args.limits.limits() })
    }

    /// Looks for a failing execution; its schedule, or else what was found instead.
    fn find(&self) -> Result<String, Box<Report>> {
        let report = check::check(self.scenario, self.variant, self.engine, &self.limits);
        let schedule = match &report.verdict {
            Verdict::Failed(failure) => failure.schedule.clone(),
            _ => None,
        };
        schedule.ok_or_else(|| Box::new(report))
    }

    fn replay(&self, schedule: String) -> Report {
        check::replay(self.scenario, self.variant, self.engine, &self.limits, schedule)
    }

    /// Whether this failure was to come. The outcomes of a single execution say nothing.
    fn exit_code(&self, report: &Report) -> u8 {
        let variant = self.variant.without_outcomes();
        match report.compare(&variant) {
            Ok(()) => exit::AS_EXPECTED,
            Err(_) => exit::NOT_AS_EXPECTED,
        }
    }

    fn name(&self) -> String {
        format!("{}/{}", self.scenario.id, self.variant.id)
    }

    fn show(&self, report: &Report, failure: &Failure, out: &mut Sink) -> anyhow::Result<u8> {
        let title = format!("{}: {} on {}", self.name(), report.program, self.engine);
        writeln!(out, "{}\n", paint(HEAD, title))?;
        write!(out, "{}", failure::steps(report, failure, text::columns(text::terminal())))?;
        out.flush()?;
        Ok(self.exit_code(report))
    }

    /// Says why there is no failing execution to run again.
    fn nothing_to_replay(&self, report: &Report, out: &mut Sink) -> anyhow::Result<u8> {
        let name = self.name();
        let (engine, verdict) = (self.engine, report.verdict.name());
        match &report.verdict {
            Verdict::Failed(failure) => {
                writeln!(out, "{name} on {engine} goes wrong, but gives no schedule:\n")?;
                write!(
                    out,
                    "{}",
                    failure::describe(report, failure, text::columns(text::terminal()))
                )?;
            }
            Verdict::Inconclusive { reason } | Verdict::NotApplicable { reason } => {
                writeln!(out, "{name} on {engine}: {verdict}: {reason}")?;
            }
            Verdict::Proved { executions } | Verdict::Passed { executions, .. } => {
                let executions = text::thousands(*executions);
                let result = format!("{verdict} after {executions} executions");
                writeln!(out, "{name} on {engine}: nothing to replay, {result}")?;
            }
        }
        out.flush()?;
        Ok(self.exit_code(report))
    }
}
