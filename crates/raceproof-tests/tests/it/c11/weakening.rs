//! Which orderings could be weaker with a proof still holding.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicBool, AtomicU32, fence};
use raceproof::{Explorer, Outcome, Weakening, thread};

fn weakening(model: impl Fn()) -> Weakening {
    let found = Explorer::new().weaken().check(model);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    found.weaker.expect("it was asked for")
}

/// What each ordering could be: alone and together.
fn orderings(weakening: &Weakening) -> Vec<(&str, &str)> {
    assert_eq!(weakening.unexplored, None);
    assert!(weakening.places.iter().all(|place| !place.is_open));
    weakening.places.iter().map(|place| (place.alone.as_str(), place.together.as_str())).collect()
}

#[test]
fn a_message_needs_release_and_acquire_only() {
    let weakening = weakening(|| {
        let shared = Arc::new((AtomicU32::named("data", 0), AtomicBool::named("ready", false)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.0.store(1, SeqCst);
            theirs.1.store(true, SeqCst);
        });
        if shared.1.load(SeqCst) {
            assert_eq!(shared.0.load(SeqCst), 1);
        }
        other.join().unwrap();
    });
    let found = orderings(&weakening);
    let (relaxed, release, acquire) = ("Relaxed", "Release", "Acquire");
    assert_eq!(found, [relaxed, release, acquire, relaxed].map(|ordering| (ordering, ordering)));
    let table = weakening.to_string();
    let rows = table.lines().collect::<Vec<_>>();
    assert_eq!(rows.len(), 6, "{table}");
    assert_eq!(rows[0], "4 of 4 orderings could be weaker with the proof still holding:");
    assert!(rows[3].contains("ready is written  SeqCst  Release  Release"), "{table}");
    assert!(rows[3].contains("weakening.rs:"), "{table}");
}

#[test]
fn store_buffering_needs_all_that_it_has() {
    let weakening = weakening(|| {
        let flags = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let theirs = Arc::clone(&flags);
        let other = thread::spawn(move || {
            theirs[0].store(1, SeqCst);
            theirs[1].load(SeqCst)
        });
        flags[1].store(1, SeqCst);
        let mine = flags[0].load(SeqCst);
        assert!(mine + other.join().unwrap() > 0);
    });
    assert!(weakening.places.iter().all(|place| place.alone == "SeqCst"), "{weakening:?}");
    assert_eq!(weakening.to_string(), "none of 4 orderings could be weaker");
}

/// Either of two flags is enough, not neither: that is what *alone* cannot say.
#[test]
fn what_holds_alone_may_not_hold_together() {
    let weakening = weakening(|| {
        let shared = Arc::new([0; 3].map(AtomicU32::new));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs[0].store(1, Relaxed);
            theirs[1].store(1, Release);
            theirs[2].store(1, Release);
        });
        if shared[2].load(Acquire) == 1 && shared[1].load(Acquire) == 1 {
            assert_eq!(shared[0].load(Relaxed), 1);
        }
        other.join().unwrap();
    });
    let found = orderings(&weakening);
    assert!(found.iter().all(|(alone, _)| *alone == "Relaxed"), "{found:?}");
    let together = found.iter().map(|(_, together)| *together).collect::<Vec<_>>();
    assert_eq!(together.iter().filter(|ordering| **ordering == "Release").count(), 1);
    assert_eq!(together.iter().filter(|ordering| **ordering == "Acquire").count(), 1);
}

/// A fence that no execution needs, a compare-and-swap with two orderings.
#[test]
fn fences_and_compare_and_swaps_have_orderings_of_their_own() {
    let weakening = weakening(|| {
        let lock = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
        let theirs = Arc::clone(&lock);
        let enter = |lock: &(AtomicBool, AtomicU32)| {
            if lock.0.compare_exchange(false, true, AcqRel, Acquire).is_ok() {
                fence(SeqCst);
                let there = lock.1.load(Relaxed);
                lock.1.store(there + 1, Relaxed);
                lock.0.store(false, Release);
                return 1;
            }
            0
        };
        let other = thread::spawn(move || enter(&theirs));
        let mine = enter(&lock);
        assert_eq!(mine + other.join().unwrap(), lock.1.load(Relaxed));
    });
    let told = weakening.places.iter().map(|place| {
        (place.fails, place.object.is_some(), place.ordering.as_str(), place.together.as_str())
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (false, true, "AcqRel", "Acquire"),
            (true, true, "Acquire", "Relaxed"),
            (false, false, "SeqCst", "Relaxed"),
            (false, true, "Relaxed", "Relaxed"),
            (false, true, "Relaxed", "Relaxed"),
            (false, true, "Release", "Release"),
            (false, true, "Relaxed", "Relaxed"),
        ]
    );
    assert!(weakening.to_string().contains("a fence"), "{weakening}");
    assert!(weakening.to_string().contains("no fence"), "{weakening}");
}

#[test]
fn nothing_is_said_of_what_is_not_explored_or_not_proved() {
    let found = Explorer::new().weaken().check(|| {
        let count = AtomicU32::new(0);
        while count.fetch_add(1, SeqCst) < 1_000 {
            raceproof::hint::spin_loop();
        }
    });
    let weaker = found.weaker.expect("it was asked for");
    assert!(weaker.places.is_empty());
    assert!(weaker.to_string().contains("not yet under Memory::C11"), "{weaker}");
    let failing = Explorer::new().weaken().check(|| panic!("no proof"));
    assert_eq!(failing.weaker, None);
}
