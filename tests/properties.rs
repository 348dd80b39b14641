//! Each primitive compared with a model of it: random operations, one after another, must give equal
//! answers.

mod sequential;

use proptest::test_runner::{Config, TestRunner};
use sequential::{SUBJECTS, Subject};
use std::process::ExitCode;

fn agrees_with_its_model(subject: Subject) -> Result<(), String> {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let result = runner.run(&subject.sequences(subject.operations), |(size, calls)| {
        let (mut ours, mut model) = ((subject.ours)(size), (subject.model)(size));
        for call in calls {
            proptest::prop_assert_eq!(ours(call), model(call), "{:?}", call);
        }
        Ok(())
    });
    result.map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    // For the manager's process.
    raceproof_suite::primitives::process::serve(&[]);
    let trials = SUBJECTS
        .iter()
        .map(|&subject| {
            libtest_mimic::Trial::test(subject.name, move || {
                agrees_with_its_model(subject).map_err(Into::into)
            })
        })
        .collect();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit_code()
}
