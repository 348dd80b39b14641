//! The `raceproof` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    raceproof::check::serve_child(raceproof::scenarios::ALL);
    ExitCode::SUCCESS
}
