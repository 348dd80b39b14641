//! The exit codes, and the way from an error to one of them.

use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Everything came out as expected.
pub const AS_EXPECTED: u8 = 0;
/// Something came out that is not as expected.
pub const NOT_AS_EXPECTED: u8 = 1;
/// The arguments make no sense, or a file cannot be read or written.
pub const BAD_USAGE: u8 = 2;
/// Ended before all was done: by Ctrl-C, or because nobody reads the results any more.
pub const INTERRUPTED: u8 = 130;

/// The exit codes, as `--help` lists them.
pub const HELP: &str = "\
Exit codes:
    0  everything came out as expected
    1  something came out that is not as expected
    2  bad arguments, or a file that cannot be read or written
  130  ended before all was done: by Ctrl-C, or because nobody reads the results any more";

/// Says on standard error what is wrong with the arguments, or on standard output what help was
/// asked for.
#[must_use]
pub fn of_arguments(error: &clap::Error) -> ExitCode {
    // Where that cannot be written, there is nobody to tell.
    let _ = error.print();
    u8::try_from(error.exit_code()).unwrap_or(BAD_USAGE).into()
}

/// The exit code of a finished command; says on standard error what went wrong, in one line.
#[must_use]
pub fn of_result(result: anyhow::Result<u8>) -> ExitCode {
    let code = match result {
        Ok(code) => code,
        // Whoever read this wants no more of it.
        Err(error) if is_closed_pipe(&error) => AS_EXPECTED,
        Err(error) => {
            let _ = writeln!(io::stderr(), "raceproof: {error:#}");
            BAD_USAGE
        }
    };
    code.into()
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.downcast_ref().is_some_and(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_code() {
        for code in [AS_EXPECTED, NOT_AS_EXPECTED, BAD_USAGE, INTERRUPTED] {
            let listed = HELP.lines().any(|line| line.trim().starts_with(&format!("{code}  ")));
            assert!(listed, "{code}");
        }
    }
}
