//! Wakers that give a signal.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::sync::{Arc, Signal};

/// A waker that gives this signal.
pub(super) fn waker(signal: Arc<Signal>) -> Waker {
    // SAFETY: the functions of the table take the pointer for what it is, an owner, and the table's contract is
    // kept: each owner is dropped by `wake` or `drop`, and nowhere else. A signal is `Send` and `Sync`.
    unsafe { Waker::from_raw(raw(signal)) }
}

/// Whether the waker is one of these; if so, its signal notes that its task wants to be polled again.
pub(super) fn poll_again(waker: &Waker) -> bool {
    let is_own = std::ptr::eq(waker.vtable(), &raw const TABLE);
    if is_own {
        // SAFETY: a waker of this table has the pointer of an owner, which lives on.
        unsafe { borrowed(waker.data()) }.poll_again();
    }
    is_own
}

fn raw(signal: Arc<Signal>) -> RawWaker {
    RawWaker::new(Arc::into_raw(signal).cast(), &TABLE)
}

static TABLE: RawWakerVTable = RawWakerVTable::new(
    // SAFETY: the pointer is an owner's that lives on.
    |owner| raw(Arc::clone(&*unsafe { borrowed(owner) })),
    // SAFETY: the pointer is an owner's, which ends here.
    |owner| unsafe { owned(owner) }.notify(),
    // SAFETY: the pointer is an owner's that lives on.
    |owner| unsafe { borrowed(owner) }.notify(),
    // SAFETY: the pointer is an owner's, which ends here.
    |owner| drop(unsafe { owned(owner) }),
);

/// The owner that a pointer is.
///
/// # Safety
///
/// It is one of `Arc::into_raw`, whose owner has not been dropped.
unsafe fn owned(owner: *const ()) -> Arc<Signal> {
    // SAFETY: the caller's promise.
    unsafe { Arc::from_raw(owner.cast()) }
}

/// The same, and leaves it alive.
///
/// # Safety
///
/// As of [`owned`].
unsafe fn borrowed(owner: *const ()) -> ManuallyDrop<Arc<Signal>> {
    // SAFETY: the caller's promise.
    ManuallyDrop::new(unsafe { owned(owner) })
}
