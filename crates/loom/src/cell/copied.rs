//! Plain memory that gives its value away.
#![allow(unsafe_code)]

use std::cmp::Ordering;
use std::fmt;
use std::mem;
use std::ptr;

use super::UnsafeCell;

/// As `std::cell::Cell`, with data races reported: code may say that it is `Sync`.
pub struct Cell<T> {
    cell: UnsafeCell<T>,
}

impl<T> Cell<T> {
    /// A cell with this value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Cell { cell: UnsafeCell::new(value) }
    }

    /// Sets the value.
    #[track_caller]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// Swaps the values of two cells.
    #[track_caller]
    pub fn swap(&self, other: &Self) {
        if ptr::eq(self, other) {
            return;
        }
        let (mine, theirs) = (self.cell.get_mut(), other.cell.get_mut());
        // SAFETY: both cells are alive and not the same, and no references to their values are given out.
        unsafe { mem::swap(mine.deref(), theirs.deref()) }
    }

    /// Puts a value in the place of another, which it returns.
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        // SAFETY: no references to the value are given out, and no other thread runs meanwhile.
        self.cell.with_mut(|there| unsafe { ptr::replace(there, value) })
    }

    /// A copy of the value.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: as for `replace`.
        self.cell.with(|there| unsafe { *there })
    }

    /// The value, and leaves the default in its place.
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    /// The value.
    #[track_caller]
    pub fn into_inner(self) -> T {
        self.cell.into_inner()
    }
}

impl<T> fmt::Debug for Cell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
}

impl<T: Default> Default for Cell<T> {
    #[track_caller]
    fn default() -> Cell<T> {
        Cell::new(T::default())
    }
}

impl<T: Copy> Clone for Cell<T> {
    #[track_caller]
    fn clone(&self) -> Cell<T> {
        Cell::new(self.get())
    }
}

impl<T> From<T> for Cell<T> {
    #[track_caller]
    fn from(value: T) -> Cell<T> {
        Cell::new(value)
    }
}

impl<T: PartialEq + Copy> PartialEq for Cell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq + Copy> Eq for Cell<T> {}

impl<T: PartialOrd + Copy> PartialOrd for Cell<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.get().partial_cmp(&other.get())
    }
}

impl<T: Ord + Copy> Ord for Cell<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.get().cmp(&other.get())
    }
}
