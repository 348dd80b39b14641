//! Accesses of plain memory: how long they last, and what orders them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use raceproof::sync::atomic::{AtomicBool, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex};
use raceproof::{FailureKind, cell::UnsafeCell, thread};

use super::{SOON, fails_with, holds};

/// A cell and a flag, as two threads share them; the second reads the cell where it sees the flag.
fn read_once_set(publish: impl Fn(&UnsafeCell<i32>, &AtomicBool)) {
    let shared = Arc::new((UnsafeCell::new(0), AtomicBool::new(false)));
    let theirs = Arc::clone(&shared);
    let reader = thread::spawn(move || {
        if theirs.1.load(SeqCst) {
            theirs.0.read();
        }
    });
    publish(&shared.0, &shared.1);
    reader.join().unwrap();
}

#[test]
fn a_write_ends_with_its_closure() {
    fails_with(FailureKind::DataRace, "nothing orders them", || {
        read_once_set(|cell, flag| cell.with_mut(|_| flag.store(true, SeqCst)));
    });
}

#[test]
fn another_thread_s_access_inside_of_a_write_is_a_race_whatever_orders_it() {
    fails_with(FailureKind::DataRace, "the first has not ended", || {
        let cell = Arc::new(UnsafeCell::new(0));
        let theirs = Arc::clone(&cell);
        cell.with_mut(|_| thread::spawn(move || theirs.read()).join().unwrap());
    });
}

#[test]
fn what_is_published_after_a_write_orders_it() {
    holds(|| {
        read_once_set(|cell, flag| {
            cell.with_mut(|_| ());
            flag.store(true, SeqCst);
        });
    });
}

#[test]
fn a_write_ends_if_its_closure_panics() {
    holds(|| {
        let cell = UnsafeCell::new(0);
        let write = || cell.with_mut(|_| panic!("inside"));
        assert!(catch_unwind(AssertUnwindSafe(write)).is_err());
        cell.read();
    });
}

#[test]
fn an_access_inside_of_a_write_in_one_thread_is_an_error() {
    let access: [fn(&UnsafeCell<i32>); 3] = [
        |cell| cell.with_mut(|_| _ = cell.read()),
        |cell| cell.with(|_| cell.write(1)),
        |cell| cell.with_mut(|_| cell.with_mut(|_| ())),
    ];
    for access in access {
        fails_with(FailureKind::Overlap, "before that access ends main", || {
            access(&UnsafeCell::new(0));
        });
    }
}

/// The thread is the last thing that is made.
#[test]
fn a_thread_that_is_started_beside_a_cell_has_a_token() {
    holds(|| {
        let cell = Arc::new(UnsafeCell::new(0));
        let theirs = Arc::clone(&cell);
        let parked = thread::spawn(move || {
            thread::park();
            theirs.read();
        });
        cell.write(1);
        parked.thread().unpark();
        parked.join().unwrap();
    });
}

#[test]
fn reads_may_overlap() {
    holds(|| {
        let cell = Arc::new(UnsafeCell::new(0));
        let theirs = Arc::clone(&cell);
        let turn = AtomicBool::new(false);
        let reader = thread::spawn(move || theirs.with(|_| theirs.read()));
        cell.with(|_| cell.with(|_| turn.store(true, SeqCst)));
        reader.join().unwrap();
        cell.write(1);
    });
}

#[test]
fn a_notification_without_the_mutex_orders_no_plain_memory() {
    fails_with(FailureKind::DataRace, "", || {
        let shared = Arc::new((Mutex::new(()), Condvar::new(), UnsafeCell::new(0)));
        let theirs = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            theirs.2.write(1);
            theirs.1.notify_one();
        });
        let guard = shared.0.lock().unwrap();
        let (guard, result) = shared.1.wait_timeout(guard, SOON).unwrap();
        if !result.timed_out() {
            shared.2.read();
        }
        drop(guard);
        writer.join().unwrap();
    });
}

#[test]
fn a_token_orders_plain_memory() {
    holds(|| {
        let cell = Arc::new(UnsafeCell::new(0));
        let theirs = Arc::clone(&cell);
        let reader = thread::spawn(move || {
            thread::park();
            assert_eq!(theirs.read(), 1);
        });
        cell.write(1);
        reader.thread().unpark();
        reader.join().unwrap();
    });
}

#[test]
fn a_notification_under_the_mutex_comes_with_its_order() {
    holds(|| {
        let shared = Arc::new((Mutex::new(()), Condvar::new(), UnsafeCell::new(0)));
        let theirs = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            let _guard = theirs.0.lock().unwrap();
            theirs.2.write(1);
            theirs.1.notify_one();
        });
        let guard = shared.0.lock().unwrap();
        let (guard, result) = shared.1.wait_timeout(guard, SOON).unwrap();
        if !result.timed_out() {
            shared.2.read();
        }
        drop(guard);
        writer.join().unwrap();
    });
}
