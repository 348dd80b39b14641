//! `cargo raceproof loom` runs a crate's loom tests on raceproof. It changes no file of the crate:
//! see [`mirror`] for how.

#[cfg(unix)]
mod args;
#[cfg(unix)]
mod cargo;
#[cfg(unix)]
mod facade;
#[cfg(unix)]
mod lock;
#[cfg(unix)]
mod mirror;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod row;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod table;

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    run::main()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("cargo raceproof: this needs symbolic links and process groups, as Unix has them");
    ExitCode::from(2)
}
