//! Panics: which is told, and where.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, Operation, Outcome, choose, outcome, thread};

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

#[test]
fn the_panic_that_ended_the_thread_is_told() {
    fails_with(FailureKind::Assertion, "the real failure", || {
        let _ = catch_unwind(|| panic!("harmless"));
        resume_unwind(Box::new("the real failure"));
    });
}

#[test]
fn a_panic_caught_in_a_destructor_is_not_told() {
    struct Careful;
    impl Drop for Careful {
        fn drop(&mut self) {
            let _ = catch_unwind(|| panic!("harmless"));
        }
    }
    fails_with(FailureKind::Assertion, "the real failure", || {
        let _careful = Careful;
        panic!("the real failure");
    });
}

#[test]
fn another_thread_s_expected_panic_is_not_told() {
    struct Step(Arc<AtomicUsize>);
    impl Drop for Step {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let result = Explorer::new().keep_going().check(|| {
        let a = Arc::new(AtomicUsize::new(0));
        let step = Step(Arc::clone(&a));
        thread::spawn(move || {
            let _step = step;
            panic!("the real failure");
        });
        let step = Step(a);
        let expected = thread::spawn(move || {
            let _step = step;
            panic!("expected");
        });
        assert!(expected.join().is_err());
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("a thread panics") };
    assert!(failure.message.contains("the real failure"), "{failure}");
}
