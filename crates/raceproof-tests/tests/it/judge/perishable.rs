//! Objects that a program may drop before their memory goes.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ops::Deref;

/// An object that is dropped when the program says so, or with this.
pub(super) struct Perishable<T> {
    value: UnsafeCell<ManuallyDrop<T>>,
    dropped: Cell<bool>,
}

// SAFETY: the threads of a model run on one OS thread, one at a time.
unsafe impl<T: Sync> Sync for Perishable<T> {}

impl<T> Perishable<T> {
    pub(super) fn new(value: T) -> Self {
        Perishable { value: UnsafeCell::new(ManuallyDrop::new(value)), dropped: Cell::new(false) }
    }

    pub(super) fn drop_now(&self) {
        self.dropped.set(true);
        // SAFETY: wrong if it was dropped before, or if it is used. The memory stays, and the
        // objects of the model that are dropped here know it.
        unsafe { ManuallyDrop::drop(&mut *self.value.get()) };
    }
}

impl<T> Deref for Perishable<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: as for `drop_now`.
        unsafe { &*self.value.get() }
    }
}

impl<T> Drop for Perishable<T> {
    fn drop(&mut self) {
        if !self.dropped.get() {
            self.drop_now();
        }
    }
}
