//! What std lets happen for no reason, and what a proof says if it does not happen.

use std::collections::BTreeSet;
use std::sync::Arc;

use raceproof::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use raceproof::sync::{Barrier, Condvar, Mutex, mpsc};
use raceproof::{
    Assumption, Exploration, Explorer, Failure, FailureKind, Memory, Operation, Outcome, outcome,
    thread,
};

use super::SOON;

/// Explores with everything that may happen for no reason.
fn explore(model: impl Fn()) -> Exploration {
    let result = Explorer::new().spurious_wakeups(true).check(model);
    assert_eq!(result.redundant, 0);
    assert!(!result.assumptions.contains(&Assumption::NoSpuriousWakeups));
    result
}

/// Is proved if nothing happens for no reason, and fails with this message if it does.
#[track_caller]
fn fails_for_no_reason(message: &str, model: impl Fn()) -> Failure {
    let without = Explorer::new().check(&model);
    assert!(matches!(without.outcome, Outcome::Proved), "{:?}", without.outcome);
    assert_eq!(without.assumptions, [Assumption::NoSpuriousWakeups]);
    let Outcome::Failed(failure) = explore(&model).outcome else { panic!("a proof") };
    assert!(failure.message.contains(message), "{failure}");
    // The schedule says what happens for no reason, whatever the explorer is told.
    let again = Explorer::replay(&failure.schedule, &model).outcome;
    let Outcome::Failed(again) = again else { panic!("{again:?}") };
    assert_eq!((&again.message, &again.trace), (&failure.message, &failure.trace));
    failure
}

/// Holds whatever happens for no reason; returns what the executions come to.
#[track_caller]
fn holds(model: impl Fn()) -> BTreeSet<String> {
    let result = explore(model);
    assert!(matches!(result.outcome, Outcome::Proved), "{:?}", result.outcome);
    result.outcomes.into_keys().collect()
}

/// A flag, and a thread that sets it and unparks the main thread.
fn set_and_unpark() -> (Arc<AtomicBool>, thread::JoinHandle<()>) {
    let flag = Arc::new(AtomicBool::named("flag", false));
    let (theirs, main) = (Arc::clone(&flag), thread::current());
    let setter = thread::spawn(move || {
        theirs.store(true, SeqCst);
        main.unpark();
    });
    (flag, setter)
}

/// The handshake of many hand-made channels and pools: the flag is looked at once.
#[test]
fn a_park_without_a_loop_may_come_too_early() {
    let failure = fails_for_no_reason("too early", || {
        let (flag, setter) = set_and_unpark();
        if !flag.load(SeqCst) {
            thread::park();
        }
        assert!(flag.load(SeqCst), "too early");
        setter.join().unwrap();
    });
    let parks = |step: &raceproof::Step| step.operation == Operation::SpuriousPark;
    assert_eq!(failure.trace.steps.iter().filter(|step| parks(step)).count(), 1);
    assert!(failure.to_string().contains("parks, and wakes for no reason"), "{failure}");
}

#[test]
fn a_park_in_a_loop_waits() {
    holds(|| {
        let (flag, setter) = set_and_unpark();
        while !flag.load(SeqCst) {
            thread::park();
        }
        setter.join().unwrap();
    });
}

/// "It may also return spuriously, without consuming this token."
#[test]
fn a_park_may_leave_its_token() {
    let found = holds(|| {
        let other = thread::spawn(|| {
            thread::current().unpark();
            thread::park();
            thread::park_timeout(SOON);
            // Blocks unless a token is left.
            thread::current().unpark();
            thread::park();
        });
        other.join().unwrap();
    });
    assert!(found.is_empty());
    let result = explore(|| {
        thread::current().unpark();
        thread::park();
        thread::park();
    });
    // The second blocks after a real first one only; it may wake for no reason after that.
    assert_eq!((result.executions, result.deadlocks), (1, 1));
    let all = Explorer::new().spurious_wakeups(true).keep_going().check(|| {
        thread::current().unpark();
        thread::park();
        thread::park();
    });
    // Real and real; real and not; not and real. Not and not is one too many.
    assert_eq!((all.executions, all.deadlocks), (3, 1));
}

/// A parker that takes every return of `park` for its token.
#[test]
fn a_semaphore_of_parks_lets_too_many_in() {
    let model = |checks: bool| {
        move || {
            let permits = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&permits);
            let waiter = thread::spawn(move || {
                while checks && theirs.load(SeqCst) == 0 {
                    thread::park();
                }
                if !checks {
                    thread::park();
                }
                assert_ne!(theirs.fetch_sub(1, SeqCst), 0, "no permit");
            });
            permits.store(1, SeqCst);
            waiter.thread().unpark();
            waiter.join().unwrap();
        }
    };
    fails_for_no_reason("no permit", model(false));
    holds(model(true));
}

