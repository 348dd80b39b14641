//! A read-write lock.
//!
//! It is two locks, as parking_lot's has two parts: the right to write, which one writer or upgradable reader has at a
//! time, and the lock of the data. A writer takes the right first, and then waits for the readers. So an upgradable
//! reader can give its read back and take the lock for writing with no other writer in between. Lanes tell the lock of the
//! data alone.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::Duration;

use super::mapped::Part;
use super::timed::{taken, tried, until, within};
use super::upgradable::RwLockUpgradableReadGuard;
use super::{MappedRwLockReadGuard, MappedRwLockWriteGuard};
use crate::execution::{is_outside, teardown, tell};
use crate::sync;
use crate::time::Instant;

/// A lock held by any number of readers or by one writer, as `parking_lot::RwLock`. It has no poison.
///
/// A read waits behind a thread that waits to write, so a thread that reads twice may wait for itself. As a
/// writer may come late, a read may also pass: both are explored, see [`sync::RwLock`](crate::sync::RwLock).
pub struct RwLock<T: ?Sized> {
    /// The right to write.
    right: sync::Mutex<()>,
    data: sync::RwLock<T>,
}

/// Shared access to a lock's data; gives it back when dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// None while it lets go for a time.
    guard: Option<sync::RwLockReadGuard<'a, T>>,
}

/// Exclusive access to a lock's data; gives it back when dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// None while it lets go for a time. It is given back first: nothing is lost, as the other is held still.
    right: Option<Right<'a>>,
    guard: Option<sync::RwLockWriteGuard<'a, T>>,
}

/// The right to write. Steps that take it and give it back are not told.
pub(super) struct Right<'a>(Option<sync::MutexGuard<'a, ()>>);

impl<'a> Right<'a> {
    fn new(guard: sync::MutexGuard<'a, ()>) -> Self {
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
fn hide_last() {
    if !is_outside() && !teardown::under_way() {
        tell(|recorder| recorder.forget_last());
    }
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
