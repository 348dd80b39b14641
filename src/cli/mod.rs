//! The `raceproof` program: its arguments, one file for each command.

pub mod args;
mod beside;
pub mod book;
pub mod check;
pub mod excerpt;
pub mod exit;
pub mod list;
pub mod merge;
pub mod programs;
pub mod replay;
pub mod run;
pub mod show;
pub mod split;
pub mod stress;
pub mod suggest;
mod suites;
pub mod sweep;
mod unit;

use crate::report::words;
use clap::{Parser, Subcommand};

/// Finds the race in a concurrent program, or proves that it has none.
///
/// Each scenario is a small program in broken and fixed variants. Every variant is checked on every
/// engine of this build, and what is found is compared with what must be found. Without a command,
/// `check` is what is done. A contract is a small program that a primitive must pass; `--contracts` has
/// these checked or listed in place of the scenarios.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_help = exit::HELP,
    after_long_help = format!("{}\n\n{}", exit::HELP, words::help())
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: check::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    List(list::Args),
    Show(show::Args),
    Replay(replay::Args),
    Run(run::Args),
    Stress(stress::Args),
    Sweep(sweep::Args),
    Book(book::Args),
    Split(split::Args),
    Merge(merge::Args),
}

impl Cli {
    /// Does what the arguments say; the result is the exit code.
    ///
    /// # Errors
    ///
    /// The arguments name something that is not there, or a file cannot be read or written.
    pub fn run(self) -> anyhow::Result<u8> {
        match self.command.unwrap_or(Command::Check(self.check)) {
            Command::Check(args) => check::run(&args),
            Command::List(args) => list::run(&args),
            Command::Show(args) => show::run(&args),
            Command::Replay(args) => replay::run(&args),
            Command::Run(args) => run::run(&args),
            Command::Stress(args) => stress::run(&args),
            Command::Sweep(args) => sweep::run(&args),
            Command::Book(args) => book::run(&args),
            Command::Split(args) => split::run(&args),
            Command::Merge(args) => merge::run(&args),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
