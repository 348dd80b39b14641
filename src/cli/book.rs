//! `raceproof book`: has the book of races written, by a program of its own.

use super::{beside, exit};
use anyhow::Context;
use std::path::PathBuf;

/// Writes the book of races, a web site on which the reader is the scheduler
///
/// The book is written by another program, `raceproof-book`, so that what it needs is built only for it. It is
/// started if it stands beside this program, and otherwise built and started by cargo.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where it is written
    #[arg(long, value_name = "DIR", default_value = "target/book")]
    out: PathBuf,
    /// Opens it in a browser once it is there
    #[arg(long)]
    open: bool,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// The other program can neither be found nor built, or says that something went wrong.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let mut command = beside::program("raceproof-book")?;
    command.arg("--out").arg(&args.out);
    if args.open {
        command.arg("--open");
    }
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    match status.success() {
        true => Ok(exit::AS_EXPECTED),
        // It has said why.
        false => Ok(exit::BAD_USAGE),
    }
}
