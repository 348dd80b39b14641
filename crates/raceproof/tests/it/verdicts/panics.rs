//! Panics: which is told, and where.

use std::panic::{AssertUnwindSafe, catch_unwind};

use raceproof::{FailureKind, Operation, choose, outcome, thread};

use super::{fails, fails_with, holds};

#[test]
fn a_choice_inside_of_a_caught_panic_is_explored() {
    let found = holds(|| {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            if choose(2) == 1 {
                panic!("one");
            }
        }));
        outcome(caught.is_err());
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_panic_is_told_where_it_happens() {
    let failure = fails(|| {
        thread::spawn(|| panic!("here")).join().unwrap();
    });
    let line = |text: &str| text.rsplit(':').next().and_then(|line| line.parse::<u32>().ok());
    let told = failure.location.as_deref().and_then(line);
    let step = failure.trace.steps.iter().find(|step| step.operation == Operation::Panic);
    let step = step.map(|step| step.line);
    assert_eq!(step, told, "{failure}");
}

#[test]
fn a_join_that_is_unwrapped_passes_the_panic_on() {
    fails_with(FailureKind::Assertion, "the real failure", || {
        thread::spawn(|| panic!("the real failure")).join().unwrap();
    });
}
