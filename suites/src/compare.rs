//! How the tools do on the suites: found or not, after how many executions, in what time.

use crate::{
    SUITES, find,
    sctbench::{MAPLE, NOT_TOLD},
};
use anyhow::Context;
use raceproof_suite::{
    backend::{Capability, Engine},
    check::{self, Limits, Sample, Sampler, Verdict},
    program::{Expect, FailureKind, Scenario, Variant},
};
use std::{fmt::Write, fs, path::PathBuf, time::Duration};

/// Has every broken form of the suites looked for by each tool, every fixed form checked by dpor, and writes the
/// tables
///
/// The measure is to have the machine to itself: one check runs at a time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where they are written
    #[arg(long, value_name = "FILE", default_value = "docs/COMPARISON.md")]
    out: PathBuf,
    /// How many executions a tool may run of each program
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    executions: u64,
}

/// A tool that looks for what goes wrong.
#[derive(Clone, Copy)]
enum Tool {
    Engine(Engine),
    Shuttle(Sampler),
}

/// The seed of random schedules.
const SEED: u64 = 0x5eed;

const TOOLS: &[(&str, Tool)] = &[
    ("dpor", Tool::Engine(Engine::Dpor)),
    ("loom", Tool::Engine(Engine::Loom)),
    ("shuttle, random", Tool::Shuttle(Sampler::Random)),
    ("shuttle, PCT", Tool::Shuttle(Sampler::Pct)),
    ("shuttle, URW", Tool::Shuttle(Sampler::Urw)),
    ("real threads", Tool::Engine(Engine::Std)),
];

impl Tool {
    /// Whether it can run `broken`, and looks for what goes wrong with it.
    fn looks_for(self, broken: &Variant) -> bool {
        let engine = match self {
            Self::Engine(engine) => engine,
            Self::Shuttle(_) => Engine::Shuttle,
        };
        let races =
            matches!(broken.claim.expect, Expect::Fails { kind: FailureKind::DataRace, .. });
        (!races || engine.can(Capability::DataRaces)) && broken.missing_on(engine).is_none()
    }
}

/// How a tool did on the programs of a suite whose failures it looks for.
#[derive(Clone, Copy, Default)]
struct Total {
    looked_at: usize,
    found: usize,
    executions: u64,
    time: Duration,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// The file cannot be written, dpor does not come to the expected result, or this build lacks an engine.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    for &(_, tool) in TOOLS {
        if let Tool::Engine(engine) = tool {
            anyhow::ensure!(engine.is_built(), engine.missing());
        }
    }
    let limits =
        Limits { executions: args.executions, luck: Duration::from_secs(1), ..Limits::default() };
    let mut page = String::from(HEAD);
    let _ = writeln!(
        page,
        "A checker runs at most {} executions of a program; real threads run for at most a second. Neither shuttle nor they \
         look for data races, and loom cannot choose, as some `select` has to: –.\n",
        args.executions
    );
    for name in SUITES {
        let suite = find(name).context("it is in the list")?;
        let _ = writeln!(page, "## {name}\n");
        table(&mut page, &suite, &limits, if *name == "sctbench" { MAPLE } else { &[] })?;
    }
    let _ = writeln!(
        page,
        "## Programs of SCTBench that are not told\n\n| program | why |\n| --- | --- |"
    );
    for (program, why) in NOT_TOLD {
        let _ = writeln!(page, "| {program} | {why} |");
    }
    fs::write(&args.out, page).with_context(|| format!("cannot write {}", args.out.display()))?;
    println!("{}", args.out.display());
    Ok(0)
}

const HEAD: &str = "# How the tools do on the suites of others

`RUSTFLAGS=\"--cfg loom\" cargo run --release --package raceproof-suites -- compare` writes this page. A cell says after how many executions the
tool found what is wrong with the broken form, or *no* and how many it ran without finding it; the last column, with how
many executions dpor proves the fixed form. The programs are ours, told after those of the suites
([`suites/src`](../suites/src)), and every tool runs the same one. What shuttle and real threads find depends on luck; shuttle's is
the same on every run, for its seed is fixed.

GoBench cuts some reports down to the same few lines. Such kernels share a function here
([`shared.rs`](../suites/src/goker/shared.rs) says which), and their rows differ by luck alone.

What others have published about such programs is from other machines, and from the programs themselves, not from ours:

- SCTBench, 49 programs in C and C++: of five ways to schedule, PCT of depth 3 found the most bugs and missed one; random schedules
  found two fewer than delay bounding, and more than preemption bounding (Thomson, Donaldson and Betts, *Concurrency Testing Using Controlled Schedulers: An Empirical Study*, ACM TOPC 2016).
- SCTBench and JaConTeBe, 53 programs in Java: Fray's random search found 70% more bugs than Java PathFinder, and 77% more than the
  chaos mode of rr (Li and others, *Fray: An Efficient General-Purpose Concurrency Testing Platform for the JVM*,
  arXiv 2501.12618, 2025).

Program by program, the authors of SCTBench have published in their repository how Maple did, a tool that steers towards rare
interleavings; the table of `sctbench` has it beside ours. Their other figures, and Fray's, are in figures and logs of the papers
and not among the files of the repositories `mc-imperial/sctbench`, `cmu-pasta/fray` and `cmu-pasta/fray-benchmark`.

