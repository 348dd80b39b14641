//! Limits and files.
#![allow(unsafe_code)]

use std::env;
use std::fs;
use std::panic::catch_unwind;
use std::time::Duration;

use loom::model::Builder;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::{fails, fails_with};

/// So many executions that none of the limits below lets all of them run.
fn large(threads: usize, rounds: usize) {
    let count = Arc::new(AtomicUsize::new(0));
    for _ in 0..threads {
        let theirs = count.clone();
        thread::spawn(move || (0..rounds).for_each(|_| _ = theirs.fetch_add(1, SeqCst)));
    }
}

fn lost_update() {
    let count = Arc::new(Mutex::new(0));
    let theirs = count.clone();
    let other = thread::spawn(move || {
        let seen = *theirs.lock().unwrap();
        *theirs.lock().unwrap() = seen + 1;
    });
    let seen = *count.lock().unwrap();
    *count.lock().unwrap() = seen + 1;
    other.join().unwrap();
    assert_eq!(*count.lock().unwrap(), 2, "lost");
}

#[test]
fn a_limit_ends_the_search() {
    let mut builder = Builder::new();
    builder.max_permutations = Some(10);
    builder.check(|| large(4, 4));
    let mut builder = Builder::new();
    builder.max_duration = Some(Duration::from_millis(10));
    builder.check(|| large(4, 4));
}

#[test]
fn few_preemptions_find_what_they_can() {
    let mut builder = Builder::default();
    builder.preemption_bound = Some(1);
    builder.check(|| large(2, 1));
    let found = catch_unwind(|| {
        let mut builder = Builder::new();
        (builder.preemption_bound, builder.max_permutations) = (Some(1), Some(1_000));
        builder.check(lost_update);
    });
    assert!(found.is_err());
}

#[test]
fn a_failure_is_told_in_lanes_and_can_be_run_again() {
    let told = fails(lost_update);
    assert!(told.contains("│   main") && told.contains("RACEPROOF_REPLAY="), "{told}");
}

#[test]
fn a_failing_execution_is_kept_and_tried_first() {
    let file = env::temp_dir().join(format!("loom-checkpoint-{}", std::process::id()));
    let check = || {
        let mut builder = Builder::new();
        builder.checkpoint_file(file.to_str().unwrap()).max_permutations = Some(1_000);
        catch_unwind(|| builder.check(lost_update)).is_err()
    };
    assert!(check());
    let kept = fs::read_to_string(&file).unwrap();
    assert!(check());
    assert_eq!(fs::read_to_string(&file).unwrap(), kept);
    fs::remove_file(&file).unwrap();
}

#[test]
fn an_execution_that_goes_on_for_ever_fails() {
    fails_with("livelock", || {
        loop {
            thread::yield_now();
        }
    });
}

#[test]
fn what_is_not_explored_under_c11_is_explored_sequentially() {
    fails_with("taken", || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = lock.clone();
        let other = thread::spawn(move || drop(theirs.lock()));
        assert!(lock.try_lock().is_ok(), "taken");
        other.join().unwrap();
    });
}

#[test]
fn hints_do_nothing() {
    loom::model(|| {
        loom::stop_exploring();
        loom::explore();
        loom::skip_branch();
        const { assert!(loom::MAX_THREADS > 5) };
    });
    // SAFETY: it panics.
    fails_with("unreachable_unchecked", || unsafe { loom::hint::unreachable_unchecked() });
}
