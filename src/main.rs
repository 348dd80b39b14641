//! The `raceproof` program.

use clap::Parser;
use raceproof::{
    check,
    cli::{Cli, exit},
    scenarios,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Does not return in a process that was started to make one check.
    check::serve_child(scenarios::ALL);
    match Cli::try_parse() {
        Ok(cli) => exit::of_result(cli.run()),
        Err(error) => exit::of_arguments(&error),
    }
}
