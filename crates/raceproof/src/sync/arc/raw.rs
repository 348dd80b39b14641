//! Owners and weak references as raw pointers, and other promises of the caller.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc as Std, Weak as StdWeak};

use super::{Arc, Weak};
use crate::execution::Owners;
use crate::kernel::owners::Count;

impl<T: ?Sized> Arc<T> {
    /// A pointer to the value, as which the owner lives on: see [`Arc::from_raw`].
    #[must_use = "losing the pointer will leak memory"]
    pub fn into_raw(this: Self) -> *const T {
        let _ = Self::as_ptr(&this);
        Std::into_raw(Self::into_parts(this).0)
    }

    /// A pointer to the value.
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const T {
        let value = Std::as_ptr(Self::std(this));
        Self::owners(this).note_address(value.addr());
        value
    }

    /// The owner that a pointer is.
    ///
    /// # Safety
    ///
    /// As of std's [`Arc::from_raw`](std::sync::Arc::from_raw), the pointer being of this type's [`Arc::into_raw`].
    pub unsafe fn from_raw(value: *const T) -> Self {
        let owners = Owners::at_address(value.addr());
        // SAFETY: it is of `into_raw`, which has it of std's.
        Arc::from_parts(unsafe { Std::from_raw(value) }, owners)
    }

    /// Adds an owner of the value that a pointer of [`Arc::into_raw`] owns.
    ///
    /// # Safety
    ///
    /// As of std's [`Arc::increment_strong_count`](std::sync::Arc::increment_strong_count).
    #[track_caller]
    pub unsafe fn increment_strong_count(value: *const T) {
        Owners::at_address(value.addr()).count(Count::Clone, Location::caller());
        // SAFETY: the caller's promise.
        unsafe { Std::increment_strong_count(value) };
    }

    /// Drops an owner of the value that a pointer of [`Arc::into_raw`] owns.
    ///
    /// # Safety
    ///
    /// As of std's [`Arc::decrement_strong_count`](std::sync::Arc::decrement_strong_count).
    #[track_caller]
    pub unsafe fn decrement_strong_count(value: *const T) {
        // SAFETY: the caller's promise.
        drop(unsafe { Self::from_raw(value) });
    }
}

impl<T> Arc<T> {
    /// The owner of a value that does not move.
    #[track_caller]
    pub fn pin(value: T) -> Pin<Self> {
        // SAFETY: no owner moves the value, which is std's `Arc`'s, and `deref` gives that.
        unsafe { Pin::new_unchecked(Self::new(value)) }
    }
}

impl<T> Arc<MaybeUninit<T>> {
    /// The same owner of a value that has been written.
    ///
    /// # Safety
    ///
    /// It has been.
    #[must_use]
    pub unsafe fn assume_init(self) -> Arc<T> {
        let (value, owners) = Self::into_parts(self);
        // SAFETY: the caller's promise.
        Arc::from_parts(unsafe { value.assume_init() }, owners)
    }
}

impl<T> Arc<[MaybeUninit<T>]> {
    /// The same owner of values that have been written.
    ///
    /// # Safety
    ///
    /// They have been.
    #[must_use]
    pub unsafe fn assume_init(self) -> Arc<[T]> {
        let (value, owners) = Self::into_parts(self);
        // SAFETY: the caller's promise.
        Arc::from_parts(unsafe { value.assume_init() }, owners)
    }
}

impl<T: ?Sized> Weak<T> {
    /// A pointer to the value, as which the reference lives on: see [`Weak::from_raw`].
    #[must_use = "losing the pointer will leak memory"]
    pub fn into_raw(self) -> *const T {
        let _ = self.as_ptr();
        self.into_parts().0.into_raw()
    }

    /// The reference that a pointer is.
    ///
    /// # Safety
    ///
    /// As of std's [`Weak::from_raw`](std::sync::Weak::from_raw), the pointer being of this type's [`Weak::into_raw`].
    pub unsafe fn from_raw(value: *const T) -> Self {
        let owners = Owners::at_address(value.addr());
        // SAFETY: it is of `into_raw`, which has it of std's.
        Weak::from_parts(unsafe { StdWeak::from_raw(value) }, owners)
    }

    /// A pointer to the value, if that is alive.
    #[must_use]
    pub fn as_ptr(&self) -> *const T {
        let value = self.std().as_ptr();
        self.owners().note_address(value.addr());
        value
    }
}
