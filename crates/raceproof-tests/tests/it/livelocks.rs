//! Loops that wait for what never comes.

use std::cell::Cell;

use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, Outcome, hint, thread};

use crate::polls::fails_by;

#[test]
fn a_spin_without_an_operation_is_a_livelock() {
    let result = Explorer::new().check(|| {
        let t = thread::spawn(|| {
            loop {
                hint::spin_loop();
            }
        });
        let _ = t;
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("{result:?}") };
    assert_eq!(failure.kind, FailureKind::Livelock, "{failure}");
}

#[test]
fn a_livelock_is_one_when_it_is_replayed() {
    let waits = |flags: &[AtomicBool; 2], on: usize| {
        while !flags[on].load(SeqCst) {
            thread::yield_now();
        }
    };
    // One waits for what does not come; two wait for each other; one waits beside another that has ended.
    for (first, second) in [(0, None), (0, Some(1)), (1, Some(0))] {
        fails_by(
            FailureKind::Livelock,
            || {
                let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(first == 1)]);
                let other = Arc::clone(&flags);
                let one = thread::spawn(move || {
                    waits(&other, first);
                    other[1].store(true, SeqCst);
                });
                second.into_iter().for_each(|on| waits(&flags, on));
                one.join().unwrap();
            },
            "nothing changes any more",
        );
    }
}

/// However many rounds a search waits for, the schedule says where nothing changes any more.
#[test]
fn a_livelock_of_few_rounds_is_one_when_it_is_replayed() {
    let model = || {
        let flag = AtomicBool::new(false);
        while !flag.load(SeqCst) {
            thread::yield_now();
        }
    };
    let Outcome::Failed(found) = Explorer::new().livelock_after(3).check(model).outcome else {
        panic!("it is found")
    };
    let Outcome::Failed(again) = Explorer::replay(&found.schedule, model).outcome else {
        panic!("it ends well")
    };
    assert_eq!((found.kind, again.kind), (FailureKind::Livelock, FailureKind::Livelock), "{again}");
}

/// Of several yields with no step in between, the schedule tells by which the thread waits.
#[test]
fn a_livelock_after_yields_that_are_no_steps() {
    fn pause() {
        thread::yield_now();
    }
    fails_by(
        FailureKind::Livelock,
        || {
            let flag = Arc::new(AtomicBool::new(false));
            (0..3).for_each(|_| pause());
            let theirs = Arc::clone(&flag);
            let other = thread::spawn(move || assert!(!theirs.load(SeqCst)));
            loop {
                pause();
                if flag.load(SeqCst) {
                    break;
                }
            }
            other.join().unwrap();
        },
        "nothing changes any more",
    );
}

/// Each round leaves it in another state, and is not tried by itself.
#[test]
fn a_loop_that_counts_its_rounds_and_waits_in_vain() {
    let runs = Cell::new(0);
    let result = Explorer::new().check(|| {
        runs.set(runs.get() + 1);
        let (rounds, flag) = (AtomicUsize::new(0), AtomicBool::new(false));
        while !flag.load(SeqCst) {
            rounds.fetch_add(1, SeqCst);
            thread::yield_now();
        }
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("{result:?}") };
    assert_eq!(failure.kind, FailureKind::StepLimit, "{failure}");
    for part in [
        "`main` is busy with atomic",
        " and pauses at livelocks.rs:",
        "but nothing that it may be waiting for",
    ] {
        assert!(failure.message.contains(part), "{failure}");
    }
    assert!(runs.get() < 200, "{} runs", runs.get());
}
