//! What a person is told of a failure that hangs on memory orderings.

use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

use raceproof::cell::UnsafeCell;
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicBool, AtomicU32, fence};
use raceproof::{Explorer, Failure, Memory, Outcome, Value, thread};

fn fail(model: impl Fn()) -> Failure {
    let found = Explorer::new().memory(Memory::C11).check(model);
    let Outcome::Failed(failure) = found.outcome else { panic!("nothing fails") };
    failure
}

/// What is too weak: whether it reads, writes or fences, what, and the ordering that it needs.
fn too_weak(failure: &Failure) -> Vec<String> {
    let told = |weak: &raceproof::TooWeak| {
        let object = weak.object.as_deref().unwrap_or_default();
        format!("{:?} {object}: {}", weak.operation, weak.ordering)
    };
    failure.too_weak.iter().map(told).collect()
}

fn message(store: Ordering, load: Ordering) -> impl Fn() {
    move || {
        let data = Arc::new(AtomicU32::named("data", 0));
        let ready = Arc::new(AtomicBool::named("ready", false));
        let theirs = (Arc::clone(&data), Arc::clone(&ready));
        thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.1.store(true, store);
        });
        if ready.load(load) {
            assert_eq!(data.load(Relaxed), 1, "the message is not there");
        }
    }
}

#[test]
fn a_stale_read_says_what_it_overlooks() {
    let failure = fail(message(Relaxed, Relaxed));
    let steps = &failure.trace.steps;
    let stale = steps.iter().find_map(|step| match &step.value {
        Some(Value::Stale { value, newer, step: from }) => Some((step, value, newer, *from)),
        _ => None,
    });
    let (step, value, newer, from) = stale.expect("a stale read");
    assert_eq!(step.object.as_deref(), Some("data"));
    assert_eq!((value.to_string().as_str(), newer.as_str()), ("0", "1"));
    assert_eq!(steps[from].object.as_deref(), Some("data"));
    assert!(step.decisive && steps[from].decisive);
    let lanes = failure.to_string();
    let words = format!("though it was 1 from step {} on", from + 1);
    let plain = lanes.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain.contains("reads data: 0"), "{lanes}");
    assert!(words.split(' ').all(|word| plain.contains(word)), "{lanes}");
}

#[test]
fn a_store_behind_a_newer_one_says_so() {
    let failure = fail(|| {
        let x = Arc::new(AtomicU32::named("x", 0));
        let y = Arc::new(AtomicU32::named("y", 0));
        let theirs = (Arc::clone(&x), Arc::clone(&y));
        let other = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.1.store(2, Relaxed);
        });
        y.store(1, Relaxed);
        x.store(2, Relaxed);
        other.join().unwrap();
        assert_ne!((x.load(Relaxed), y.load(Relaxed)), (1, 1), "both first stores are last");
    });
    let stale = failure.trace.steps.iter().filter_map(|step| step.value.as_ref());
    let behind = stale.filter(|value| value.to_string().contains("behind the")).count();
    assert_eq!(behind, 1, "{failure}");
}

#[test]
fn what_is_sequentially_consistent_is_told_as_ever() {
    let failure = fail(|| {
        let x = Arc::new(AtomicU32::named("x", 0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(theirs.load(Relaxed) + 1, Relaxed));
        x.store(x.load(Relaxed) + 1, Relaxed);
        other.join().unwrap();
        assert_eq!(x.load(Relaxed), 2, "a lost update");
    });
    let stale = |step: &raceproof::Step| matches!(step.value, Some(Value::Stale { .. }));
    assert!(!failure.trace.steps.iter().any(stale), "{failure}");
    assert!(failure.too_weak.is_empty(), "{failure}");
}

#[test]
fn the_orderings_that_mend_a_failure_are_named() {
    let failure = fail(message(Relaxed, Relaxed));
    assert_eq!(too_weak(&failure), ["Load ready: Acquire", "Store ready: Release"]);
    let told = failure.to_string();
    assert!(told.contains("the program does not fail if ready is"), "{told}");
    assert_eq!(too_weak(&fail(message(Release, Relaxed))), ["Load ready: Acquire"]);
    assert_eq!(too_weak(&fail(message(Relaxed, Acquire))), ["Store ready: Release"]);
}

#[test]
fn orderings_are_not_named_unless_every_choice_was_decided() {
    // Whatever these accesses read, nothing fails; but the weaker they are, the more they can read.
    let beside = |theirs: u32, mine: u32| {
        move || {
            let flags = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
            let [x, y] = flags.clone();
            let other = thread::spawn(move || {
                for round in 0..theirs {
                    x.store(round + 1, Relaxed);
                    y.load(Relaxed);
                }
            });
            message(Relaxed, Relaxed)();
            let [x, y] = flags;
            for round in 0..mine {
                y.store(round + 1, Relaxed);
                x.load(Relaxed);
            }
            other.join().unwrap();
        }
    };
    assert_eq!(too_weak(&fail(beside(1, 1))), ["Load ready: Acquire", "Store ready: Release"]);
    // With `SeqCst` these are fewer executions than are tried, with `Relaxed` more.
    assert!(too_weak(&fail(beside(4, 5))).is_empty());
}

/// Each thread stores its flag and looks for the other's.
fn store_buffering(fenced: Option<Ordering>) -> impl Fn() {
    move || {
        let flags = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        let [x, y] = flags.clone();
        let other = thread::spawn(move || {
            x.store(1, Relaxed);
            if let Some(order) = fenced {
                fence(order);
            }
            y.load(Relaxed)
        });
        let [x, y] = flags;
        y.store(1, Relaxed);
        if let Some(order) = fenced {
            fence(order);
        }
        let seen = x.load(Relaxed);
        assert_ne!((seen, other.join().unwrap()), (0, 0), "neither sees the other");
    }
}

#[test]
fn store_buffering_needs_fences_or_sequential_consistency() {
    let fences = too_weak(&fail(store_buffering(Some(Release))));
    assert_eq!(fences, ["Fence : SeqCst", "Fence : SeqCst"]);
    let accesses = too_weak(&fail(store_buffering(None)));
    assert_eq!(accesses.len(), 4, "{accesses:?}");
    assert!(accesses.iter().all(|one| one.ends_with(": SeqCst")), "{accesses:?}");
    let found = Explorer::new().memory(Memory::C11).check(store_buffering(Some(SeqCst)));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
}

#[test]
fn a_data_race_that_orderings_mend_says_which() {
    let failure = fail(|| {
        let shared = Arc::new((UnsafeCell::new(0), AtomicBool::named("ready", false)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            theirs.0.write(1);
            theirs.1.store(true, Release);
        });
        if shared.1.load(Relaxed) {
            shared.0.read();
        }
    });
    assert_eq!(too_weak(&failure), ["Load ready: Acquire"]);
}