/// A lock that is free and whose `try_lock` fails: an assertion that has failed on ARM only.
#[test]
fn a_weak_exchange_outside_of_a_loop_may_fail() {
    let failure = fails_for_no_reason("free", || {
        let locked = AtomicBool::named("locked", false);
        let taken = locked.compare_exchange_weak(false, true, SeqCst, SeqCst);
        assert!(taken.is_ok(), "it is free");
    });
    let drawn = failure.to_string();
    assert!(drawn.contains("fails for no reason to swap locked: false"), "{drawn}");
}

/// A state machine that takes the failure of its only exchange for another thread's success.
#[test]
fn a_failed_weak_exchange_is_not_another_s_success() {
    fails_for_no_reason("who has it", || {
        let owner = Arc::new(AtomicUsize::new(0));
        let claims: Vec<_> = (1..=2)
            .map(|me| {
                let owner = Arc::clone(&owner);
                thread::spawn(move || owner.compare_exchange_weak(0, me, SeqCst, SeqCst).is_ok())
            })
            .collect();
        let claims = claims.into_iter().map(|claim| claim.join().unwrap());
        assert_eq!(claims.filter(|claimed| *claimed).count(), 1, "who has it?");
    });
}

/// A reference count that gives up when its exchange fails, as if the count were 0.
#[test]
fn an_upgrade_that_tries_once_loses_its_object() {
    let upgrade = |count: &AtomicUsize, again: bool| {
        let mut seen = count.load(SeqCst);
        loop {
            if seen == 0 {
                return false;
            }
            match count.compare_exchange_weak(seen, seen + 1, SeqCst, SeqCst) {
                Ok(_) => return true,
                Err(now) if again => seen = now,
                Err(_) => return false,
            }
        }
    };
    let model = move |again| {
        move || {
            let count = Arc::new(AtomicUsize::new(1));
            let theirs = Arc::clone(&count);
            let other = thread::spawn(move || theirs.load(SeqCst));
            assert!(upgrade(&count, again), "the object is there");
            other.join().unwrap();
        }
    };
    fails_for_no_reason("the object is there", model(false));
    holds(model(true));
}

#[test]
fn loops_around_weak_exchanges_end() {
    let found = holds(|| {
        let lock = Arc::new((AtomicBool::new(false), AtomicUsize::new(0)));
        let add = |lock: &(AtomicBool, AtomicUsize)| {
            while lock.0.compare_exchange_weak(false, true, SeqCst, SeqCst).is_err() {
                thread::yield_now();
            }
            lock.1.store(lock.1.load(SeqCst) + 1, SeqCst);
            lock.0.store(false, SeqCst);
        };
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || add(&theirs));
        add(&lock);
        other.join().unwrap();
        outcome(lock.1.load(SeqCst));
    });
    assert_eq!(Vec::from_iter(found), ["2"]);
    let found = holds(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        let add = |count: &AtomicUsize| {
            count.fetch_update(SeqCst, SeqCst, |old| Some(old + 1)).unwrap();
        };
        let other = thread::spawn(move || add(&theirs));
        add(&count);
        other.join().unwrap();
        outcome(count.load(SeqCst));
    });
    assert_eq!(Vec::from_iter(found), ["2"]);
}

/// A weak exchange that fails anyway has no second way to.
#[test]
fn a_failure_with_a_reason_is_explored_once() {
    let result = explore(|| {
        let count = AtomicUsize::new(1);
        assert_eq!(count.compare_exchange_weak(0, 2, SeqCst, SeqCst), Err(1));
        outcome(format!("{:?}", count.compare_exchange_weak(1, 2, SeqCst, SeqCst)));
    });
    assert_eq!(Vec::from_iter(result.outcomes), [("Err(1)".into(), 1), ("Ok(1)".into(), 1)]);
}

/// A lock that parks after one weak exchange: it may be free by then, and nothing comes any more.
#[test]
fn a_lock_that_parks_after_a_weak_exchange_may_sleep_for_ever() {
    let model = |weak: bool| {
        move || {
            let state = Arc::new(AtomicUsize::new(1));
            let (theirs, main) = (Arc::clone(&state), thread::current());
            let holder = thread::spawn(move || {
                theirs.store(0, SeqCst);
                main.unpark();
            });
            let take = || match weak {
                true => state.compare_exchange_weak(0, 1, SeqCst, SeqCst),
                false => state.compare_exchange(0, 1, SeqCst, SeqCst),
            };
            while take().is_err() {
                thread::park();
            }
            holder.join().unwrap();
        }
    };
    fails_for_no_reason("`main` waits for its token", model(true));
    holds(model(false));
}

