//! Many threads, many steps, and what is left of them.

use std::cell::Cell;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize as Real;

use raceproof::sync::Mutex;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, Outcome, cell, thread};

use super::{fails_with, holds};
use crate::memory::held;

struct Counted(Arc<Real>);

impl Counted {
    fn new(alive: &Arc<Real>) -> Self {
        alive.fetch_add(1, SeqCst);
        Counted(Arc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn a_forgotten_handle_s_result_is_dropped() {
    let alive = Arc::new(Real::new(0));
    holds(|| {
        let counted = Counted::new(&alive);
        mem::forget(thread::spawn(move || counted));
    });
    assert_eq!(alive.load(SeqCst), 0);
}

#[test]
fn a_forgotten_handle_s_panic_is_dropped() {
    let alive = Arc::new(Real::new(0));
    fails_with(FailureKind::Assertion, "", || {
        let counted = Counted::new(&alive);
        mem::forget(thread::spawn(move || std::panic::panic_any(counted)));
    });
    assert_eq!(alive.load(SeqCst), 0);
}

/// A result's destructor may do what it likes, although no thread of its execution runs any more.
#[test]
fn a_forgotten_handle_s_result_may_take_steps_and_panic_when_it_is_dropped() {
    struct Busy(Arc<Mutex<usize>>);
    impl Drop for Busy {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
            thread::spawn(|| ()).join().unwrap();
        }
    }
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let model = || {
        let lock = Arc::default();
        mem::forget(thread::spawn(move || Busy(lock)));
        mem::forget(thread::spawn(|| Panics));
    };
    holds(model);
    assert!(!std::thread::panicking(), "no panic is left");
    holds(model);
}

/// Starts `n` threads one after the other, of which each takes a step and writes plain memory.
/// Returns how many bytes are held at the end of the execution.
fn one_after_another(n: usize) -> i64 {
    let (total, bytes) = (Cell::new(0), Cell::new(held()));
    let result = Explorer::new().max_steps(1_000_000).check(|| {
        for _ in 0..n {
            let shared = Arc::new((AtomicUsize::new(0), cell::UnsafeCell::new(0)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                theirs.1.write(1);
                theirs.0.store(1, SeqCst);
            });
            other.join().unwrap();
            total.set(total.get() + shared.0.load(SeqCst) + shared.1.read());
        }
        bytes.set(held() - bytes.get());
    });
    assert!(matches!(result.outcome, Outcome::Proved), "{result:?}");
    assert_eq!((result.executions, total.get()), (1, 2 * n));
    bytes.get()
}

/// Eight times as many threads take about eight times as much memory; a table of all threads and all
/// steps would take 64 times as much.
#[test]
fn threads_one_after_another_take_linear_time() {
    let (few, many) = (one_after_another(400), one_after_another(3_200));
    assert!(many < 16 * few, "{few} bytes for 400 threads, {many} bytes for 3,200");
}

#[test]
fn an_execution_may_have_ten_thousand_threads() {
    one_after_another(10_000);
}

#[test]
fn an_execution_may_have_two_hundred_thousand_steps() {
    let steps = |n: usize| {
        let bytes = Cell::new(held());
        let result = Explorer::new().max_steps(1_000_000).check(|| {
            let lock = Arc::new(Mutex::new(0));
            for _ in 0..2 {
                let lock = Arc::clone(&lock);
                let adds = move || (0..n / 4).for_each(|_| *lock.lock().unwrap() += 1);
                thread::spawn(adds).join().unwrap();
            }
            assert_eq!(*lock.lock().unwrap(), n / 2);
            bytes.set(held() - bytes.get());
        });
        assert!(matches!(result.outcome, Outcome::Proved), "{result:?}");
        assert!(result.steps as usize >= n, "{result:?}");
        bytes.get()
    };
    let (few, many) = (steps(25_000), steps(200_000));
    assert!(many < 16 * few, "{few} bytes for 25,000 steps, {many} bytes for 200,000");
}

/// Both writers are in one chain with a thread that had ended before; only one is before the reader.
#[test]
fn a_thread_is_not_ordered_by_the_end_of_another_in_whose_place_it_came() {
    fails_with(FailureKind::DataRace, "", || {
        let cell = Arc::new(cell::UnsafeCell::new(0));
        let theirs = Arc::clone(&cell);
        // Two threads wait for the first, and the second does so when its place is taken.
        thread::scope(|scope| {
            let first = scope.spawn(|| ());
            first.join().unwrap();
            mem::forget(thread::spawn(move || theirs.write(1)));
        });
        cell.read();
    });
}
