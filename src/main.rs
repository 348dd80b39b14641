//! The `raceproof` program.

use clap::Parser;
use raceproof_suite::{
    check,
    cli::{Cli, args, exit},
};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Does not return in a process that was started to make one check.
    check::serve_child(&args::registry());
    match Cli::try_parse() {
        Ok(cli) => exit::of_result(cli.run()),
        Err(error) => exit::of_arguments(&error),
    }
}
