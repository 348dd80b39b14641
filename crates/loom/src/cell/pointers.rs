//! Pointers to plain memory, whose lives are accesses. What stands for a lock's guard often lets go of the lock first and of its
//! pointer then: so the access lasts no longer than the pointer is used.
#![allow(unsafe_code)]

use raceproof::cell::Open;

/// A `*const T` to the value of an [`UnsafeCell`](super::UnsafeCell), which is read until this is dropped.
#[derive(Debug)]
pub struct ConstPtr<T: ?Sized> {
    access: Open,
    pointer: *const T,
}

/// A `*mut T` to the value of an [`UnsafeCell`](super::UnsafeCell), which is written until this is dropped.
#[derive(Debug)]
pub struct MutPtr<T: ?Sized> {
    access: Open,
    pointer: *mut T,
}

impl<T: ?Sized> ConstPtr<T> {
    pub(super) fn new(access: Open, pointer: *const T) -> Self {
        ConstPtr { access: access.of_pointer(), pointer }
    }

    /// The value.
    ///
    /// # Safety
    ///
    /// As of a `*const T`: the cell is alive. Whether another thread writes it meanwhile is checked.
    #[allow(clippy::should_implement_trait)] // It is unsafe.
    pub unsafe fn deref(&self) -> &T {
        self.access.used();
        // SAFETY: the caller's promise.
        unsafe { &*self.pointer }
    }

    /// Runs `f` on the pointer, which it must not keep: what is done with it once this is dropped is not seen.
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        let result = f(self.pointer);
        self.access.used();
        result
    }
}

impl<T: ?Sized> MutPtr<T> {
    pub(super) fn new(access: Open, pointer: *mut T) -> Self {
        MutPtr { access: access.of_pointer(), pointer }
    }

    /// The value.
    ///
    /// # Safety
    ///
    /// As of a `*mut T`: the cell is alive, and there is no other reference made by this function. Whether
    /// another thread uses the cell meanwhile is checked.
    #[allow(clippy::mut_from_ref, clippy::should_implement_trait)] // It is a pointer, and unsafe.
    pub unsafe fn deref(&self) -> &mut T {
        self.access.used();
        // SAFETY: the caller's promise.
        unsafe { &mut *self.pointer }
    }

    /// Runs `f` on the pointer, which it must not keep: what is done with it once this is dropped is not seen.
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        let result = f(self.pointer);
        self.access.used();
        result
    }
}
