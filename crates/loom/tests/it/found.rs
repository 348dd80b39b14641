//! Shapes of faults that tests of other crates have found: see docs/FINDINGS.md.
#![allow(unsafe_code)]

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, Ordering::*};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::fails_with;

/// One who waits, as the list has it: by an address.
struct Waiter {
    woken: UnsafeCell<bool>,
}

#[derive(Default)]
struct Semaphore {
    closed: AtomicBool,
    list: Mutex<Option<usize>>,
}

impl Semaphore {
    /// Says that it is closed, then wakes whom it finds in the list.
    fn close(&self) {
        let mut list = self.list.lock().unwrap();
        self.closed.store(true, Release);
        if let Some(waiter) = list.take() {
            let waiter = std::ptr::with_exposed_provenance::<Waiter>(waiter);
            // SAFETY: the model fails before anything uses what is freed.
            unsafe { (*waiter).woken.with_mut(|woken| *woken = true) };
        }
    }
}

/// maitake-sync 0.3.0: who finds the semaphore closed when it looks again is done, and takes its place in the list along unless it locks
/// the list first.
#[test]
fn a_waiter_that_is_freed_in_the_list_is_found() {
    let model = |leaves_list: bool| {
        move || {
            let semaphore = Arc::new(Semaphore::default());
            let waiter = Box::into_raw(Box::new(Waiter { woken: UnsafeCell::new(false) }));
            *semaphore.list.lock().unwrap() = Some(waiter.expose_provenance());
            let theirs = semaphore.clone();
            let other = thread::spawn(move || theirs.close());
            if leaves_list || !semaphore.closed.load(Acquire) {
                *semaphore.list.lock().unwrap() = None;
            }
            // SAFETY: it is made above.
            drop(unsafe { Box::from_raw(waiter) });
            other.join().unwrap();
        }
    };
    loom::model(model(true));
    fails_with("use after free", model(false));
}
