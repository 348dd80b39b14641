//! Models on several OS threads at once, and a model in the wrong place.

use std::panic::catch_unwind;
use std::thread as os;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{Explorer, Outcome, Schedule, Trace, choose, thread};

/// Fails in one of its executions, in a way that tells whose it is.
fn lost_update(whose: usize) -> impl Fn() {
    move || {
        let count = Arc::new(AtomicUsize::named(format!("count {whose}"), whose));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        choose(whose + 1);
        count.store(count.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), whose + 2, "lost by {whose}");
    }
}

/// All that a search says but for its time.
fn told(whose: usize) -> (u64, u64, String, Trace, Schedule) {
    let found = Explorer::new().minimise().check(lost_update(whose));
    let Outcome::Failed(failure) = found.outcome else { panic!("it fails") };
    (found.executions, found.steps, failure.summary(), failure.trace, failure.schedule)
}

#[test]
fn eight_models_at_once_find_what_each_finds_alone() {
    let alone: Vec<_> = (0..8).map(told).collect();
    let threads: Vec<_> = (0..8)
        .map(|whose| os::spawn(move || (0..5).map(|_| told(whose)).collect::<Vec<_>>()))
        .collect();
    for (whose, thread) in threads.into_iter().enumerate() {
        for told in thread.join().unwrap() {
            assert_eq!(told, alone[whose]);
            assert!(told.2.starts_with(&format!("assertion: lost by {whose} (")), "{}", told.2);
        }
    }
}

#[test]
fn a_panic_elsewhere_is_not_the_models() {
    let elsewhere = os::spawn(|| {
        for _ in 0..100 {
            assert!(catch_unwind(|| panic!("elsewhere")).is_err());
        }
    });
    for _ in 0..20 {
        Explorer::new().expect_failure("lost by 1", lost_update(1));
    }
    elsewhere.join().unwrap();
}

#[test]
fn a_model_inside_a_model_is_refused_at_its_line() {
    let failure = Explorer::new().expect_failure("misuse: a model inside a model", || {
        raceproof::model(|| ());
    });
    let place = failure.location.expect("a place");
    assert_eq!((place.file.as_str(), place.line), (file!(), line!() - 3));
    // The one around it is over, and another can follow.
    Explorer::new().regressions(false).model(|| drop(Mutex::new(0).lock()));
}

#[test]
fn a_bounded_pass_is_no_proof_unless_it_is_enough() {
    let explorer = Explorer::new().regressions(false).max_executions(1);
    let model = || assert!(choose(3) < 3);
    let refused = catch_unwind(|| explorer.model(model)).unwrap_err();
    let said = refused.downcast::<String>().unwrap();
    assert!(said.starts_with("not proved: the search was bounded (1 execution)"), "{said}");
    explorer.clone().allow_bounded().model(model);
}

#[test]
fn an_expected_failure_must_come_and_be_the_expected_one() {
    let said = |text: &'static str, model: fn()| {
        let refused = catch_unwind(|| Explorer::new().expect_failure(text, model)).unwrap_err();
        *refused.downcast::<String>().unwrap()
    };
    let none = said("lost", || assert!(choose(3) < 3));
    assert_eq!(none, "a failure with `lost` was expected, and none of 3 executions fails");
    let other = said("lost", || panic!("found"));
    assert!(
        other.starts_with("a failure with `lost` was expected, and this is another"),
        "{other}"
    );
    assert!(other.contains("assertion: found, at "), "{other}");
}
