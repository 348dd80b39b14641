//! A read-write lock.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::poison::{Before, Poison, real_guard, result, taken};
use crate::execution::{
    Life, belongs, check_use, kernel, note_effect, own, perform, teardown, tell,
};
use crate::kernel::{Kernel, Op, Pending};
use crate::telling::values::{self, Show};

/// A lock held by any number of readers or by one writer, as `std::sync::RwLock`.
///
/// As std promises neither, a read of a lock that other readers hold may wait behind a thread that
/// waits to write, or pass it: both are explored, unless a [policy](crate::RwLockPolicy) rules one out. So a
/// thread that reads twice at a time may wait for itself, behind a writer:
///
/// ```
/// use raceproof::sync::{Arc, RwLock};
/// use raceproof::{Explorer, RwLockPolicy, thread};
///
/// let twice = || {
///     let cache = Arc::new(RwLock::named("cache", 0));
///     let theirs = Arc::clone(&cache);
///     let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
///     let first = cache.read().unwrap();
///     let second = cache.read().unwrap();
///     assert_eq!(*first, *second);
///     drop((first, second));
///     writer.join().unwrap();
/// };
/// let failure = Explorer::new().expect_failure("deadlock", twice);
/// assert!(failure.message.contains("`main` waits to read cache, behind `thread 1`"), "{failure}");
/// Explorer::new().rwlock_policy(RwLockPolicy::ReadersPass).model(twice);
/// ```
///
/// Outside of a model it is std's.
pub struct RwLock<T: ?Sized> {
    id: Life,
    /// Whether a writer's arrival is a step.
    arrivals: bool,
    poison: Poison,
    /// How traces tell the data.
    show: Show,
    /// The lock itself if it was made outside of a model.
    real: std::sync::RwLock<()>,
    data: UnsafeCell<T>,
}

// SAFETY: as for std's: whoever has the lock has the data.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: the data is reached only through guards, which the kernel gives to one writer or
// to readers, under teardown too.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

/// Shared access to a lock's data; gives it back when dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    index: u32,
    /// Outside of a model.
    _real: Option<std::sync::RwLockReadGuard<'a, ()>>,
    at: &'static Location<'static>,
    not_send: PhantomData<*const ()>,
}

