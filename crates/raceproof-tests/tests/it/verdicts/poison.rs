//! Poison that is looked at, or cleared, without the lock.

use std::collections::BTreeSet;
use std::sync::Arc;

use raceproof::sync::{Mutex, RwLock};
use raceproof::{Explorer, FailureKind, Outcome, outcome, thread};

use super::{fails, holds};

/// Panics while it holds the mutex.
fn poison(mutex: &Arc<Mutex<()>>) -> thread::JoinHandle<()> {
    let theirs = Arc::clone(mutex);
    thread::spawn(move || {
        let _guard = theirs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        panic!("while it is held");
    })
}

fn outcomes<const N: usize>(expected: [&str; N]) -> BTreeSet<String> {
    expected.map(str::to_owned).into()
}

#[test]
fn poison_is_seen_by_a_concurrent_look() {
    let found = holds(|| {
        let mutex = Arc::new(Mutex::new(()));
        let other = poison(&mutex);
        outcome(mutex.is_poisoned());
        assert!(other.join().is_err());
        assert!(mutex.is_poisoned());
    });
    assert_eq!(found, outcomes(["false", "true"]));
}

#[test]
fn a_writer_s_poison_is_seen_by_a_concurrent_look_and_a_reader_leaves_none() {
    for writes in [false, true] {
        let found = holds(|| {
            let lock = Arc::new(RwLock::new(()));
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || {
                let guards = (writes.then(|| theirs.write()), (!writes).then(|| theirs.read()));
                assert!(guards.0.is_none() && guards.1.is_none(), "while it is held");
            });
            outcome(lock.is_poisoned());
            assert!(other.join().is_err());
        });
        let expected: &[&str] = if writes { &["false", "true"] } else { &["false"] };
        assert!(found.iter().eq(expected), "{found:?}");
    }
}

#[test]
fn a_lock_is_poisoned_before_it_is_free() {
    let found = holds(|| {
        let mutex = Arc::new(Mutex::new(()));
        let other = poison(&mutex);
        let poisoned = mutex.is_poisoned();
        outcome(format!("{poisoned} {}", mutex.try_lock().is_ok_and(|_| true)));
        assert!(other.join().is_err());
    });
    // It is poisoned and taken; or poisoned and free, which is an error, too; or neither.
    assert_eq!(found, outcomes(["false false", "false true", "true false"]));
}

#[test]
fn a_clear_comes_before_a_lock_or_after() {
    let found = holds(|| {
        let mutex = Arc::new(Mutex::new(()));
        assert!(poison(&mutex).join().is_err());
        let theirs = Arc::clone(&mutex);
        let other = thread::spawn(move || theirs.clear_poison());
        outcome(mutex.lock().is_err());
        other.join().unwrap();
        assert!(!mutex.is_poisoned());
    });
    assert_eq!(found, outcomes(["false", "true"]));
}

#[test]
fn a_clear_comes_before_a_panic_or_after() {
    let found = holds(|| {
        let mutex = Arc::new(Mutex::new(()));
        let other = poison(&mutex);
        mutex.clear_poison();
        assert!(other.join().is_err());
        outcome(mutex.is_poisoned());
    });
    assert_eq!(found, outcomes(["false", "true"]));
}

#[test]
fn a_look_beside_threads_that_do_not_panic_adds_no_execution() {
    let executions = |looks: bool| {
        let found = Explorer::new().check(|| {
            let mutex = Arc::new(Mutex::new(0));
            let threads = [(); 3].map(|()| {
                let theirs = Arc::clone(&mutex);
                thread::spawn(move || *theirs.lock().unwrap() += 1)
            });
            assert!(!looks || !mutex.is_poisoned());
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        assert_eq!(found.redundant, 0);
        found.executions
    };
    assert_eq!((executions(false), executions(true)), (6, 6));
}

/// The look is not part of the execution that fails.
#[test]
fn a_failure_beside_a_look_can_be_replayed() {
    let model = || {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        let seen = *mutex.lock().unwrap();
        if seen == 0 {
            assert!(!mutex.is_poisoned());
        } else {
            thread::park();
        }
        other.join().unwrap();
    };
    let failure = fails(model);
    assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
    let schedule = failure.schedule.to_string().parse().unwrap();
    let Outcome::Failed(again) = Explorer::replay(&schedule, model).outcome else {
        panic!("{schedule} ends well");
    };
    assert_eq!((again.kind, again.message), (failure.kind, failure.message));
}

#[test]
fn poison_can_be_waited_for() {
    holds(|| {
        let mutex = Arc::new(Mutex::new(()));
        let other = poison(&mutex);
        while !mutex.is_poisoned() {
            thread::yield_now();
        }
        assert!(other.join().is_err());
    });
}
