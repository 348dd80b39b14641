//! One level of the lock as a value, which is always released.

use super::RLock;
use crate::backend::Backend;
use std::{fmt, marker::PhantomData, time::Duration};

/// Holds one level of an [`RLock`] and releases it on drop, even if a panic unwinds.
///
/// It stays in the thread that created it, because no other thread may release the lock.
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct RLockGuard<'a, B: Backend> {
    lock: &'a RLock<B>,
    /// A raw pointer is not `Send`.
    stays: PhantomData<*const ()>,
}

impl<B: Backend> RLock<B> {
    /// Acquires one level, and holds it until the guard is dropped. Blocks like
    /// [`acquire`](Self::acquire).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::RLock};
    /// let lock = RLock::<Std>::new();
    /// let outer = lock.lock();
    /// drop(lock.lock());
    /// assert!(lock.is_owned());
    /// drop(outer);
    /// assert!(!lock.locked());
    /// ```
    #[track_caller]
    pub fn lock(&self) -> RLockGuard<'_, B> {
        self.acquire();
        self.guard()
    }

    /// A guard, if the lock is free or held by this thread. Does not wait for another holder.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::RLock};
    /// # use std::sync::Arc;
    /// let lock = Arc::new(RLock::new());
    /// let _guard = lock.try_lock().expect("it is free");
    /// let other = Arc::clone(&lock);
    /// let refused = Std::spawn("other", move || other.try_lock().is_none());
    /// assert_eq!(refused.join(), Ok(true));
    /// ```
    #[track_caller]
    pub fn try_lock(&self) -> Option<RLockGuard<'_, B>> {
        self.try_acquire().then(|| self.guard())
    }

    /// Like [`lock`](Self::lock), but blocks for at most `timeout`; returns `None` if the lock was
    /// not free in time.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// # use std::time::Duration;
    /// let lock = RLock::new();
    /// let _outer = lock.lock();
    /// assert!(lock.lock_timeout(Duration::ZERO).is_some());
    /// ```
    #[track_caller]
    pub fn lock_timeout(&self, timeout: Duration) -> Option<RLockGuard<'_, B>> {
        self.acquire_timeout(timeout).then(|| self.guard())
    }

    fn guard(&self) -> RLockGuard<'_, B> {
        RLockGuard { lock: self, stays: PhantomData }
    }
}

impl<B: Backend> fmt::Debug for RLockGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RLockGuard").field(self.lock).finish()
    }
}

impl<B: Backend> Drop for RLockGuard<'_, B> {
    fn drop(&mut self) {
        // The thread may have released the level already, which the lock allows.
        let _ = self.lock.release();
    }
}
