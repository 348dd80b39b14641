//! Tests that are data: one trial for each mistake, program, primitive or process.

mod broken;
mod catalogue;
mod checking;
mod cpython;
mod linearizable;
mod peers;
mod processes;
mod properties;
mod sequential;
mod sizes;

use libtest_mimic::{Arguments, Failed, Trial, run};
use raceproof_suite::{check, primitives::process};
use std::process::ExitCode;

/// Names the test of one subject.
fn trial<E: Into<Failed>>(
    group: &str,
    name: impl std::fmt::Display,
    test: impl FnOnce() -> Result<(), E> + Send + 'static,
) -> Trial {
    Trial::test(format!("{group}/{name}"), || test().map_err(Into::into))
}

fn main() -> ExitCode {
    // These do not return in a process that was started to run one task or to make one check. A process
    // that a check has started inherits the check's request, so tasks come first.
    process::serve(&[processes::entries(), check::tasks()].concat());
    check::serve_child(
        &[broken::scenarios(), catalogue::scenarios(), checking::scenarios(), peers::scenarios()]
            .concat(),
    );
    let arguments = Arguments::from_args();
    let side_by_side = [
        broken::trials(),
        catalogue::trials(),
        cpython::trials(),
        peers::trials(),
        properties::trials(),
        sizes::trials(),
    ];
    let conclusion = run(&arguments, side_by_side.into_iter().flatten().collect());
    // What is printed last is what a person sees, so a failure ends it.
    if conclusion.has_failed() {
        return conclusion.exit_code();
    }
    // These replace the process's panic hook, or count or kill its children, or measure time.
    let alone = [checking::trials(), linearizable::trials(), processes::trials()];
    let arguments = Arguments { test_threads: Some(1), ..arguments };
    run(&arguments, alone.into_iter().flatten().collect()).exit_code()
}
