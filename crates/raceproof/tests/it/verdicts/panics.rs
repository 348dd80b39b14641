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
    let step = failure.trace.steps.iter().find(|step| step.operation == Operation::Panic);
    let step = step.and_then(|step| step.place.as_ref());
    assert!(step.is_some(), "{failure}");
    assert_eq!(step, failure.location.as_ref(), "{failure}");
}

#[test]
fn a_join_that_is_unwrapped_passes_the_panic_on() {
    fails_with(FailureKind::Assertion, "the real failure", || {
        thread::spawn(|| panic!("the real failure")).join().unwrap();
    });
}
