//! The scenarios that are programs of their own: `raceproof run` has a pool of processes do their work in full size.

use super::exit;
use crate::{
    backend::{Chosen, Engine},
    primitives::process::{Work, Workers, cpu_count},
    report::{
        sink::Sink,
        style::{BAD, GOOD, HEAD, paint},
        text::{duration, thousands},
    },
    scenarios::{
        parallel_copy::CopyFile,
        primes::{NUMBERS, Test},
    },
};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

/// What the programs need to know
#[derive(Debug, clap::Args)]
#[group(id = "program")]
pub struct Args {
    /// Has N processes do the work of `primes` or `parallel-copy` in full size [default: one for each
    /// processor]
    #[arg(long, value_name = "N", num_args = 0..=1, value_parser = clap::value_parser!(u16).range(1..))]
    processes: Option<Option<u16>>,
    /// The folder that `parallel-copy` copies
    #[arg(long, value_name = "DIR", requires = "to")]
    from: Option<PathBuf>,
    /// The folder that it makes for the copies
    #[arg(long, value_name = "DIR", requires = "from")]
    to: Option<PathBuf>,
}

impl Args {
    /// Runs the program that the arguments ask for, if they do; the result is the exit code.
    pub(super) fn run(&self, id: &str, engine: Engine) -> anyhow::Result<Option<u8>> {
        let program = match (id, &self.from, &self.to) {
            _ if self.processes.is_none() && self.from.is_none() => return Ok(None),
            ("primes", None, _) => Program::Primes,
            ("parallel-copy", Some(from), Some(to)) => Program::Copy(copies(from, to)?),
            ("parallel-copy", ..) => bail!("parallel-copy copies files: name `--from` and `--to`"),
            (_, Some(_), _) => bail!("only parallel-copy has a use for `--from` and `--to`"),
            _ => bail!("only primes and parallel-copy have a use for `--processes`"),
        };
        Chosen::run_on(engine, || program.run(self.processes.flatten())).map(Some)
    }
}

enum Program {
    Primes,
    Copy(Vec<CopyFile>),
}

impl Program {
    fn run(self, processes: Option<u16>) -> anyhow::Result<u8> {
        let mut out = Sink::stdout();
        match self {
            Self::Primes => {
                let tests = NUMBERS.iter().copied().map(Test).collect();
                done(tests, processes, &mut out, |out, index, is_prime| {
                    let it = if is_prime { paint(GOOD, "is prime") } else { paint(HEAD, "is not") };
                    writeln!(out, "{} {it}", NUMBERS[index])?;
                    Ok(true)
                })
            }
            Self::Copy(files) => {
                let (mut number, mut bytes) = (0, 0);
                let code = done(files, processes, &mut out, |out, _, copied| {
                    match &copied {
                        Ok(more) => (number, bytes) = (number + 1, bytes + more),
                        Err(why) => writeln!(out, "{}", paint(BAD, why))?,
                    }
                    Ok(copied.is_ok())
                })?;
                writeln!(out, "{} files, {} bytes", thousands(number), thousands(bytes))?;
                out.flush()?;
                Ok(code)
            }
        }
    }
}

/// Has processes do the work, and shows each result in the order of the work; `show` says whether it is a good one.
fn done<W: Work>(
    works: Vec<W>,
    processes: Option<u16>,
    out: &mut impl Write,
    mut show: impl FnMut(&mut dyn Write, usize, W::Output) -> anyhow::Result<bool>,
) -> anyhow::Result<u8> {
    let bar = bar(works.len());
    let number = processes.map_or_else(cpu_count, usize::from);
    let (pool, start) = (Workers::<Chosen, W>::new(number).pool()?, Instant::now());
    let results = pool.imap(works).ok().context("the pool is closed")?;
    let mut all_well = true;
    for (index, result) in results.enumerate() {
        match result {
            Ok(result) => all_well &= bar.suspend(|| show(out, index, result))?,
            Err(error) => {
                all_well = false;
                bar.suspend(|| writeln!(out, "{}", paint(BAD, error)))?;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let time = duration(start.elapsed());
    writeln!(out, "Done in {time} by at most {number} processes.")?;
    out.flush()?;
    Ok(if all_well { exit::AS_EXPECTED } else { exit::NOT_AS_EXPECTED })
}

fn bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} · {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The files of the folder `from` and the folders in it, each with its place in `to`, where the folders are made.
fn copies(from: &Path, to: &Path) -> anyhow::Result<Vec<CopyFile>> {
    let mut copies = Vec::new();
    // All is listed before anything is made, as `to` may lie in `from`.
    let mut folders = vec![(from.to_owned(), to.to_owned())];
    let mut next = 0;
    while let Some((from, to)) = folders.get(next).cloned() {
        next += 1;
        let told = || format!("cannot read the folder {}", from.display());
        for entry in fs::read_dir(&from).with_context(told)? {
            let entry = entry.with_context(told)?;
            let (path, copy) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type().with_context(told)?.is_dir() {
                folders.push((path, copy));
            } else if path.is_file() {
                copies.push(CopyFile { from: path, to: copy });
            }
        }
    }
    for (_, to) in folders {
        fs::create_dir_all(&to)
            .with_context(|| format!("cannot make the folder {}", to.display()))?;
    }
    Ok(copies)
}