/// Exclusive access to a lock's data; gives it back when dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    index: u32,
    /// Outside of a model.
    real: Option<std::sync::RwLockWriteGuard<'a, ()>>,
    before: Before,
    at: &'static Location<'static>,
    not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives only shared access to the data.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: likewise.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<T> RwLock<T> {
    /// A free lock.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::make(None, Show::common::<T>(), value)
    }

    /// A free lock with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self::make(Some(name.into()), Show::common::<T>(), value)
    }

    /// A free lock with a name, whose data traces tell by its `Debug`. The standard library's common
    /// types are told anyway. `Debug` must do no operation of the model.
    #[track_caller]
    pub fn shown(name: impl Into<Cow<'static, str>>, value: T) -> Self
    where
        T: fmt::Debug,
    {
        Self::make(Some(name.into()), Show::debug::<T>(), value)
    }

    #[track_caller]
    fn make(name: Option<Cow<'static, str>>, show: Show, value: T) -> Self {
        let at = Location::caller();
        let (mut arrivals, mut poison) = (false, Poison::default());
        let id = Life::begin(at, |kernel| {
            let id;
            (id, arrivals) = kernel.create_rwlock(name, at);
            poison = Poison::new(kernel, at);
            id
        });
        let real = std::sync::RwLock::new(());
        RwLock { id, arrivals, poison, show, real, data: UnsafeCell::new(value) }
    }

    /// The data.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        let RwLock { poison, real, data, .. } = self;
        result(data.into_inner(), poison.is_set() || real.is_poisoned())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Takes the lock for reading; waits until no writer holds it. If readers hold it and another
    /// thread waits to write, it may wait behind that.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the error holds the guard.
    #[track_caller]
    #[inline]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let at = Location::caller();
        let Some(index) = self.id.number() else {
            return self.real_read_guard(self.real.read(), at);
        };
        if perform(Pending { op: Op::ReadLock(index), at }) == 0 {
            // It has given way to a writer that waits.
            perform(Pending { op: Op::ReadBehind(index), at });
        }
        self.read_guard(index, at)
    }

    /// Takes the lock for reading if no writer holds it, and perhaps not if one waits.
    ///
    /// # Errors
    ///
    /// If a writer holds it, or it is poisoned. If readers hold it and another thread waits to write,
    /// this may fail, too. Then it fails again until something happens to the lock.
    #[track_caller]
    #[inline]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let at = Location::caller();
        let Some(index) = self.id.number() else {
            return Ok(self.real_read_guard(taken(self.real.try_read())?, at)?);
        };
        if !self.arrivals && !teardown::under_way() {
            // Only now it matters when a writer comes to wait.
            kernel(Kernel::begin_with_arrivals);
        }
        if perform(Pending { op: Op::TryRead(index), at }) == 0 {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.read_guard(index, at)?)
    }

    /// Takes the lock for writing; waits until nobody holds it.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the error holds the guard.
    #[track_caller]
    #[inline]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let at = Location::caller();
        let Some(index) = self.id.number() else {
            return self.real_write_guard(self.real.write(), at);
        };
        if self.arrivals {
            perform(Pending { op: Op::Arrive(index), at });
        }
        perform(Pending { op: Op::WriteLock(index), at });
        self.write_guard(index, at)
    }

    /// Takes the lock for writing if nobody holds it.
    ///
    /// # Errors
    ///
    /// If somebody holds it, or it is poisoned.
    #[track_caller]
    #[inline]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let at = Location::caller();
        let Some(index) = self.id.number() else {
            return Ok(self.real_write_guard(taken(self.real.try_write())?, at)?);
        };
        if perform(Pending { op: Op::TryWrite(index), at }) == 0 {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.write_guard(index, at)?)
    }

    fn read_guard(
        &self,
        index: u32,
        at: &'static Location<'static>,
    ) -> LockResult<RwLockReadGuard<'_, T>> {
        if values::wanted() {
            let value = self.tell();
            tell(|recorder| recorder.taken(index, value));
        }
        self.poison.guard(
            RwLockReadGuard { lock: self, index, _real: None, at, not_send: PhantomData },
            at,
        )
    }

    fn write_guard(
        &self,
        index: u32,
        at: &'static Location<'static>,
    ) -> LockResult<RwLockWriteGuard<'_, T>> {
        if values::wanted() {
            let value = self.tell();
            tell(|recorder| recorder.taken(index, value));
        }
        let before = self.poison.before();
        let guard =
            RwLockWriteGuard { lock: self, index, real: None, before, at, not_send: PhantomData };
        self.poison.guard(guard, at)
    }

    /// The guard of a thread that has just taken the lock for reading outside of a model.
    #[cold]
    fn real_read_guard<'a>(
        &'a self,
        real: LockResult<std::sync::RwLockReadGuard<'a, ()>>,
        at: &'static Location<'static>,
    ) -> LockResult<RwLockReadGuard<'a, T>> {
        let (index, not_send) = (0, PhantomData);
        real_guard(real, |real| RwLockReadGuard {
            lock: self,
            index,
            _real: Some(real),
            at,
            not_send,
        })
    }

    /// As [`Self::real_read_guard`], for writing.
    #[cold]
    fn real_write_guard<'a>(
        &'a self,
        real: LockResult<std::sync::RwLockWriteGuard<'a, ()>>,
        at: &'static Location<'static>,
    ) -> LockResult<RwLockWriteGuard<'a, T>> {
        let (index, before, not_send) = (0, self.poison.before(), PhantomData);
        real_guard(real, |real| RwLockWriteGuard {
            lock: self,
            index,
            real: Some(real),
            before,
            at,
            not_send,
        })
    }

    /// The data in words. The running thread must hold the lock.
    fn tell(&self) -> Option<String> {
        // SAFETY: `show` was made for the data's type, and this thread holds the lock, so nothing
        // else writes the data.
        unsafe { self.show.tell(self.data.get().cast_const().cast()) }
    }

    /// The data, for its only owner.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned.
    #[track_caller]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        own(*self.id, Location::caller());
        result(self.data.get_mut(), self.poison.is_set() || self.real.is_poisoned())
    }

    /// Did a thread panic while it held the lock for writing?
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        match self.id.number() {
            Some(index) => self.poison.look(index, Location::caller()),
            None => self.real.is_poisoned(),
        }
    }

    /// Makes the lock no longer poisoned.
    #[track_caller]
    pub fn clear_poison(&self) {
        match self.id.number() {
            Some(index) => self.poison.clear(index, Location::caller()),
            None => self.real.clear_poison(),
        }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Makes of the guard one for reading, as `std::sync::RwLockWriteGuard::downgrade`: no other thread writes
    /// in between, and other readers may enter. Does not wait.
    ///
    /// ```
    /// use raceproof::sync::{Arc, RwLock, RwLockWriteGuard};
    /// use raceproof::thread;
    ///
    /// raceproof::model(|| {
    ///     let lock = Arc::new(RwLock::new(0));
    ///     let theirs = Arc::clone(&lock);
    ///     let other = thread::spawn(move || *theirs.write().unwrap() = 2);
    ///     let mut writing = lock.write().unwrap();
    ///     *writing = 1;
    ///     let reading = RwLockWriteGuard::downgrade(writing);
    ///     assert_eq!(*reading, 1);
    ///     drop(reading);
    ///     other.join().unwrap();
    /// });
    /// ```
    #[track_caller]
    pub fn downgrade(mut guard: Self) -> RwLockReadGuard<'a, T> {
        let (lock, at) = (guard.lock, Location::caller());
        if let Some(real) = guard.real.take() {
            mem::forget(guard);
            let real = Some(std::sync::RwLockWriteGuard::downgrade(real));
            return RwLockReadGuard { lock, index: 0, _real: real, at, not_send: PhantomData };
        }
        let index = lock.id.number().expect("it was made in the model, as its guard was");
        if values::wanted() {
            let value = lock.tell();
            tell(|recorder| recorder.released(index, value));
        }
        // If the execution ends here, the guard gives the lock back.
        perform(Pending { op: Op::Downgrade(index), at });
        mem::forget(guard);
        RwLockReadGuard { lock, index, _real: None, at, not_send: PhantomData }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread holds the lock for reading, so no write guard is alive.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread holds the lock for writing, so no other guard is alive.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        note_effect();
        if values::wanted() {
            tell(|recorder| recorder.touched(self.index));
        }
        // SAFETY: this thread holds the lock for writing, so no other guard is alive.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !belongs(*self.lock.id) {
            return check_use(*self.lock.id, self.at);
        }
        perform(Pending { op: Op::ReadUnlock(self.index), at: self.at });
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !belongs(*self.lock.id) {
            return check_use(*self.lock.id, self.at);
        }
        if values::wanted() {
            let value = self.lock.tell();
            tell(|recorder| recorder.released(self.index, value));
        }
        self.lock.poison.done(self.index, self.before, self.at);
        perform(Pending { op: Op::WriteUnlock(self.index), at: self.at });
    }
}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}

impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock")
            .field("poisoned", &(self.poison.is_set() || self.real.is_poisoned()))
            .finish_non_exhaustive()
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

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}
