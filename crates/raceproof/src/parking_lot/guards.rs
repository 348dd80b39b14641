//! The guards of a read-write lock.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::mapped::Part;
use super::{MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockUpgradableReadGuard};
use crate::execution::{is_outside, teardown, tell};
use crate::sync;
use crate::telling::trace::Operation;

/// Shared access to a lock's data; gives it back when dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    pub(super) lock: &'a RwLock<T>,
    /// None while it lets go for a time.
    pub(super) guard: Option<sync::RwLockReadGuard<'a, T>>,
}

/// Exclusive access to a lock's data; gives it back when dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    pub(super) lock: &'a RwLock<T>,
    /// None while it lets go for a time. It is given back first: nothing is lost, as the other is held still.
    pub(super) right: Option<Right<'a>>,
    pub(super) guard: Option<sync::RwLockWriteGuard<'a, T>>,
}

/// The right to write. Steps that take it and give it back are not told.
pub(super) struct Right<'a>(Option<sync::MutexGuard<'a, ()>>);

impl<'a> Right<'a> {
    pub(super) fn new(guard: sync::MutexGuard<'a, ()>) -> Self {
        hide_last();
        Right(Some(guard))
    }
}

impl Drop for Right<'_> {
    fn drop(&mut self) {
        drop(self.0.take());
        hide_last();
    }
}

/// Leaves the last step out of what is told.
pub(super) fn hide_last() {
    if !is_outside() && !teardown::under_way() {
        tell(|recorder| {
            recorder.forget_last(&[Operation::Lock, Operation::TryLock, Operation::Unlock])
        });
    }
}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// The lock.
    pub fn rwlock(guard: &Self) -> &'a RwLock<T> {
        guard.lock
    }

    /// A guard for a part of the data.
    pub fn map<U: ?Sized>(guard: Self, f: impl FnOnce(&T) -> &U) -> MappedRwLockReadGuard<'a, U> {
        match Self::try_map(guard, |data| Some(f(data))) {
            Ok(mapped) => mapped,
            Err(_) => unreachable!("there is always a part"),
        }
    }

    /// A guard for a part of the data, if there is one.
    ///
    /// # Errors
    ///
    /// The guard again, if there is none.
    pub fn try_map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRwLockReadGuard<'a, U>, Self> {
        let lock = guard.lock;
        let held = guard.guard.expect("a guard that is not borrowed holds the lock");
        let part = Part::shared(held, f);
        part.map(MappedRwLockReadGuard::new).map_err(|guard| lock.reading(guard))
    }

    /// Gives the lock back, calls `f`, and takes the lock again.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        drop(guard.guard.take());
        let lock = guard.lock;
        let again = Again(|| guard.guard = Some(lock.shared()));
        let result = f();
        drop(again);
        result
    }

    /// Gives the lock back. Another thread may take it before those that wait.
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }

    /// Gives the lock back and takes it again.
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        Self::unlocked(guard, || ());
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// The lock.
    pub fn rwlock(guard: &Self) -> &'a RwLock<T> {
        guard.lock
    }

    /// Makes of the guard one for reading: no other thread writes in between.
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        let (lock, _right, held) = guard.into_parts();
        lock.reading(sync::RwLockWriteGuard::downgrade(held))
    }

    /// Makes of the guard one for upgradable reading: no other thread writes in between.
    #[track_caller]
    pub fn downgrade_to_upgradable(guard: Self) -> RwLockUpgradableReadGuard<'a, T> {
        let (lock, right, held) = guard.into_parts();
        RwLockUpgradableReadGuard::new(lock, right, sync::RwLockWriteGuard::downgrade(held))
    }

    fn into_parts(self) -> (&'a RwLock<T>, Right<'a>, sync::RwLockWriteGuard<'a, T>) {
        let RwLockWriteGuard { lock, right: Some(right), guard: Some(guard) } = self else {
            unreachable!("a guard that is not borrowed holds the lock")
        };
        (lock, right, guard)
    }

    /// A guard for a part of the data.
    pub fn map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedRwLockWriteGuard<'a, U> {
        match Self::try_map(guard, |data| Some(f(data))) {
            Ok(mapped) => mapped,
            Err(_) => unreachable!("there is always a part"),
        }
    }

    /// A guard for a part of the data, if there is one.
    ///
    /// # Errors
    ///
    /// The guard again, if there is none.
    pub fn try_map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedRwLockWriteGuard<'a, U>, Self> {
        Part::of(guard, f).map(MappedRwLockWriteGuard::new)
    }

    /// Gives the lock back, calls `f`, and takes the lock again.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        drop(guard.right.take());
        drop(guard.guard.take());
        let lock = guard.lock;
        let again = Again(|| {
            guard.right = Some(lock.right());
            guard.guard = Some(lock.exclusive());
        });
        let result = f();
        drop(again);
        result
    }

    /// Gives the lock back. Another thread may take it before those that wait.
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }

    /// Gives the lock back and takes it again.
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        Self::unlocked(guard, || ());
    }
}

/// Takes a lock again, also after a panic.
pub(super) struct Again<F: FnMut()>(pub(super) F);

impl<F: FnMut()> Drop for Again<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it holds the lock")
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it holds the lock")
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("it holds the lock")
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
