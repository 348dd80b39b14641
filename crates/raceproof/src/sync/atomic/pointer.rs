//! The pointer that threads share.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::panic::RefUnwindSafe;
use std::sync::atomic::Ordering;

use super::shared::{Shared, Word};
use crate::execution::try_kernel;
use crate::kernel::{Kernel, Op};

/// A pointer that threads share, as in `std::sync::atomic`.
pub struct AtomicPtr<T>(Shared<*mut T>);

// SAFETY: as std's: the pointer itself is only a value; using it is the user's unsafe code.
unsafe impl<T> Send for AtomicPtr<T> {}
// SAFETY: likewise, and as for `Shared`.
unsafe impl<T> Sync for AtomicPtr<T> {}

common!(
    AtomicPtr,
    *mut T,
    true,
    |value: *mut T| value.expose_provenance() as u64,
    |bits: u64| std::ptr::with_exposed_provenance_mut(bits as usize),
    [<T>]
);

impl<T> AtomicPtr<T> {
    /// Moves the pointer on by this many `T`, wrapping around; returns the pointer before.
    #[track_caller]
    #[inline]
    pub fn fetch_ptr_add(&self, value: usize, order: Ordering) -> *mut T {
        self.0.modify(order, |old| old.wrapping_add(value))
    }

    /// Moves the pointer back by this many `T`, wrapping around; returns the pointer before.
    #[track_caller]
    #[inline]
    pub fn fetch_ptr_sub(&self, value: usize, order: Ordering) -> *mut T {
        self.0.modify(order, |old| old.wrapping_sub(value))
    }

    /// Moves the pointer on by this many bytes, wrapping around; returns the pointer before.
    #[track_caller]
    #[inline]
    pub fn fetch_byte_add(&self, value: usize, order: Ordering) -> *mut T {
        self.0.modify(order, |old| old.wrapping_byte_add(value))
    }

    /// Moves the pointer back by this many bytes, wrapping around; returns the pointer before.
    #[track_caller]
    #[inline]
    pub fn fetch_byte_sub(&self, value: usize, order: Ordering) -> *mut T {
        self.0.modify(order, |old| old.wrapping_byte_sub(value))
    }

    /// Bitwise or of the address; returns the pointer before.
    #[track_caller]
    #[inline]
    pub fn fetch_or(&self, value: usize, order: Ordering) -> *mut T {
        self.0.modify(order, |old| old.map_addr(|addr| addr | value))
    }

    /// Bitwise and of the address; returns the pointer before.
    #[track_caller]
    #[inline]
    pub fn fetch_and(&self, value: usize, order: Ordering) -> *mut T {
        self.0.modify(order, |old| old.map_addr(|addr| addr & value))
    }

    /// Bitwise exclusive or of the address; returns the pointer before.
    #[track_caller]
    #[inline]
    pub fn fetch_xor(&self, value: usize, order: Ordering) -> *mut T {
        self.0.modify(order, |old| old.map_addr(|addr| addr ^ value))
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
    }
}

impl<T> Default for AtomicPtr<T> {
    /// A null pointer.
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

impl<T> From<*mut T> for AtomicPtr<T> {
    #[track_caller]
    fn from(value: *mut T) -> Self {
        Self::new(value)
    }
}
