//! Plain memory.
#![allow(unsafe_code)]

use loom::cell::{Cell, UnsafeCell};
use loom::sync::Arc;
use loom::thread;

use super::fails_with;

struct Shared<T>(T);

// SAFETY: the threads of a model run one at a time, and races are reported.
unsafe impl<T> Sync for Shared<T> {}
// SAFETY: likewise.
unsafe impl<T> Send for Shared<T> {}

#[test]
fn two_writes_race() {
    fails_with("data race", || {
        let cell = Arc::new(Shared(UnsafeCell::new(0)));
        let theirs = cell.clone();
        // SAFETY: the cell is alive.
        thread::spawn(move || theirs.0.with_mut(|value| unsafe { *value = 1 }));
        // SAFETY: likewise.
        cell.0.with_mut(|value| unsafe { *value = 2 });
    });
}

#[test]
fn a_pointer_is_an_access_until_it_is_dropped() {
    let model = |drops: bool| {
        move || {
            let cell = Arc::new(Shared(UnsafeCell::new(0)));
            let theirs = cell.clone();
            let kept = Some(cell.0.get()).filter(|_| !drops);
            thread::spawn(move || drop(theirs.0.get_mut())).join().unwrap();
            drop(kept);
        }
    };
    fails_with("data race", model(false));
    loom::model(model(true));
}

#[test]
fn pointers_lead_to_the_value() {
    loom::model(|| {
        let cell: UnsafeCell<[u8; 2]> = UnsafeCell::from([1, 2]);
        // SAFETY: nothing else uses the cell.
        unsafe { cell.get_mut().deref()[0] = 3 };
        // SAFETY: likewise.
        assert_eq!(cell.get().with(|value| unsafe { *value }), [3, 2]);
        assert_eq!(cell.into_inner(), [3, 2]);
    });
}

#[test]
fn a_cell_is_checked() {
    loom::model(|| {
        let (one, other) = (Cell::new(1), Cell::new(2));
        one.swap(&other);
        assert_eq!((one.get(), other.take(), other.clone().into_inner()), (2, 1, 0));
        assert!(other < one);
    });
    fails_with("data race", || {
        let cell = Arc::new(Shared(Cell::new(0)));
        let theirs = cell.clone();
        thread::spawn(move || theirs.0.set(1));
        cell.0.get();
    });
}
