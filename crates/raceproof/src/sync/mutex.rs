//! A mutex.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::poison::{Before, Poison, real_guard, result, taken};
use crate::execution::{Life, belongs, check_use, note_effect, own, perform, tell};
use crate::kernel::{Kind, Op, Pending};
use crate::telling::values::{self, Show};

/// A mutual exclusion lock, as `std::sync::Mutex`. Outside of a model it is that.
pub struct Mutex<T: ?Sized> {
    id: Life,
    poison: Poison,
    /// How traces tell the data.
    show: Show,
    /// The mutex itself if it was made outside of a model.
    real: std::sync::Mutex<()>,
    data: UnsafeCell<T>,
}

// SAFETY: as for std's: whoever has the mutex has the data.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: the data is reached only through a guard, and the kernel gives the mutex to one
// thread at a time, under teardown too; outside of a model, `real` does.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// Access to a mutex's data; gives the mutex back when dropped.
#[must_use = "the mutex is given back as soon as the guard is dropped"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// The mutex's number in this execution.
    index: u32,
    /// Outside of a model.
    real: Option<std::sync::MutexGuard<'a, ()>>,
    before: Before,
    at: &'static Location<'static>,
    /// Guards stay in their thread, as std's do.
    not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives only shared access to the data.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    /// A free mutex.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::make(None, Show::common::<T>(), value)
    }

    /// A free mutex with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self::make(Some(name.into()), Show::common::<T>(), value)
    }

    /// A free mutex with a name, whose data traces tell by its `Debug`. The standard library's common
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
        let mut poison = Poison::default();
        let id = Life::begin(at, |kernel| {
            let id = kernel.create(Kind::Mutex, name, at);
            poison = Poison::new(kernel, at);
            id
        });
        let real = std::sync::Mutex::new(());
        Mutex { id, poison, show, real, data: UnsafeCell::new(value) }
    }

    /// The data.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        let Mutex { poison, real, data, .. } = self;
        result(data.into_inner(), poison.is_set() || real.is_poisoned())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the mutex; waits until it is free.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let at = Location::caller();
        let Some(index) = self.id.number() else {
            return self.real_guard(self.real.lock(), at);
        };
        perform(Pending { op: Op::Lock(index), at });
        self.guard(index, at)
    }

    /// Takes the mutex if it is free.
    ///
    /// # Errors
    ///
    /// If it is not free, or poisoned.
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let at = Location::caller();
        let Some(index) = self.id.number() else {
            return Ok(self.real_guard(taken(self.real.try_lock())?, at)?);
        };
        if perform(Pending { op: Op::TryLock(index), at }) == 0 {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.guard(index, at)?)
    }

    /// The guard of a thread that has just taken the mutex.
    #[inline]
    pub(super) fn guard(
        &self,
        index: u32,
        at: &'static Location<'static>,
    ) -> LockResult<MutexGuard<'_, T>> {
        if values::wanted() {
            let value = self.tell();
            tell(|recorder| recorder.taken(index, value));
        }
        let before = self.poison.before();
        let guard =
            MutexGuard { mutex: self, index, real: None, before, at, not_send: PhantomData };
        self.poison.guard(guard, at)
    }

    /// The guard of a thread that has just taken the mutex outside of a model.
    #[cold]
    pub(super) fn real_guard<'a>(
        &'a self,
        real: LockResult<std::sync::MutexGuard<'a, ()>>,
        at: &'static Location<'static>,
    ) -> LockResult<MutexGuard<'a, T>> {
        let (index, before, not_send) = (0, self.poison.before(), PhantomData);
        real_guard(real, |real| MutexGuard {
            mutex: self,
            index,
            real: Some(real),
            before,
            at,
            not_send,
        })
    }

    /// The data in words. The running thread must hold the mutex.
    fn tell(&self) -> Option<String> {
        // SAFETY: `show` was made for the data's type, and this thread holds the mutex, so nothing
        // else writes the data.
        unsafe { self.show.tell(self.data.get().cast_const().cast()) }
    }

    /// The data, for its only owner.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        own(*self.id, Location::caller());
        result(self.data.get_mut(), self.poison.is_set() || self.real.is_poisoned())
    }

    /// Did a thread panic while it held the mutex?
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        match self.id.number() {
            Some(index) => self.poison.look(index, Location::caller()),
            None => self.real.is_poisoned(),
        }
    }

    /// Makes the mutex no longer poisoned.
    #[track_caller]
    pub fn clear_poison(&self) {
        match self.id.number() {
            Some(index) => self.poison.clear(index, Location::caller()),
            None => self.real.clear_poison(),
        }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Takes the guard apart without giving the mutex back: the mutex, and its number or its guard outside
    /// of a model.
    pub(super) fn into_parts(
        mut self,
    ) -> (&'a Mutex<T>, Result<u32, std::sync::MutexGuard<'a, ()>>) {
        let held = match self.real.take() {
            Some(real) => Err(real),
            None => Ok(self.index),
        };
        if held.is_ok() && values::wanted() {
            let value = self.mutex.tell();
            tell(|recorder| recorder.released(self.index, value));
        }
        let mutex = self.mutex;
        std::mem::forget(self);
        (mutex, held)
    }

    /// The data, without saying that it changes: for a condition that only looks.
    pub(super) fn data(&mut self) -> &mut T {
        // SAFETY: this thread holds the mutex, so no other guard for the data is alive.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread holds the mutex, so no other guard for the data is alive.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        note_effect();
        if values::wanted() {
            tell(|recorder| recorder.touched(self.index));
        }
        // SAFETY: this thread holds the mutex, so no other guard for the data is alive.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !belongs(*self.mutex.id) {
            // Outside of a model `real` gives it back.
            return check_use(*self.mutex.id, self.at);
        }
        if values::wanted() {
            let value = self.mutex.tell();
            tell(|recorder| recorder.released(self.index, value));
        }
        self.mutex.poison.done(self.index, self.before, self.at);
        perform(Pending { op: Op::Unlock(self.index), at: self.at });
    }
}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}

impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex")
            .field("poisoned", &(self.poison.is_set() || self.real.is_poisoned()))
            .finish_non_exhaustive()
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
