//! The book of races: writes a web site with a chapter for each scenario of the suite, on which the reader is the
//! scheduler.

mod chapter;
mod code;
mod encode;
mod gather;
mod html;
mod lookup;
mod output;
mod primitives;
mod site;

use clap::Parser;
use raceproof_suite::{check, cli::args};
use std::{path::PathBuf, process::ExitCode, time::Instant};

/// Writes the book of races, a web site of plain files: each scenario of the suite is a chapter, and its reader the
/// scheduler
#[derive(Debug, Parser)]
#[command(name = "raceproof book", version)]
struct Args {
    /// Where it is written
    #[arg(long, value_name = "DIR", default_value = "target/book")]
    out: PathBuf,
    /// Opens it in a browser once it is there
    #[arg(long)]
    open: bool,
}

fn main() -> ExitCode {
    // Does not return in a process that was started to make one check.
    check::serve_child(&args::registry());
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    let begun = Instant::now();
    output::claim(&args.out)?;
    let chapters = gather::chapters();
    site::write(&args.out, &chapters)?;
    let summary = gather::Summary::of(&chapters);
    let (files, bytes) = output::size(&args.out)?;
    println!(
        "{}: {files} files, {:.1} MB, {:.0} s\n{summary}",
        args.out.display(),
        bytes as f64 / 1e6,
        begun.elapsed().as_secs_f64(),
    );
    if args.open {
        output::open(&args.out.join("index.html"))?;
    }
    Ok(())
}
