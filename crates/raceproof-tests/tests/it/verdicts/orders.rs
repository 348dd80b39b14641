//! What a proof by interleavings assumes of orderings.

use std::time::Duration;

use raceproof::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use raceproof::sync::atomic::{AtomicBool, AtomicUsize};
use raceproof::sync::{Arc, Condvar, Mutex, OnceLock};
use raceproof::{Assumption, Exploration, Explorer, Memory, Outcome, thread};

fn assumes(found: &Exploration) -> bool {
    let of_memory = |it: &Assumption| matches!(it, Assumption::SequentialMemory { .. });
    found.assumptions.iter().any(of_memory)
}

/// Whether a message that a flag announces is proved to arrive, and whether that assumes anything of memory.
fn message(memory: Memory, store: Ordering, load: Ordering) -> (bool, bool) {
    let found = Explorer::new().memory(memory).check(move || {
        let shared = Arc::new((AtomicUsize::new(0), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let sender = thread::spawn(move || {
            theirs.0.store(1, if store == SeqCst { SeqCst } else { Relaxed });
            theirs.1.store(true, store);
        });
        if shared.1.load(load) {
            assert_eq!(shared.0.load(if load == SeqCst { SeqCst } else { Relaxed }), 1);
        }
        sender.join().unwrap();
    });
    let proved = matches!(found.outcome, Outcome::Proved);
    (proved, assumes(&found))
}

#[test]
fn a_proof_says_that_weak_orderings_were_taken_as_strong() {
    assert_eq!(message(Memory::Sequential, Relaxed, Relaxed), (true, true));
    assert_eq!(message(Memory::Sequential, Release, Acquire), (true, true));
    assert_eq!(message(Memory::C11, Relaxed, Relaxed), (false, false));
    assert_eq!(message(Memory::C11, Release, Acquire), (true, false));
}

/// Nobody has asked for a memory model.
#[test]
fn what_weak_orderings_allow_is_explored_by_default() {
    let message = |store: Ordering, load: Ordering, looks: bool| {
        move || {
            let idle = (Mutex::new(()), Condvar::new());
            let shared = Arc::new((AtomicUsize::new(0), AtomicBool::new(false), idle));
            let theirs = Arc::clone(&shared);
            let sender = thread::spawn(move || {
                theirs.0.store(1, Relaxed);
                theirs.1.store(true, store);
            });
            if looks {
                let (mutex, condvar) = &shared.2;
                drop(mutex.try_lock());
                drop(condvar.wait_timeout(mutex.lock().unwrap(), Duration::from_millis(1)));
            }
            if shared.1.load(load) {
                assert_eq!(shared.0.load(Relaxed), 1);
            }
            sender.join().unwrap();
            assert_eq!(shared.0.load(Relaxed), 1);
        }
    };
    let check = |model: &dyn Fn()| Explorer::new().check(model);
    let found = check(&message(Release, Acquire, false));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert!(!assumes(&found) && found.assumptions.contains(&Assumption::NoLoadBuffering));
    let wrong = message(Relaxed, Relaxed, false);
    let Outcome::Failed(failure) = check(&wrong).outcome else {
        panic!("a message is proved that nothing orders")
    };
    assert_eq!(failure.too_weak.len(), 2, "{failure:?}");
    let schedule = failure.schedule.to_string();
    assert!(schedule.starts_with("c11."), "{schedule}");
    let Outcome::Failed(again) = Explorer::replay(&schedule.parse().unwrap(), wrong).outcome else {
        panic!("it does not fail again")
    };
    assert_eq!((again.kind, again.message), (failure.kind, failure.message));
    // So it is of a search with few preemptions, which stays one if nothing fails.
    let few = |model: &dyn Fn()| Explorer::new().preemption_bound(1).check(model);
    let Outcome::Failed(failure) = few(&message(Relaxed, Relaxed, false)).outcome else {
        panic!("a message passes that nothing orders")
    };
    assert_eq!(failure.too_weak.len(), 2, "{failure:?}");
    let found = few(&message(Release, Acquire, false));
    assert!(matches!(found.outcome, Outcome::Bounded(_)) && !assumes(&found), "{found:?}");
    assert!(found.assumptions.contains(&Assumption::NoLoadBuffering), "{found:?}");
    assert!(assumes(&few(&message(Release, Acquire, true))));
    // Such a `try_lock` is not explored yet under Rust's memory model: the proof says so.
    let found = check(&message(Release, Acquire, true));
    let unexplored = found.assumptions.iter().find_map(|it| match it {
        Assumption::SequentialMemory { unexplored } => *unexplored,
        _ => None,
    });
    assert!(unexplored.is_some_and(|what| what.contains("try_lock")), "{:?}", found.assumptions);
}

/// One atomic has the same values under every model. What else may be overlooked counts as another.
#[test]
fn what_may_be_overlooked_is_as_good_as_an_atomic() {
    let announced = |explorer: Explorer, ordering: Ordering| {
        explorer.check(move || {
            let shared = Arc::new((OnceLock::new(), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                theirs.0.set(1).unwrap();
                theirs.1.store(true, ordering);
            });
            if shared.1.load(ordering) {
                assert_eq!(shared.0.get(), Some(&1), "announced");
            }
            other.join().unwrap();
        })
    };
    let Outcome::Failed(failure) = announced(Explorer::new(), Relaxed).outcome else {
        panic!("nothing orders the value before the flag")
    };
    assert!(failure.message.contains("announced"), "{failure}");
    assert!(matches!(announced(Explorer::new(), SeqCst).outcome, Outcome::Proved));
    let sequential = announced(Explorer::new().memory(Memory::Sequential), Relaxed);
    assert!(matches!(sequential.outcome, Outcome::Proved) && assumes(&sequential));
}

/// A thread that has ended and was not waited for is still one whose writes may be overlooked.
#[test]
fn what_nobody_has_waited_for_may_be_stale() {
    Explorer::new().expect_failure("stale", || {
        let shared = Arc::new((AtomicUsize::new(0), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            theirs.0.store(1, SeqCst);
            theirs.1.store(true, SeqCst);
        });
        // Its thread is waited for twice.
        thread::scope(|scope| scope.spawn(|| ()).join().unwrap());
        if shared.1.load(Relaxed) {
            assert_eq!(shared.0.load(Relaxed), 1, "stale");
        }
    });
}

/// What a thread does when all others have ended, and were waited for, is the same under any model.
#[test]
fn a_proof_assumes_nothing_of_memory_where_every_model_agrees() {
    assert_eq!(message(Memory::Sequential, SeqCst, SeqCst), (true, false));
    let counted = Explorer::new().check(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || theirs.fetch_add(1, Relaxed));
        count.fetch_add(1, Relaxed);
        other.join().unwrap();
        assert_eq!(count.load(Relaxed), 2);
    });
    assert!(matches!(counted.outcome, Outcome::Proved));
    assert!(counted.assumptions.is_empty(), "{:?}", counted.assumptions);
}

#[test]
fn a_count_that_is_asked_for_is_one_more_atomic() {
    let asked = |atomic: bool| {
        Explorer::new().check(move || {
            let flag = atomic.then(|| std::sync::Arc::new(AtomicUsize::new(0)));
            let theirs = flag.clone();
            let mine = Arc::new(());
            let shared = Arc::clone(&mine);
            let dropper = thread::spawn(move || {
                drop(shared);
                theirs.map(|flag| flag.load(SeqCst))
            });
            if let Some(flag) = flag {
                flag.store(1, SeqCst);
            }
            assert!(Arc::strong_count(&mine) <= 2);
            dropper.join().unwrap();
        })
    };
    for atomic in [false, true] {
        let found = asked(atomic);
        assert!(matches!(found.outcome, Outcome::Proved) && !assumes(&found), "{found:?}");
        // With another atomic it is explored under Rust's memory model as well.
        assert_eq!(found.assumptions.contains(&Assumption::NoLoadBuffering), atomic, "{found:?}");
    }
}
