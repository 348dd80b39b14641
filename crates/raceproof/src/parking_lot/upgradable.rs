//! Reads that may become writes.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::time::Duration;

use super::guards::{Again, Right};
use super::timed::{until, within};
use super::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::sync;
use crate::time::Instant;

/// Shared access to a lock's data, with the right to upgrade; gives both back when dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct RwLockUpgradableReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// None while it lets go for a time, or becomes another guard.
    right: Option<Right<'a>>,
    guard: Option<sync::RwLockReadGuard<'a, T>>,
}

impl<'a, T: ?Sized> RwLockUpgradableReadGuard<'a, T> {
    pub(super) fn new(
        lock: &'a RwLock<T>,
        right: Right<'a>,
        guard: sync::RwLockReadGuard<'a, T>,
    ) -> Self {
        RwLockUpgradableReadGuard { lock, right: Some(right), guard: Some(guard) }
    }

    fn take_right(&mut self) -> Right<'a> {
        self.right.take().expect("a guard that is not borrowed holds the lock")
    }

    /// The lock.
    pub fn rwlock(guard: &Self) -> &'a RwLock<T> {
        guard.lock
    }

    /// Makes of the guard one for writing; waits until no reader holds the lock. No other thread writes in between.
    #[track_caller]
    pub fn upgrade(mut guard: Self) -> RwLockWriteGuard<'a, T> {
        let right = guard.take_right();
        // Whoever writes has the right.
        drop(guard.guard.take());
        guard.lock.writing(right, guard.lock.exclusive())
    }

    /// As [`upgrade`](Self::upgrade), if it need not wait.
    ///
    /// # Errors
    ///
    /// The guard again, if a reader holds the lock.
    #[track_caller]
    pub fn try_upgrade(mut guard: Self) -> Result<RwLockWriteGuard<'a, T>, Self> {
        drop(guard.guard.take());
        match guard.lock.try_exclusive() {
            Some(held) => Ok(guard.lock.writing(guard.take_right(), held)),
            None => {
                guard.guard = Some(guard.lock.shared());
                Err(guard)
            }
        }
    }

    /// As [`upgrade`](Self::upgrade), or gives up after some time if a reader holds the lock then.
    ///
    /// # Errors
    ///
    /// The guard again, if it gives up.
    #[track_caller]
    pub fn try_upgrade_for(guard: Self, time: Duration) -> Result<RwLockWriteGuard<'a, T>, Self> {
        let mut kept = Some(guard);
        let upgraded = within(time, Location::caller(), || {
            Self::try_upgrade(kept.take()?).map_err(|guard| kept = Some(guard)).ok()
        });
        upgraded.ok_or_else(|| kept.expect("it was given back"))
    }

    /// As [`try_upgrade_for`](Self::try_upgrade_for), until then.
    ///
    /// # Errors
    ///
    /// The guard again, if it gives up.
    #[track_caller]
    pub fn try_upgrade_until(guard: Self, then: Instant) -> Result<RwLockWriteGuard<'a, T>, Self> {
        Self::try_upgrade_for(guard, until(then))
    }

    /// Makes of the guard an ordinary one for reading.
    #[track_caller]
    pub fn downgrade(mut guard: Self) -> RwLockReadGuard<'a, T> {
        let held = guard.guard.take().expect("a guard that is not borrowed holds the lock");
        guard.lock.reading(held)
    }

    /// Upgrades for as long as `f` runs.
    #[track_caller]
    pub fn with_upgraded<R>(guard: &mut Self, f: impl FnOnce(&mut T) -> R) -> R {
        let lock = guard.lock;
        drop(guard.guard.take());
        let mut back = Back { written: Some(lock.exclusive()), guard };
        f(back.written.as_mut().expect("it was taken"))
    }

    /// Gives the lock back, calls `f`, and takes the lock again.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        drop(guard.right.take());
        drop(guard.guard.take());
        let lock = guard.lock;
        let again = Again(|| {
            guard.right = Some(lock.right());
            guard.guard = Some(lock.shared());
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

/// Downgrades again, also after a panic.
struct Back<'g, 'a, T: ?Sized> {
    guard: &'g mut RwLockUpgradableReadGuard<'a, T>,
    written: Option<sync::RwLockWriteGuard<'a, T>>,
}

impl<T: ?Sized> Drop for Back<'_, '_, T> {
    fn drop(&mut self) {
        self.guard.guard = self.written.take().map(sync::RwLockWriteGuard::downgrade);
    }
}

impl<T: ?Sized> Deref for RwLockUpgradableReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it holds the lock")
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockUpgradableReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
