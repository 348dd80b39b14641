//! A read-write lock.
//!
//! It is two locks, as parking_lot's has two parts: the right to write, which one writer or upgradable reader has at a
//! time, and the lock of the data. A writer takes the right first, and then waits for the readers. So an upgradable
//! reader can give its read back and take the lock for writing with no other writer in between. Lanes tell the lock of the
//! data alone.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::guards::{Right, RwLockReadGuard, RwLockWriteGuard, hide_last};
use super::timed::{taken, tried, until, within};
use super::upgradable::RwLockUpgradableReadGuard;
use crate::sync;
use crate::time::Instant;

/// A lock held by any number of readers or by one writer, as `parking_lot::RwLock`. It has no poison.
///
/// A read waits behind a thread that waits to write, so a thread that reads twice may wait for itself. As a
/// writer may come late, a read may also pass: both are explored, see that of [`sync`](crate::sync::RwLock).
pub struct RwLock<T: ?Sized> {
    /// The right to write.
    right: sync::Mutex<()>,
    data: sync::RwLock<T>,
}

impl<T> RwLock<T> {
    /// A free lock.
    #[track_caller]
    pub fn new(value: T) -> Self {
        RwLock {
            right: sync::Mutex::named("the right to write", ()),
            data: sync::RwLock::new(value),
        }
    }

    /// A free lock with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        let name = name.into();
        let right = sync::Mutex::named(format!("the right to write {name}"), ());
        RwLock { right, data: sync::RwLock::named(name, value) }
    }

    /// The data.
    pub fn into_inner(self) -> T {
        taken(self.data.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    #[track_caller]
    pub(super) fn right(&self) -> Right<'_> {
        Right::new(taken(self.right.lock()))
    }

    #[track_caller]
    pub(super) fn try_right(&self) -> Option<Right<'_>> {
        let right = tried(self.right.try_lock());
        if right.is_none() {
            hide_last();
        }
        right.map(Right::new)
    }

    #[track_caller]
    pub(super) fn shared(&self) -> sync::RwLockReadGuard<'_, T> {
        taken(self.data.read())
    }

    #[track_caller]
    pub(super) fn exclusive(&self) -> sync::RwLockWriteGuard<'_, T> {
        taken(self.data.write())
    }

    #[track_caller]
    pub(super) fn try_exclusive(&self) -> Option<sync::RwLockWriteGuard<'_, T>> {
        tried(self.data.try_write())
    }

    pub(super) fn reading<'a>(
        &'a self,
        guard: sync::RwLockReadGuard<'a, T>,
    ) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard { lock: self, guard: Some(guard) }
    }

    pub(super) fn writing<'a>(
        &'a self,
        right: Right<'a>,
        guard: sync::RwLockWriteGuard<'a, T>,
    ) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard { lock: self, right: Some(right), guard: Some(guard) }
    }

    /// Takes the lock for reading; waits until no writer holds it. If readers hold it and another thread waits to
    /// write, it waits behind that.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.reading(self.shared())
    }

    /// Takes the lock for reading if no writer holds it, and none waits.
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        tried(self.data.try_read()).map(|guard| self.reading(guard))
    }

    /// Takes the lock for reading, or gives up after some time if it is held then.
    #[track_caller]
    pub fn try_read_for(&self, time: Duration) -> Option<RwLockReadGuard<'_, T>> {
        within(time, Location::caller(), || self.try_read())
    }

    /// As [`try_read_for`](Self::try_read_for), until then.
    #[track_caller]
    pub fn try_read_until(&self, then: Instant) -> Option<RwLockReadGuard<'_, T>> {
        self.try_read_for(until(then))
    }

    /// Takes the lock for writing; waits until nobody holds it.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let right = self.right();
        self.writing(right, self.exclusive())
    }

    /// Takes the lock for writing if nobody holds it.
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        let right = self.try_right()?;
        self.try_exclusive().map(|guard| self.writing(right, guard))
    }

    /// Takes the lock for writing, or gives up after some time if it is held then.
    #[track_caller]
    pub fn try_write_for(&self, time: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        within(time, Location::caller(), || self.try_write())
    }

    /// As [`try_write_for`](Self::try_write_for), until then.
    #[track_caller]
    pub fn try_write_until(&self, then: Instant) -> Option<RwLockWriteGuard<'_, T>> {
        self.try_write_for(until(then))
    }

    /// Takes the lock for reading, with the right to [upgrade](RwLockUpgradableReadGuard::upgrade), which one thread
    /// has at a time. Waits until no writer and no upgradable reader holds it.
    ///
    /// ```
    /// use raceproof::parking_lot::{RwLock, RwLockUpgradableReadGuard};
    ///
    /// raceproof::model(|| {
    ///     let cache = RwLock::named("cache", None);
    ///     let looked = cache.upgradable_read();
    ///     if looked.is_none() {
    ///         *RwLockUpgradableReadGuard::upgrade(looked) = Some(5);
    ///     }
    ///     assert_eq!(*cache.read(), Some(5));
    /// });
    /// ```
    #[track_caller]
    pub fn upgradable_read(&self) -> RwLockUpgradableReadGuard<'_, T> {
        let right = self.right();
        RwLockUpgradableReadGuard::new(self, right, self.shared())
    }

    /// As [`upgradable_read`](Self::upgradable_read), if it need not wait.
    #[track_caller]
    pub fn try_upgradable_read(&self) -> Option<RwLockUpgradableReadGuard<'_, T>> {
        let right = self.try_right()?;
        let guard = tried(self.data.try_read());
        guard.map(|guard| RwLockUpgradableReadGuard::new(self, right, guard))
    }

    /// As [`upgradable_read`](Self::upgradable_read), or gives up after some time if the lock is held then.
    #[track_caller]
    pub fn try_upgradable_read_for(
        &self,
        time: Duration,
    ) -> Option<RwLockUpgradableReadGuard<'_, T>> {
        within(time, Location::caller(), || self.try_upgradable_read())
    }

    /// As [`try_upgradable_read_for`](Self::try_upgradable_read_for), until then.
    #[track_caller]
    pub fn try_upgradable_read_until(
        &self,
        then: Instant,
    ) -> Option<RwLockUpgradableReadGuard<'_, T>> {
        self.try_upgradable_read_for(until(then))
    }

    /// Does any thread hold it? Takes it if not, and gives it back.
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        self.try_write().is_none()
    }

    /// Does a writer hold it? Reads it if not, and gives it back.
    #[track_caller]
    pub fn is_locked_exclusive(&self) -> bool {
        self.try_read().is_none()
    }

    /// The data, for its only owner.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        taken(self.data.get_mut())
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}
