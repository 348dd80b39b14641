//! Plain memory.
#![allow(unsafe_code)]

use loom::cell::{Cell, MutPtr, UnsafeCell};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
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

#[test]
fn a_pointer_may_be_left_when_the_value_is_taken_out() {
    loom::model(|| {
        let cell = UnsafeCell::new(1);
        let (read, written) = (cell.get(), UnsafeCell::new(2));
        let pointer = written.get_mut();
        assert_eq!((cell.into_inner(), written.into_inner()), (1, 2));
        drop((read, pointer));
    });
    // But not to another thread.
    fails_with("use after free", || {
        let cell = Box::into_raw(Box::new(UnsafeCell::new(1))).expose_provenance();
        let other = thread::spawn(move || {
            // SAFETY: the model fails before anything uses what is freed.
            let read =
                unsafe { &*std::ptr::with_exposed_provenance::<UnsafeCell<i32>>(cell) }.get();
            thread::yield_now();
            drop(read);
        });
        // SAFETY: it is made above.
        let cell = unsafe {
            Box::from_raw(std::ptr::with_exposed_provenance_mut::<UnsafeCell<i32>>(cell))
        };
        cell.into_inner();
        other.join().unwrap();
    });
}

#[test]
fn a_guard_may_let_go_of_its_lock_before_its_pointer() {
    struct Guard<'a> {
        pointer: MutPtr<i32>,
        lock: &'a AtomicBool,
    }

    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.lock.store(false, Release);
        }
    }

    let model = |uses_it: bool| {
        move || {
            let shared = Arc::new((AtomicBool::new(false), Shared(UnsafeCell::new(0))));
            let enter = move |shared: &(AtomicBool, Shared<UnsafeCell<i32>>)| {
                while shared.0.compare_exchange(false, true, Acquire, Relaxed).is_err() {
                    thread::yield_now();
                }
                let guard = Guard { pointer: shared.1.0.get_mut(), lock: &shared.0 };
                // SAFETY: the lock is held.
                unsafe { *guard.pointer.deref() += 1 };
                if uses_it {
                    guard.lock.store(false, Release);
                    // SAFETY: the model fails before another thread uses it.
                    unsafe { *guard.pointer.deref() += 1 };
                }
            };
            let theirs = shared.clone();
            let other = thread::spawn(move || enter(&theirs));
            enter(&shared);
            other.join().unwrap();
        }
    };
    loom::model(model(false));
    fails_with("data race", model(true));
}

/// The shape of a fault of oneshot 0.1.13. loom looks at what has been freed: oneshot's test passes there, this program ends in a
/// panic inside of loom (0.7.3).
#[test]
fn an_atomic_that_is_freed_too_early_is_found() {
    fails_with("use after free", || {
        let state = Box::into_raw(Box::new(AtomicUsize::new(0))).expose_provenance();
        let other = thread::spawn(move || {
            // SAFETY: the model fails before anything uses what is freed.
            let state = unsafe { &*std::ptr::with_exposed_provenance::<AtomicUsize>(state) };
            if state.compare_exchange(0, 1, AcqRel, Relaxed).is_ok() {
                state.swap(2, AcqRel); // "Now it is yours to free."
            }
        });
        let pointer = std::ptr::with_exposed_provenance_mut::<AtomicUsize>(state);
        // SAFETY: nothing has freed it.
        let state = unsafe { &*pointer };
        // This takes away what says that the other thread is at work, and then takes its own value for the other's.
        if state.swap(2, AcqRel) == 1 {
            while state.load(Relaxed) != 2 {
                thread::yield_now();
            }
        }
        // SAFETY: it is made above.
        drop(unsafe { Box::from_raw(pointer) });
        other.join().unwrap();
    });
}

/// The shape of a fault of flashmap 0.2.0: the thread that is woken writes the handle by which it is woken, while `unpark` still
/// has a reference to it. A wake-up from a copy is over with the handle before.
#[test]
fn a_handle_that_is_written_while_it_wakes_is_found() {
    let model = |copies: bool| {
        move || {
            let handle = Arc::new(Shared(UnsafeCell::new(Some(thread::current()))));
            let theirs = handle.clone();
            let other = thread::spawn(move || {
                let wake = |handle: &Option<thread::Thread>| {
                    let handle = handle.as_ref().expect("the sleeper has left it");
                    if copies {
                        return Some(handle.clone());
                    }
                    handle.unpark();
                    None
                };
                // SAFETY: the model fails before it is written meanwhile.
                let copy = theirs.0.with(|handle| wake(unsafe { &*handle }));
                if let Some(copy) = copy {
                    copy.unpark();
                }
            });
            thread::park();
            // SAFETY: the cell is alive, and no thread reads it.
            handle.0.with_mut(|handle| unsafe { *handle = None });
            other.join().unwrap();
        }
    };
    loom::model(model(true));
    fails_with("data race", model(false));
}
