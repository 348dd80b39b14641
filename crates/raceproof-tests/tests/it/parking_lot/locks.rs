//! Mutexes, plain and reentrant, and what happens once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use raceproof::parking_lot::{MappedMutexGuard, Mutex, MutexGuard, Once, ReentrantMutex};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::time::Instant;
use raceproof::{outcome, thread};

use super::{fails, holds, holds_sequentially, outcomes, proved};

const LONG: Duration = Duration::from_secs(1);

#[test]
fn a_mutex_excludes_and_two_locks_deadlock() {
    let count = |threads: usize| {
        move || {
            let count = Arc::new(Mutex::new(0));
            let others: Vec<_> = (0..threads)
                .map(|_| {
                    let count = Arc::clone(&count);
                    thread::spawn(move || *count.lock() += 1)
                })
                .collect();
            others.into_iter().for_each(|other| other.join().unwrap());
            assert_eq!(*count.lock(), threads);
        }
    };
    assert_eq!(holds(count(3)), [6, 6]);
    fails("which it holds itself", || {
        let mutex = Mutex::named("account", 0);
        let _first = mutex.lock();
        let _second = mutex.lock();
    });
}

#[test]
fn a_panic_gives_the_mutex_back_without_poison() {
    holds(|| {
        let mutex = Mutex::new(1);
        let panics = catch_unwind(AssertUnwindSafe(|| {
            let _guard = mutex.lock();
            panic!("ouch");
        }));
        assert!(panics.is_err());
        assert_eq!(*mutex.lock(), 1);
    });
}

#[test]
fn a_try_may_fail_and_so_may_a_timed_lock() {
    let model = |timed: bool| {
        move || {
            let mutex = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&mutex);
            let other = thread::spawn(move || drop(theirs.lock()));
            let taken = if timed { mutex.try_lock_for(LONG) } else { mutex.try_lock() };
            outcome(taken.is_some());
            drop(taken);
            other.join().unwrap();
        }
    };
    assert_eq!(outcomes(model(false)), ["false", "true"]);
    assert_eq!(outcomes(model(true)), ["false", "true"]);
}

#[test]
fn a_timed_lock_never_deadlocks_and_lets_time_pass() {
    holds_sequentially(|| {
        let mutex = Mutex::new(());
        let began = Instant::now();
        let _guard = mutex.lock();
        assert!(mutex.try_lock_for(LONG).is_none());
        assert!(began.elapsed() >= LONG);
        assert!(mutex.try_lock_until(began).is_none());
    });
    holds_sequentially(|| {
        let mutex = Mutex::new(());
        assert!(mutex.try_lock_for(LONG).is_some());
        assert!(mutex.try_lock_until(Instant::now() + LONG).is_some());
    });
}

#[test]
fn a_loop_of_timed_locks_ends() {
    holds_sequentially(|| {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        let other = thread::spawn(move || *theirs.lock() += 1);
        let mut guard = loop {
            if let Some(guard) = mutex.try_lock_for(LONG) {
                break guard;
            }
        };
        *guard += 1;
        drop(guard);
        other.join().unwrap();
        assert_eq!(*mutex.lock(), 2);
    });
}

#[test]
fn a_guard_lets_go_for_a_while() {
    let model = |lets_go: bool| {
        move || {
            let mutex = Arc::new(Mutex::named("data", 0));
            let theirs = Arc::clone(&mutex);
            let mut guard = mutex.lock();
            let other = thread::spawn(move || *theirs.lock() += 1);
            if lets_go {
                MutexGuard::unlocked(&mut guard, || other.join().unwrap());
                assert_eq!(*guard, 1);
            } else {
                other.join().unwrap();
            }
        }
    };
    holds(model(true));
    fails("deadlock", model(false));
}

#[test]
fn a_guard_bumps_or_is_given_back() {
    let seen = outcomes(|| {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        let mut guard = mutex.lock();
        let other = thread::spawn(move || *theirs.lock() += 1);
        MutexGuard::bump(&mut guard);
        outcome(*guard);
        MutexGuard::unlock_fair(guard);
        other.join().unwrap();
    });
    assert_eq!(seen, ["0", "1"]);
}

