//! A mutex that its holder may take again.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::Location;
use std::sync::PoisonError;
use std::time::Duration;

use super::timed::{taken, tried, until, within};
use crate::sync;
use crate::thread::{self, ThreadId};
use crate::time::Instant;

/// A mutex that its holder may take again, as `parking_lot::ReentrantMutex`: it gives shared access only.
pub struct ReentrantMutex<T: ?Sized> {
    /// Whose it is. A thread finds itself there only if it is the holder, so that it looks is no step.
    owner: std::sync::Mutex<Option<ThreadId>>,
    held: Held,
    data: T,
}

/// What only the holder uses: how often it holds the mutex, and the one guard for all.
struct Held {
    mutex: sync::Mutex<()>,
    times: Cell<usize>,
    guard: Cell<Option<ManuallyDrop<sync::MutexGuard<'static, ()>>>>,
}

// SAFETY: the cells are used by the holder of `mutex` alone, and a guard of it stays in its thread.
unsafe impl Send for Held {}
// SAFETY: likewise.
unsafe impl Sync for Held {}
// SAFETY: a thread reaches the data only while it holds the mutex, so it is as if it were sent.
unsafe impl<T: ?Sized + Send> Sync for ReentrantMutex<T> {}

/// Access to the data; gives the mutex back when it is the last one of its thread.
#[must_use = "the mutex is given back as soon as the guard is dropped"]
pub struct ReentrantMutexGuard<'a, T: ?Sized> {
    mutex: &'a ReentrantMutex<T>,
    /// Guards stay in their thread.
    not_send: PhantomData<*const ()>,
}

impl<T> ReentrantMutex<T> {
    /// A free mutex.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let (times, guard) = (Cell::new(0), Cell::new(None));
        let held = Held { mutex: sync::Mutex::new(()), times, guard };
        ReentrantMutex { owner: std::sync::Mutex::new(None), held, data: value }
    }

    /// The data.
    pub fn into_inner(self) -> T {
        self.data
    }
}

impl<T: ?Sized> ReentrantMutex<T> {
    fn set_owner(&self, owner: Option<ThreadId>) {
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = owner;
    }

    /// Does the running thread hold it?
    #[track_caller]
    pub fn is_owned_by_current_thread(&self) -> bool {
        let owner = *self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        owner == Some(thread::current().id())
    }

    /// One more guard of the holder; of the first, the mutex was taken by `guard`.
    fn guard(&self, guard: Option<sync::MutexGuard<'_, ()>>) -> ReentrantMutexGuard<'_, T> {
        if let Some(guard) = guard {
            // SAFETY: the guard lives no longer than this mutex, which has it: it is dropped by the last
            // `ReentrantMutexGuard`, which borrows this mutex, and if that is forgotten, never.
            let guard = unsafe {
                std::mem::transmute::<sync::MutexGuard<'_, ()>, sync::MutexGuard<'static, ()>>(
                    guard,
                )
            };
            self.held.guard.set(Some(ManuallyDrop::new(guard)));
            self.set_owner(Some(thread::current().id()));
        }
        self.held.times.set(self.held.times.get() + 1);
        ReentrantMutexGuard { mutex: self, not_send: PhantomData }
    }

    /// Takes the mutex; waits until no other thread holds it.
    ///
    /// ```
    /// use raceproof::parking_lot::ReentrantMutex;
    ///
    /// raceproof::model(|| {
    ///     let mutex = ReentrantMutex::new(5);
    ///     let first = mutex.lock();
    ///     assert_eq!(*first, *mutex.lock());
    /// });
    /// ```
    #[track_caller]
    pub fn lock(&self) -> ReentrantMutexGuard<'_, T> {
        let is_own = self.is_owned_by_current_thread();
        self.guard((!is_own).then(|| taken(self.held.mutex.lock())))
    }

    /// Takes the mutex if no other thread holds it.
    #[track_caller]
    pub fn try_lock(&self) -> Option<ReentrantMutexGuard<'_, T>> {
        if self.is_owned_by_current_thread() {
            return Some(self.guard(None));
        }
        tried(self.held.mutex.try_lock()).map(|guard| self.guard(Some(guard)))
    }

    /// Takes the mutex, or gives up after some time if another thread holds it then.
    #[track_caller]
    pub fn try_lock_for(&self, time: Duration) -> Option<ReentrantMutexGuard<'_, T>> {
        within(time, Location::caller(), || self.try_lock())
    }

    /// As [`try_lock_for`](Self::try_lock_for), until then.
    #[track_caller]
    pub fn try_lock_until(&self, then: Instant) -> Option<ReentrantMutexGuard<'_, T>> {
        self.try_lock_for(until(then))
    }

    /// The data, for its only owner.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.data
    }
}

impl<'a, T: ?Sized> ReentrantMutexGuard<'a, T> {
    /// The mutex.
    pub fn remutex(guard: &Self) -> &'a ReentrantMutex<T> {
        guard.mutex
    }

    /// Gives the mutex back. Another thread may take it before those that wait.
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }
}

impl<T: ?Sized> Deref for ReentrantMutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.mutex.data
    }
}

impl<T: ?Sized> Drop for ReentrantMutexGuard<'_, T> {
    fn drop(&mut self) {
        let held = &self.mutex.held;
        held.times.set(held.times.get() - 1);
        if held.times.get() == 0 {
            self.mutex.set_owner(None);
            let guard = held.guard.take();
            drop(guard.map(ManuallyDrop::into_inner));
        }
    }
}

impl<T: Default> Default for ReentrantMutex<T> {
    #[track_caller]
    fn default() -> Self {
        ReentrantMutex::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for ReentrantMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReentrantMutex").finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ReentrantMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
