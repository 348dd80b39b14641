//! Condition variables.

use std::time::Duration;

use raceproof::parking_lot::{Condvar, Mutex};
use raceproof::sync::Arc;
use raceproof::time::Instant;
use raceproof::{Assumption, Explorer, Outcome, outcome, thread};

use super::{BOTH, fails, holds, outcomes};

const LONG: Duration = Duration::from_secs(1);

/// Waits for a flag with or without a loop, set with the mutex.
fn handshake(loops: bool) {
    let shared = Arc::new((Mutex::new(false), Condvar::named("set")));
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || {
        *theirs.0.lock() = true;
        theirs.1.notify_all();
    });
    let mut flag = shared.0.lock();
    if loops {
        shared.1.wait_while(&mut flag, |flag| !*flag);
    } else if !*flag {
        shared.1.wait(&mut flag);
    }
    assert!(*flag);
    drop(flag);
    other.join().unwrap();
}

#[test]
fn a_wait_ends_by_a_notification_and_never_for_no_reason() {
    for loops in [false, true] {
        holds(|| handshake(loops));
        for memory in BOTH {
            let spurious = Explorer::new().spurious_wakeups(true).memory(memory);
            let found = spurious.check(|| handshake(loops));
            assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
            let reasons = [Assumption::NoSpuriousWakeups, Assumption::RareSpuriousWakeups];
            assert!(!found.assumptions.iter().any(|other| reasons.contains(other)), "{found:?}");
            let all = Explorer::new().memory(memory).check(|| handshake(loops));
            assert_eq!((found.executions, all.assumptions), (all.executions, found.assumptions));
        }
    }
    fails("waits for set", || {
        let shared = Arc::new((Mutex::new(()), Condvar::named("set")));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || theirs.1.notify_one());
        let mut guard = shared.0.lock();
        shared.1.wait(&mut guard); // The notification may have been.
    });
}

#[test]
fn notifications_say_whom_they_wake() {
    let model = |all: bool| {
        move || {
            let shared = Arc::new((Mutex::new(0), Condvar::new()));
            let waiters = [(); 2].map(|()| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut count = shared.0.lock();
                    *count += 1;
                    if *count < 3 {
                        shared.1.wait(&mut count);
                    }
                })
            });
            let mut count = shared.0.lock();
            let waiting = *count;
            *count = 10;
            drop(count);
            if all {
                assert_eq!(shared.1.notify_all(), waiting);
                outcome(waiting);
            } else {
                for nth in 0..2 {
                    assert_eq!(shared.1.notify_one(), nth < waiting);
                }
                assert!(!shared.1.notify_one());
                outcome(waiting);
            }
            waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        }
    };
    for all in [false, true] {
        holds(model(all));
        assert_eq!(outcomes(model(all)), ["0", "1", "2"]);
    }
}

#[test]
fn a_timed_wait_may_time_out_or_not() {
    let model = |until: bool| {
        move || {
            let shared = Arc::new((Mutex::new(false), Condvar::new()));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                *theirs.0.lock() = true;
                theirs.1.notify_one();
            });
            let mut flag = shared.0.lock();
            let began = Instant::now();
            let mut timed_out = false;
            if !*flag {
                let result = match until {
                    true => shared.1.wait_until(&mut flag, began + LONG),
                    false => shared.1.wait_for(&mut flag, LONG),
                };
                timed_out = result.timed_out();
                assert!(!timed_out || began.elapsed() >= LONG);
            }
            outcome(timed_out);
            drop(flag);
            other.join().unwrap();
        }
    };
    assert_eq!(outcomes(model(false)), ["false", "true"]);
    let until = Explorer::new().check(model(true));
    assert!(matches!(until.outcome, Outcome::Proved), "{until:?}");
    assert_eq!(Vec::from_iter(until.outcomes.keys()), ["false", "true"]);
}

/// One that times out does not look at the condition again, which may have changed before it has the mutex.
#[test]
fn a_timed_wait_while_ends_with_the_condition_or_the_time() {
    let seen = outcomes(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            *theirs.0.lock() = true;
            theirs.1.notify_one();
        });
        let mut flag = shared.0.lock();
        let result = shared.1.wait_while_for(&mut flag, |flag| !*flag, LONG);
        assert!(result.timed_out() || *flag);
        outcome(result.timed_out());
        outcome(*flag);
        drop(flag);
        other.join().unwrap();
    });
    assert_eq!(seen, ["false, true", "true, false", "true, true"]);
}
