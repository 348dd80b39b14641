//! Daemons: stopped in every place they may be in, and waited for by nobody.

use std::sync::Arc;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex};
use raceproof::{Exploration, Explorer, Failure, FailureKind, Outcome, choose, outcome, thread};

fn start(body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().named("daemon").daemon().spawn(body).unwrap()
}

fn daemon(body: impl FnOnce() + Send + 'static) {
    drop(start(body));
}

fn check(model: impl Fn()) -> Exploration {
    let found = Explorer::new().check(model);
    assert_eq!(found.redundant, 0);
    found
}

#[track_caller]
fn fails(model: impl Fn()) -> Failure {
    match check(model).outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

fn waits_for_ever() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::named("never notified"));
    let _unused = condvar.wait(mutex.lock().unwrap());
}

#[test]
fn a_blocked_daemon_is_no_deadlock() {
    let found = check(|| daemon(waits_for_ever));
    assert!(matches!(found.outcome, Outcome::Proved));
}

#[test]
fn a_daemon_is_stopped_in_every_place() {
    for steps in 0..5 {
        let found = check(|| {
            let count = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&count);
            daemon(move || (0..steps).for_each(|_| _ = theirs.fetch_add(1, SeqCst)));
            thread::stop_daemons();
            outcome(count.load(SeqCst));
        });
        assert!(matches!(found.outcome, Outcome::Proved));
        assert_eq!(found.executions, steps + 1);
        let outcomes: Vec<_> = (0..=steps).map(|count| count.to_string()).collect();
        assert_eq!(found.outcomes.into_keys().collect::<Vec<_>>(), outcomes);
    }
}

/// Objects that an execution does not come to make are no part of it.
#[test]
fn a_daemon_may_be_stopped_before_it_makes_its_objects() {
    let found = check(|| {
        let begun = AtomicUsize::new(0);
        daemon(move || {
            begun.store(1, SeqCst);
            let own = Mutex::new(0);
            *own.lock().unwrap() += 1;
        });
    });
    assert!(matches!(found.outcome, Outcome::Proved));
    assert_eq!(found.executions, 1 + 3);
}

#[test]
fn two_daemons_are_stopped_in_every_pair_of_places() {
    let found = check(|| {
        for _ in 0..2 {
            let own = AtomicUsize::new(0);
            daemon(move || (0..3).for_each(|_| _ = own.fetch_add(1, SeqCst)));
        }
    });
    assert_eq!(found.executions, 4 * 4);
}

#[test]
fn a_choice_may_still_be_open_when_a_daemon_is_stopped() {
    let found = check(|| daemon(|| _ = choose(3)));
    assert_eq!(found.executions, 1 + 3);
}

#[test]
fn work_is_lost_when_a_daemon_is_stopped() {
    let failure = fails(|| {
        let saved = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&saved);
        daemon(move || theirs.store(1, SeqCst));
        thread::stop_daemons();
        assert_eq!(saved.load(SeqCst), 1, "work lost");
    });
    assert_eq!(failure.kind, FailureKind::Assertion);
    assert!(failure.message.contains("work lost"), "{failure}");
    assert!(failure.to_string().contains("stops the daemons"), "{failure}");
}

#[test]
fn what_a_daemon_holds_stays_held() {
    let failure = fails(|| {
        let ledger = Arc::new(Mutex::named("ledger", 0));
        let theirs = Arc::clone(&ledger);
        daemon(move || *theirs.lock().unwrap() += 1);
        thread::stop_daemons();
        drop(ledger.lock());
    });
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert_eq!(failure.message, "`main` waits for ledger, held by `daemon`");
}

/// A stopped daemon that spins waits for nothing any more: the main thread is blocked, not spinning.
#[test]
fn a_stopped_daemon_spins_no_more() {
    let failure = fails(|| {
        let (ledger, flag) = (Arc::new(Mutex::named("ledger", 0)), AtomicUsize::new(0));
        let theirs = Arc::clone(&ledger);
        daemon(move || {
            let _held = theirs.lock();
            while flag.load(SeqCst) == 0 {
                thread::yield_now();
            }
        });
        thread::stop_daemons();
        drop(ledger.lock());
    });
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert_eq!(failure.message, "`main` waits for ledger, held by `daemon`");
}

#[test]
fn all_others_end_before_daemons_are_stopped() {
    let found = check(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let (workers, daemons) = (Arc::clone(&count), Arc::clone(&count));
        daemon(move || _ = daemons.fetch_add(10, SeqCst));
        drop(thread::spawn(move || workers.fetch_add(1, SeqCst)));
        thread::stop_daemons();
        outcome(count.load(SeqCst));
    });
    assert_eq!(found.outcomes.into_keys().collect::<Vec<_>>(), ["1", "11"]);
}

#[test]
fn a_thread_that_somebody_waits_for_still_deadlocks() {
    let failure = fails(|| {
        daemon(waits_for_ever);
        drop(thread::Builder::new().named("worker").spawn(waits_for_ever).unwrap());
    });
    assert_eq!(failure.kind, FailureKind::Deadlock);
    let expected = "`main` waits for the end of every thread but the daemons; \
                    `daemon` waits for never notified; `worker` waits for never notified #2";
    assert_eq!(failure.message, expected);
}

#[test]
fn a_stopped_daemon_cannot_be_joined() {
    let failure = fails(|| {
        let daemon = start(waits_for_ever);
        thread::stop_daemons();
        drop(daemon.join());
    });
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert_eq!(failure.message, "`main` waits for the end of `daemon`");
}

#[test]
fn the_children_of_daemons_are_daemons() {
    let found = check(|| daemon(|| drop(thread::spawn(waits_for_ever))));
    assert!(matches!(found.outcome, Outcome::Proved));
}

#[test]
fn a_panic_in_a_daemon_fails_the_execution() {
    let failure = fails(|| {
        daemon(|| panic!("the daemon fell over"));
    });
    assert_eq!(failure.kind, FailureKind::Assertion);
    assert!(failure.message.contains("the daemon fell over"), "{failure}");
}

#[test]
fn an_endless_daemon_reaches_the_step_limit() {
    let failure = fails(|| {
        let count = AtomicUsize::new(0);
        daemon(move || {
            loop {
                count.fetch_add(1, SeqCst);
            }
        });
    });
    assert_eq!(failure.kind, FailureKind::StepLimit);
}

#[test]
fn the_schedule_of_a_lost_write_leads_to_it_again() {
    let model = || {
        let saved = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&saved);
        daemon(move || theirs.store(1, SeqCst));
        thread::stop_daemons();
        assert_eq!(saved.load(SeqCst), 1, "work lost");
    };
    let failure = fails(model);
    let Outcome::Failed(again) = Explorer::replay(&failure.schedule, model).outcome else {
        panic!("{failure}");
    };
    assert_eq!(again.message, failure.message);
}

/// Counts how often it is dropped.
struct Counted(Arc<std::sync::atomic::AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn what_a_stopped_daemon_owns_is_dropped_after_the_execution() {
    let drops = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let runs = std::cell::Cell::new(0);
    check(|| {
        runs.set(runs.get() + 1);
        let owned = Counted(Arc::clone(&drops));
        daemon(move || {
            let _owned = owned;
            waits_for_ever();
        });
    });
    assert_eq!(drops.load(SeqCst), runs.get());
}
