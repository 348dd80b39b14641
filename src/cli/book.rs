//! `raceproof book`: has the book of races written, by a program of its own.

use super::exit;
use anyhow::{Context, bail};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

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
    let mut command = program()?;
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

/// The program that writes the book, or cargo, which makes it.
fn program() -> anyhow::Result<Command> {
    let file = format!("raceproof-book{}", env::consts::EXE_SUFFIX);
    let beside = env::current_exe().ok().map(|own| own.with_file_name(file));
    if let Some(beside) = beside.filter(|beside| beside.is_file()) {
        return Ok(Command::new(beside));
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    if !manifest.is_file() {
        bail!("there is no `raceproof-book` beside this program, and no source to build it from");
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["run", "--release", "--quiet", "--package", "raceproof-book", "--manifest-path"]);
    cargo.arg(manifest).arg("--");
    Ok(cargo)
}
