//! What happens once: what it comes to, and in how many executions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{LazyLock, Once, OnceLock};
use raceproof::{Explorer, FailureKind, cell, outcome, thread};

use super::{executions, fails_with, holds};

/// Runs `body` in so many threads, which share something.
fn share<T: Send + Sync + 'static>(shared: T, threads: usize, body: fn(&T)) -> Arc<T> {
    let shared = Arc::new(shared);
    let spawn = |_| {
        let theirs = Arc::clone(&shared);
        thread::spawn(move || body(&theirs))
    };
    let threads: Vec<_> = (0..threads).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    shared
}

#[test]
fn looks_at_what_has_happened_only_read() {
    let set = || OnceLock::from(5);
    assert_eq!(executions(|| _ = share(set(), 4, |cell| assert_eq!(cell.get(), Some(&5)))), 1);
    let late = |cell: &OnceLock<i32>| assert_eq!(*cell.get_or_init(|| 6), 5);
    assert_eq!(executions(move || _ = share(set(), 4, late)), 1);
    assert_eq!(executions(|| _ = share(OnceLock::<u8>::new(), 4, |cell| _ = cell.get())), 1);
    let forced = || {
        let lazy = LazyLock::new(|| 5);
        assert_eq!(*lazy, 5);
        share(lazy, 4, |lazy| assert_eq!(**lazy, 5));
    };
    assert_eq!(executions(forced), 1);
}

/// The first of `n` calls may be any of them. The others come too late and only look.
#[test]
fn one_execution_for_each_first_call() {
    for threads in 1..=4 {
        let model = move || _ = share(Once::new(), threads, |once| once.call_once(|| {}));
        assert_eq!(executions(model), threads as u64);
    }
}

#[test]
fn a_look_comes_before_the_end_or_after_it() {
    let model = || {
        let once = Arc::new(Once::new());
        let theirs = Arc::clone(&once);
        let other = thread::spawn(move || theirs.call_once(|| {}));
        outcome(once.is_completed());
        other.join().unwrap();
    };
    assert_eq!(executions(model), 2);
    assert!(holds(model).iter().eq(["false", "true"]));
}

#[test]
fn a_wait_ends_after_the_closure_and_what_it_wrote_is_seen() {
    let model = || {
        let shared = Arc::new((OnceLock::new(), cell::UnsafeCell::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.1.with_mut(|_| ());
            theirs.0.set(7).unwrap();
        });
        assert_eq!(*shared.0.wait(), 7);
        shared.1.with(|_| ());
        other.join().unwrap();
    };
    assert_eq!(executions(model), 1);
}

#[test]
fn a_wait_for_what_never_happens_is_a_deadlock() {
    fails_with(FailureKind::Deadlock, "`main` waits for once at once.rs", || {
        OnceLock::<u8>::new().wait();
    });
    fails_with(FailureKind::Deadlock, "waits for once", || {
        let once = Once::new();
        let panicked = catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("in once"))));
        assert!(panicked.is_err());
        once.wait_force();
    });
}

/// "If this Once has been poisoned because an initialization closure has panicked, calling this method
/// will also panic."
#[test]
fn a_wait_for_what_is_poisoned_panics() {
    let model = || {
        let once = Arc::new(Once::new());
        let theirs = Arc::clone(&once);
        let other = thread::spawn(move || theirs.call_once(|| panic!("in once")));
        let theirs = Arc::clone(&once);
        let third = thread::spawn(move || theirs.call_once_force(|_| {}));
        outcome(catch_unwind(AssertUnwindSafe(|| once.wait())).is_ok());
        _ = other.join();
        third.join().unwrap();
    };
    assert!(holds(model).iter().eq(["false", "true"]));
}

#[test]
fn a_call_inside_of_its_own_closure_is_a_deadlock() {
    fails_with(FailureKind::Deadlock, "which it holds itself", || {
        let once = Once::new();
        once.call_once(|| once.call_once(|| {}));
    });
}

#[test]
fn a_call_after_a_panic_panics_unless_it_is_forced() {
    let model = || {
        let once = Arc::new(Once::new());
        let theirs = Arc::clone(&once);
        let other = thread::spawn(move || theirs.call_once(|| panic!("in once")));
        let mine = catch_unwind(AssertUnwindSafe(|| once.call_once(|| {}))).is_ok();
        let theirs = other.join().is_ok();
        // Who comes second finds the first's end.
        assert!(!mine || theirs, "{mine} {theirs}");
        let mut again = false;
        once.call_once_force(|state| again = state.is_poisoned());
        outcome(format!("{mine} {again}"));
    };
    assert!(holds(model).iter().eq(["false true", "true false"]));
}

#[test]
fn a_lazy_value_whose_closure_panicked_is_poisoned() {
    fails_with(FailureKind::Assertion, "LazyLock instance has previously been poisoned", || {
        let lazy: LazyLock<u8> = LazyLock::new(|| panic!("in lazy"));
        let first = catch_unwind(AssertUnwindSafe(|| *lazy));
        assert!(first.is_err());
        let _ = *lazy;
    });
}

/// What closures make is what std's make.
#[test]
fn the_rest_of_std_s_interface() {
    holds(|| {
        let mut cell = OnceLock::from(3);
        assert_eq!(cell.clone(), cell);
        assert!(cell != OnceLock::new());
        assert_eq!(OnceLock::<u8>::new().clone(), OnceLock::default());
        *cell.get_mut().unwrap() += 1;
        assert_eq!((cell.wait(), cell.set(9)), (&4, Err(9)));
        assert_eq!((cell.take(), cell.into_inner()), (Some(4), None));
        let mut lazy = LazyLock::<Vec<u8>>::default();
        assert_eq!(LazyLock::get(&lazy), None);
        assert_eq!(LazyLock::get_mut(&mut lazy), None);
        lazy.push(1);
        LazyLock::force_mut(&mut lazy).push(2);
        assert_eq!(LazyLock::get(&lazy), Some(&vec![1, 2]));
        assert_eq!(LazyLock::force(&lazy), &[1, 2]);
    });
}

#[test]
fn a_loop_that_polls_goes_on_when_it_has_happened() {
    let model = || {
        let cell = Arc::new(OnceLock::new());
        let theirs = Arc::clone(&cell);
        let other = thread::spawn(move || _ = theirs.set(1));
        while cell.get().is_none() {
            thread::yield_now();
        }
        other.join().unwrap();
    };
    holds(model);
}

#[test]
fn a_failure_is_told_in_words_and_run_again() {
    let model = || {
        let made = Arc::new(AtomicUsize::new(0));
        let cell = Arc::new(OnceLock::new());
        let (their_made, theirs) = (Arc::clone(&made), Arc::clone(&cell));
        let make = |made: &AtomicUsize| made.fetch_add(1, SeqCst);
        let other = thread::spawn(move || _ = theirs.get_or_init(|| make(&their_made)));
        assert!(cell.get().is_none(), "it is set");
        other.join().unwrap();
    };
    let failure = Explorer::new().expect_failure("it is set", model);
    let text = failure.to_string();
    assert!(text.contains("calls once at once.rs"), "{text}");
    assert!(text.contains("completes once at once.rs"), "{text}");
    assert!(text.contains("asks for the end of once at once.rs"), "{text}");
}