#[test]
fn a_mapped_guard_holds_the_mutex() {
    let model = |keeps: bool| {
        move || {
            let mutex = Arc::new(Mutex::named("pair", (1, [2, 3])));
            let mapped = MutexGuard::map(mutex.lock(), |pair| &mut pair.1);
            let mut mapped = MappedMutexGuard::map(mapped, |both| &mut both[0]);
            *mapped += 10;
            assert!(mutex.try_lock().is_none());
            if !keeps {
                drop(mapped);
                assert_eq!(*mutex.lock(), (1, [12, 3]));
            } else {
                let _second = mutex.lock();
                drop(mapped);
            }
        }
    };
    holds_sequentially(model(false));
    fails("deadlock", model(true));
    holds_sequentially(|| {
        let mutex = Mutex::new(Some(1));
        let guard = MutexGuard::try_map(mutex.lock(), Option::as_mut).unwrap();
        assert_eq!(*guard, 1);
        drop(guard);
        *mutex.lock() = None;
        let guard = MutexGuard::try_map(mutex.lock(), Option::as_mut).err().unwrap();
        assert!(guard.is_none() && mutex.is_locked());
        drop(guard);
        assert!(!mutex.is_locked());
    });
}

#[test]
fn a_reentrant_mutex_is_its_holder_s_until_the_last_guard() {
    let seen = outcomes(|| {
        let mutex = Arc::new(ReentrantMutex::new(AtomicUsize::new(0)));
        let theirs = Arc::clone(&mutex);
        let other = thread::spawn(move || {
            let guard = theirs.lock();
            guard.store(guard.load(SeqCst) + 10, SeqCst);
        });
        let first = mutex.lock();
        let second = mutex.lock();
        let before = first.load(SeqCst);
        drop(first);
        assert!(mutex.is_owned_by_current_thread());
        second.store(before + 1, SeqCst);
        assert!(mutex.try_lock().is_some());
        drop(second);
        assert!(!mutex.is_owned_by_current_thread());
        other.join().unwrap();
        outcome(mutex.lock().load(SeqCst));
    });
    assert_eq!(seen, ["11"]);
    fails("lost", || {
        let mutex = Arc::new(ReentrantMutex::new(AtomicUsize::new(0)));
        let theirs = Arc::clone(&mutex);
        let other = thread::spawn(move || theirs.lock().store(10, SeqCst));
        let before = mutex.lock().load(SeqCst);
        mutex.lock().store(before + 1, SeqCst);
        other.join().unwrap();
        assert_eq!(mutex.lock().load(SeqCst), 10, "lost");
    });
    let seen = outcomes(|| {
        let mutex = Arc::new(ReentrantMutex::new(()));
        let theirs = Arc::clone(&mutex);
        let other = thread::spawn(move || drop(theirs.lock()));
        outcome(mutex.try_lock_for(LONG).is_some());
        other.join().unwrap();
    });
    assert_eq!(seen, ["false", "true"]);
}

#[test]
fn once_is_once_also_after_a_panic() {
    let found = proved(|| {
        let once = Arc::new((Once::new(), AtomicUsize::new(0)));
        let theirs = Arc::clone(&once);
        let run = |once: &(Once, AtomicUsize)| once.0.call_once(|| _ = once.1.fetch_add(1, SeqCst));
        let other = thread::spawn(move || run(&theirs));
        run(&once);
        assert_eq!(once.1.load(SeqCst), 1);
        other.join().unwrap();
    });
    // Under Rust's memory model a thread may be found to wait for the other's call in vain.
    assert_eq!(found.map(|(_, in_vain)| in_vain), [0, 1]);
    holds(|| {
        let once = Once::new();
        let panics = || once.call_once(|| panic!("ouch"));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        once.call_once_force(|state| assert!(state.poisoned() && !state.done()));
        once.call_once_force(|_| panic!("it was run"));
    });
    fails("poisoned", || {
        let once = Once::new();
        _ = catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("ouch"))));
        once.call_once(|| ());
    });
}
