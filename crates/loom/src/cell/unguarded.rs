//! Plain memory.

use std::fmt;

use super::{ConstPtr, MutPtr};

/// Memory that nothing guards, as `std::cell::UnsafeCell`, with pointers in the place of references: an access
/// that is not ordered with another thread's, one of them a write, fails the model.
///
/// An access lasts until the closure of [`with`](Self::with) or [`with_mut`](Self::with_mut) returns, or until the
/// pointer of [`get`](Self::get) or [`get_mut`](Self::get_mut) is used for the last time. Another one that conflicts with it must not
/// begin before the pointer is dropped.
pub struct UnsafeCell<T: ?Sized> {
    /// Stands for the data.
    accesses: raceproof::cell::UnsafeCell<()>,
    data: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A cell with this value.
    #[track_caller]
    pub fn new(data: T) -> UnsafeCell<T> {
        let accesses = raceproof::cell::UnsafeCell::new(());
        UnsafeCell { accesses, data: std::cell::UnsafeCell::new(data) }
    }

    /// The value. Pointers of this thread may be left, but not be used.
    pub fn into_inner(self) -> T {
        self.accesses.end_own();
        self.data.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Runs `f` on a pointer to the value, which is read until `f` returns.
    #[track_caller]
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        let _read = self.accesses.begin_read();
        f(self.data.get())
    }

    /// Runs `f` on a pointer to the value, which is written until `f` returns.
    #[track_caller]
    pub fn with_mut<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        let _write = self.accesses.begin_write();
        f(self.data.get())
    }

    /// A pointer to the value, which is read until the pointer is dropped.
    #[track_caller]
    pub fn get(&self) -> ConstPtr<T> {
        ConstPtr::new(self.accesses.begin_read(), self.data.get())
    }

    /// A pointer to the value, which is written until the pointer is dropped.
    #[track_caller]
    pub fn get_mut(&self) -> MutPtr<T> {
        MutPtr::new(self.accesses.begin_write(), self.data.get())
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> UnsafeCell<T> {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(data: T) -> UnsafeCell<T> {
        UnsafeCell::new(data)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}
