//! The `raceproof-suites` program.

use anyhow::Context;
use clap::{Parser, Subcommand};
use raceproof_suite::{
    check,
    cli::{check as checking, exit},
};
use raceproof_suites::{compare, find, registry, samples};
use std::process::ExitCode;

/// Checks the benchmark suites of others, and compares how the tools do on them.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(checking::Args),
    Compare(compare::Args),
    Samples(samples::Args),
}

fn main() -> ExitCode {
    // Does not return in a process that was started to make one check.
    check::serve_child(&registry());
    match Cli::try_parse() {
        Ok(cli) => exit::of_result(run(cli.command)),
        Err(error) => exit::of_arguments(&error),
    }
}

fn run(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Check(args) => {
            let name = args.suite().unwrap_or("goker");
            let suite = find(name).with_context(|| format!("there is no suite `{name}`"))?;
            checking::run_among(&args, &suite)
        }
        Command::Compare(args) => compare::run(&args),
        Command::Samples(args) => samples::run(&args),
    }
}
