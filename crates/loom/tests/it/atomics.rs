//! Atomics, under Rust's memory model.
#![allow(unsafe_code)]

use loom::sync::Arc;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, fence};
use loom::thread;

use super::fails_with;

#[test]
fn a_relaxed_message_comes_without_its_data() {
    fails_with("stale", || {
        let shared = Arc::new((AtomicUsize::new(0), AtomicBool::new(false)));
        let theirs = shared.clone();
        thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.1.store(true, Relaxed);
        });
        if shared.1.load(Acquire) {
            assert_eq!(shared.0.load(Relaxed), 1, "stale");
        }
    });
}

#[test]
fn a_released_message_comes_with_its_data() {
    loom::model(|| {
        let shared = Arc::new((AtomicUsize::new(0), AtomicBool::new(false)));
        let theirs = shared.clone();
        thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.1.store(true, Release);
        });
        if shared.1.load(Acquire) {
            assert_eq!(shared.0.load(Relaxed), 1);
        }
    });
}

/// Both threads may miss each other's store, but for this.
fn store_buffering(between: fn(), order: loom::sync::atomic::Ordering) {
    let shared = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
    let theirs = shared.clone();
    let other = thread::spawn(move || {
        theirs.0.store(true, order);
        between();
        theirs.1.load(order)
    });
    shared.1.store(true, order);
    between();
    let seen = shared.0.load(order);
    assert!(other.join().unwrap() || seen, "both missed");
}

#[test]
fn stores_are_seen_late_without_a_fence() {
    fails_with("both missed", || store_buffering(|| (), Relaxed));
    loom::model(|| store_buffering(|| fence(SeqCst), Relaxed));
    loom::model(|| store_buffering(|| (), SeqCst));
}

#[test]
fn an_update_is_lost() {
    fails_with("lost", || {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = count.clone();
        let other = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        count.store(count.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), 2, "lost");
    });
}

#[test]
fn a_compare_and_swap_has_one_winner() {
    loom::model(|| {
        let taken = Arc::new(AtomicBool::new(false));
        let theirs = taken.clone();
        let other = thread::spawn(move || !theirs.compare_and_swap(false, true, AcqRel));
        let won = taken.compare_exchange_weak(false, true, AcqRel, Relaxed).is_ok();
        assert!(won != other.join().unwrap());
    });
}

#[test]
fn an_unsynchronised_load_races_with_a_store() {
    let model = |joins: bool| {
        move || {
            let value = Arc::new(AtomicUsize::new(0));
            let theirs = value.clone();
            let other = thread::spawn(move || theirs.store(1, Release));
            if joins {
                other.join().unwrap();
            }
            // SAFETY: that nothing stores meanwhile is checked.
            let seen = unsafe { value.unsync_load() };
            assert!(seen == 1 || !joins);
        }
    };
    fails_with("data race", model(false));
    loom::model(model(true));
}

#[test]
fn the_only_owner_changes_the_value_plainly() {
    loom::model(|| {
        let mut head = AtomicPtr::new(std::ptr::null_mut::<u8>());
        head.store(std::ptr::dangling_mut(), Relaxed);
        let taken = head.with_mut(|head| std::mem::replace(head, std::ptr::null_mut()));
        assert!(!taken.is_null() && head.into_inner().is_null());
        assert_eq!(AtomicUsize::from(3).into_inner() + AtomicUsize::default().into_inner(), 3);
    });
}
