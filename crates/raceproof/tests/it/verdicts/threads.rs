//! Joins, scopes, and threads that do not do what they did before.

use std::sync::Arc;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, Outcome, thread};

use super::{fails, holds};

#[test]
fn a_sibling_joins_a_scoped_thread() {
    holds(|| {
        let a = AtomicUsize::new(0);
        thread::scope(|scope| {
            let first = scope.spawn(|| a.load(SeqCst));
            scope.spawn(|| first.join().unwrap());
            a.load(SeqCst);
        });
    });
}

/// What is asleep may be all that is left if a thread does something else than before.
#[test]
fn a_search_that_its_sleep_sets_cut_is_no_proof() {
    let runs = std::cell::Cell::new(0);
    let result = Explorer::new().check(|| {
        runs.set(runs.get() + 1);
        let first = runs.get() == 1;
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || if first { &theirs.0 } else { &theirs.1 }.store(1, SeqCst));
        shared.0.store(2, SeqCst);
    });
    assert!(!matches!(result.outcome, Outcome::Proved), "{result:?}");
}

#[test]
fn a_deadlock_beside_a_thread_that_ended_before_it_was_asked_for() {
    let model = || {
        let (first, ended) = (thread::spawn(|| ()), thread::spawn(|| ()));
        first.join().unwrap();
        AtomicUsize::new(0).load(SeqCst);
        if ended.is_finished() {
            thread::park();
        }
    };
    let failure = fails(model);
    assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
    let Outcome::Failed(again) = Explorer::replay(&failure.schedule, model).outcome else {
        panic!("the schedule fails again")
    };
    assert_eq!((again.kind, again.message), (failure.kind, failure.message));
}

#[test]
fn a_thread_local_whose_destructor_looks_at_its_own_key() {
    holds(|| {
        let other = thread::spawn(|| OWN.with(|_| ()));
        other.join().unwrap();
    });
}

raceproof::thread_local! {
    static OWN: LooksAtItself = const { LooksAtItself };
}

struct LooksAtItself;

impl Drop for LooksAtItself {
    fn drop(&mut self) {
        let _ = OWN.try_with(|_| ());
    }
}