";

/// Writes the table of a suite, with a column of what others have `published` about how Maple did.
fn table(
    page: &mut String,
    suite: &[&'static Scenario],
    limits: &Limits,
    published: &[(&str, bool, u32)],
) -> anyhow::Result<()> {
    let (heading, rule) =
        if published.is_empty() { ("", "") } else { (" Maple, as published |", " --- |") };
    let names: Vec<_> = TOOLS.iter().map(|(name, _)| *name).collect();
    let _ = writeln!(page, "| program | goes wrong | {} | proof |{heading}", names.join(" | "));
    let _ = writeln!(page, "| --- | --- |{}{rule}", " --- |".repeat(TOOLS.len() + 1));
    let mut totals = vec![Total::default(); TOOLS.len()];
    for scenario in suite {
        let broken = scenario.variant("broken").context("each has a broken form")?;
        let fixed = scenario.variant("fixed").context("each has a fixed form")?;
        let mut cells = Vec::new();
        for (&(_, tool), total) in TOOLS.iter().zip(&mut totals) {
            cells.push(if tool.looks_for(broken) {
                look(scenario, broken, tool, limits, total)?
            } else {
                "–".into()
            });
        }
        let proof = check::check(scenario, fixed, Engine::Dpor, &Limits::default());
        let Verdict::Proved { executions } = proof.verdict else {
            anyhow::bail!("{}: {:?}", scenario.id, proof.verdict);
        };
        let maple = published.iter().find(|(id, ..)| *id == scenario.id);
        let maple = maple.map_or(String::new(), |&(_, found, runs)| {
            if found { format!(" {runs} |") } else { format!(" no, {runs} |") }
        });
        let (id, kind) = (scenario.id, kind(broken));
        let _ = writeln!(page, "| `{id}` | {kind} | {} | {executions} |{maple}", cells.join(" | "));
    }
    let sums: Vec<_> = totals
        .iter()
        .map(|total| {
            let Total { looked_at, found, executions, time } = total;
            format!("{found} of {looked_at}, {executions} executions, {:.1} s", time.as_secs_f64())
        })
        .collect();
    let maple = published.iter().filter(|(_, found, _)| *found).count();
    let maple = if published.is_empty() {
        String::new()
    } else {
        format!(" {maple} of {} |", published.len())
    };
    let _ = writeln!(page, "| all | | {} | |{maple}\n", sums.join(" | "));
    Ok(())
}

/// What goes wrong with it.
pub(crate) fn kind(broken: &Variant) -> String {
    match broken.claim.expect {
        Expect::Fails { kind, .. } => kind.to_string(),
        expect => expect.to_string(),
    }
}

/// What a cell says of a tool and a broken form.
fn look(
    scenario: &'static Scenario,
    broken: &'static Variant,
    tool: Tool,
    limits: &Limits,
    total: &mut Total,
) -> anyhow::Result<String> {
    let report = match tool {
        Tool::Engine(engine) if engine.is_native() => {
            let limits = Limits { executions: u64::MAX, ..*limits };
            check::check(scenario, broken, engine, &limits)
        }
        Tool::Engine(engine) => check::check(scenario, broken, engine, limits),
        Tool::Shuttle(sampler) => {
            let sample = Sample { sampler, seed: SEED };
            check::sample(scenario, broken, Engine::Shuttle, sample, limits)
        }
    };
    let compared = report.compare(broken);
    if matches!(tool, Tool::Engine(Engine::Dpor)) {
        compared.as_ref().map_err(|mismatch| anyhow::anyhow!("{}: {mismatch}", scenario.id))?;
    }
    total.looked_at += 1;
    total.time += report.elapsed;
    total.executions += report.verdict.executions().unwrap_or_default();
    Ok(match &report.verdict {
        Verdict::Failed(failure) if compared.is_ok() => {
            total.found += 1;
            failure.executions.to_string()
        }
        Verdict::Failed(failure) => format!("another: {}", failure.kind),
        Verdict::Passed { executions, .. } | Verdict::Proved { executions } => {
            format!("no, {executions}")
        }
        Verdict::Inconclusive { reason } | Verdict::NotApplicable { reason } => reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_is_looked_for_where_races_are() {
        let suite = find("goker").expect("a suite");
        let broken = |id| {
            let scenario = suite.iter().find(|scenario| scenario.id == id).expect("a kernel");
            scenario.variant("broken").expect("a broken form")
        };
        let tools = |id| TOOLS.iter().filter(|(_, tool)| tool.looks_for(broken(id))).count();
        let loom = usize::from(Engine::Loom.is_built());
        assert_eq!((tools("etcd-3077"), tools("etcd-5509")), (1 + loom, TOOLS.len()));
        assert_eq!(tools("etcd-6857"), TOOLS.len() - loom, "a select of it chooses");
    }

    #[test]
    fn what_was_published_is_about_programs_that_are_told() {
        let suite = find("sctbench").expect("a suite");
        assert_eq!(MAPLE.len(), suite.len());
        for (id, ..) in MAPLE {
            assert!(suite.iter().any(|scenario| scenario.id == *id), "{id}");
        }
    }
}
