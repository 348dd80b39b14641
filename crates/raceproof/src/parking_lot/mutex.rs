//! A mutex.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::Duration;

use super::MappedMutexGuard;
use super::mapped::Part;
use super::timed::{taken, tried, until, within};
use crate::sync;
use crate::time::Instant;

/// A mutual exclusion lock, as `parking_lot::Mutex`. It has no poison: one whose guard is dropped by a panic is
/// given back.
pub struct Mutex<T: ?Sized>(sync::Mutex<T>);

/// Access to a mutex's data; gives the mutex back when dropped.
#[must_use = "the mutex is given back as soon as the guard is dropped"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// None while it lets go for a time.
    pub(super) guard: Option<sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    /// A free mutex.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Mutex(sync::Mutex::new(value))
    }

    /// A free mutex with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Mutex(sync::Mutex::named(name, value))
    }

    /// The data.
    pub fn into_inner(self) -> T {
        taken(self.0.into_inner())
    }
}

impl<T: ?Sized> Mutex<T> {
    fn guard<'a>(&'a self, guard: sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard { mutex: self, guard: Some(guard) }
    }

    /// Takes the mutex; waits until it is free.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.guard(taken(self.0.lock()))
    }

    /// Takes the mutex if it is free.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        tried(self.0.try_lock()).map(|guard| self.guard(guard))
    }

    /// Takes the mutex, or gives up after some time if it is held then.
    ///
    /// ```
    /// use raceproof::parking_lot::Mutex;
    /// use std::time::Duration;
    ///
    /// raceproof::model(|| {
    ///     let mutex = Mutex::new(0);
    ///     let _guard = mutex.lock();
    ///     assert!(mutex.try_lock_for(Duration::from_secs(1)).is_none());
    /// });
    /// ```
    #[track_caller]
    pub fn try_lock_for(&self, time: Duration) -> Option<MutexGuard<'_, T>> {
        within(time, Location::caller(), || self.try_lock())
    }

    /// As [`try_lock_for`](Self::try_lock_for), until then.
    #[track_caller]
    pub fn try_lock_until(&self, then: Instant) -> Option<MutexGuard<'_, T>> {
        self.try_lock_for(until(then))
    }

    /// Is it held? Takes it if not, and gives it back.
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        self.try_lock().is_none()
    }

    /// The data, for its only owner.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        taken(self.0.get_mut())
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    fn held(self) -> sync::MutexGuard<'a, T> {
        self.guard.expect("a guard that is not borrowed holds the mutex")
    }

    /// The mutex.
    pub fn mutex(guard: &Self) -> &'a Mutex<T> {
        guard.mutex
    }

    /// A guard for a part of the data.
    pub fn map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedMutexGuard<'a, U> {
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
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        let mutex = guard.mutex;
        let part = Part::of(guard.held(), f);
        part.map(MappedMutexGuard::new).map_err(|guard| mutex.guard(guard))
    }

    /// Gives the mutex back, calls `f`, and takes the mutex again.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        drop(guard.guard.take());
        let again = Again(guard);
        let result = f();
        drop(again);
        result
    }

    /// As [`unlocked`](Self::unlocked).
    #[track_caller]
    pub fn unlocked_fair<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        Self::unlocked(guard, f)
    }

    /// Gives the mutex back. Another thread may take it before those that wait.
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }

    /// Gives the mutex back and takes it again.
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        Self::unlocked(guard, || ());
    }
}

/// Takes a mutex again, also after a panic.
struct Again<'g, 'a, T: ?Sized>(&'g mut MutexGuard<'a, T>);

impl<T: ?Sized> Drop for Again<'_, '_, T> {
    fn drop(&mut self) {
        self.0.guard = Some(taken(self.0.mutex.0.lock()));
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it holds the mutex")
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("it holds the mutex")
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