/// What a proof assumes is named if, and only if, the program did something that std lets happen for
/// no reason: not where a channel or a barrier waits.
#[test]
fn a_proof_assumes_only_what_the_program_could_tell() {
    let assumed = |model: &dyn Fn()| {
        let result = Explorer::new().check(model);
        assert!(matches!(result.outcome, Outcome::Proved), "{:?}", result.outcome);
        result.assumptions
    };
    let without: [&dyn Fn(); 3] = [
        &|| {
            let (sender, receiver) = mpsc::channel();
            let other = thread::spawn(move || sender.send(1).unwrap());
            assert_eq!(receiver.recv(), Ok(1));
            other.join().unwrap();
        },
        &|| {
            let barrier = Arc::new(Barrier::new(2));
            let theirs = Arc::clone(&barrier);
            let other = thread::spawn(move || theirs.wait().is_leader());
            barrier.wait();
            other.join().unwrap();
        },
        &|| {
            let count = AtomicUsize::new(0);
            assert!(count.compare_exchange(0, 1, SeqCst, SeqCst).is_ok());
            assert!(Condvar::new().wait_while(Mutex::new(0).lock().unwrap(), |_| false).is_ok());
        },
    ];
    for model in without {
        assert_eq!(assumed(model), []);
    }
    let with: [&dyn Fn(); 4] = [
        &|| {
            thread::current().unpark();
            thread::park();
        },
        &|| thread::park_timeout(SOON),
        &|| _ = AtomicUsize::new(0).compare_exchange_weak(0, 1, SeqCst, SeqCst),
        &|| {
            let lock = Mutex::new(());
            drop(Condvar::new().wait_timeout(lock.lock().unwrap(), SOON).unwrap());
        },
    ];
    for model in with {
        assert_eq!(assumed(model), [Assumption::NoSpuriousWakeups]);
    }
}

/// With the switch on, a proof says how often in a row something happens for no reason.
#[test]
fn a_proof_says_how_rare_what_has_no_reason_is() {
    let parks = explore(|| {
        thread::current().unpark();
        thread::park();
    });
    assert_eq!(parks.assumptions, [Assumption::RareSpuriousWakeups]);
    assert_eq!(explore(|| outcome(1)).assumptions, []);
}

/// It swaps the first value though another has been written, which it may not have seen: the schedule says how old the value is, and
/// not that it fails for no reason.
#[test]
fn a_weak_exchange_of_a_stale_value_is_run_again() {
    let model = || {
        let shared = Arc::new([AtomicUsize::named("data", 0), AtomicUsize::named("ready", 0)]);
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            theirs[0].store(1, Relaxed);
            theirs[1].store(1, Relaxed);
        });
        if shared[1].load(Relaxed) == 1 {
            let swapped = shared[0].compare_exchange_weak(0, 7, Relaxed, Relaxed);
            assert!(swapped.is_err(), "swapped what was there first");
        }
    };
    let found = Explorer::new().memory(Memory::C11).check(model);
    let Outcome::Failed(failure) = found.outcome else { panic!("{found:?}") };
    assert_eq!(failure.kind, FailureKind::Assertion, "{failure}");
    let Outcome::Failed(again) = Explorer::replay(&failure.schedule, model).outcome else {
        panic!("{}: ends well", failure.schedule)
    };
    assert_eq!((again.kind, &again.message), (failure.kind, &failure.message));
}

/// Under Rust's memory model, too: the schedule says that it fails, and no setting has to.
#[test]
fn a_weak_exchange_that_fails_for_no_reason_is_run_again_under_rusts_model() {
    let model = || {
        let shared = Arc::new([AtomicUsize::named("data", 0), AtomicUsize::named("ready", 0)]);
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs[0].store(1, Relaxed);
            _ = theirs[1].compare_exchange_weak(0, 1, Release, Relaxed);
        });
        other.join().unwrap();
        assert_eq!(shared[1].load(Acquire), 1, "not published");
    };
    let explorer = Explorer::new().memory(Memory::C11);
    assert!(matches!(explorer.check(model).outcome, Outcome::Proved));
    let Outcome::Failed(failure) = explorer.spurious_wakeups(true).check(model).outcome else {
        panic!("it does not fail")
    };
    let schedule = failure.schedule.to_string();
    assert!(schedule.starts_with("c11.") && schedule.contains(":?"), "{schedule}");
    let told = failure.to_string();
    assert!(told.contains("fails for no reason to swap ready: 0"), "{told}");
    let again = Explorer::replay(&schedule.parse().unwrap(), model).outcome;
    let Outcome::Failed(again) = again else { panic!("{schedule}: ends well") };
    assert_eq!((again.kind, &again.message), (failure.kind, &failure.message));
}
