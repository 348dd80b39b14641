//! Each primitive compared with a model of it: random operations, one after another, must give equal
//! answers.

use super::{
    sequential::{SUBJECTS, Subject},
    trial,
};
use libtest_mimic::Trial;
use proptest::test_runner::{Config, TestRunner};

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

pub(crate) fn trials() -> Vec<Trial> {
    let of = |&subject: &Subject| {
        trial("properties", subject.name, move || agrees_with_its_model(subject))
    };
    SUBJECTS.iter().map(of).collect()
}
