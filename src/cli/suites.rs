//! `raceproof check --suite`: has a benchmark suite of others checked, by a program of its own.

use super::beside;
use anyhow::Context;
use std::env;

/// Has `raceproof-suites` do what the arguments of this program say; the result is its exit code.
///
/// # Errors
///
/// It can neither be found nor built, or is killed.
pub(super) fn check() -> anyhow::Result<u8> {
    let mut command = beside::program("raceproof-suites")?;
    let mut arguments = env::args_os().skip(1).peekable();
    // The command may be left out.
    if arguments.peek().is_none_or(|first| first != "check") {
        command.arg("check");
    }
    command.args(arguments);
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.with_context(|| format!("{name}: {status}"))
}
