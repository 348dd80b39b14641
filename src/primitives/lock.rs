//! A mutual-exclusion lock that guards a section of code, not a value.
//!
//! Unlike [`Mutex`], it can be acquired and released by separate calls, by different threads, and
//! with a time limit. Nothing forces a caller to release it; [`Lock::lock`] returns a guard that
//! does.

use crate::{
    backend::{Backend, Condvar, Mutex},
    primitives::waiting,
};
use std::{borrow::Cow, fmt, time::Duration};

/// A lock that any thread may acquire and any thread may release.
///
/// Like Python's `threading.Lock`: it is not reentrant, so a thread that acquires it twice waits for
/// itself. Unlike [`std::sync::Mutex`] it protects no value, is never poisoned, and needs no guard to
/// be released.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Lock};
///
/// let lock = Lock::<Std>::new();
/// lock.acquire();
/// assert!(!lock.try_acquire());
/// lock.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), raceproof_suite::primitives::NotAcquired>(())
/// ```
pub struct Lock<B: Backend> {
    state: Mutex<B, State>,
    /// The lock has become free.
    released: Condvar<B>,
}

#[derive(Default)]
struct State {
    /// Whether a thread holds the lock.
    held: bool,
    /// How many threads are in a wait for it, woken ones included until they run.
    waiting: usize,
}

impl State {
    fn waiters(&mut self) -> &mut usize {
        &mut self.waiting
    }
}

/// The lock to release is not acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("release of an unlocked lock")]
pub struct NotAcquired;

/// Holds a [`Lock`] and releases it on drop, even if a panic unwinds.
#[must_use = "the lock is released at once if the guard is not kept"]
#[derive(Debug)]
pub struct LockGuard<'a, B: Backend>(&'a Lock<B>);

impl<B: Backend> Lock<B> {
    /// An unlocked lock.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// let lock = Lock::new();
    /// assert!(!lock.locked());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("lock")
    }

    /// An unlocked lock that traces call `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// let lock = Lock::named("account");
    /// assert!(format!("{lock:?}").contains("account"));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        Self {
            released: Condvar::named(format!("{name} released")),
            state: Mutex::named(name, State::default()),
        }
    }

    /// Blocks until the lock is free, and acquires it.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// let lock = Lock::new();
    /// lock.acquire();
    /// assert!(lock.locked());
    /// ```
    #[track_caller]
    #[inline]
    pub fn acquire(&self) {
        let mut state = self.state.lock();
        if state.held {
            state = waiting::wait_while(&self.released, state, State::waiters, |state| state.held);
        }
        state.held = true;
    }

    /// Acquires the lock if it is free, and returns whether it did. Does not wait for a holder.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// let lock = Lock::new();
    /// assert_eq!([lock.try_acquire(), lock.try_acquire()], [true, false]);
    /// ```
    #[track_caller]
    #[inline]
    pub fn try_acquire(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().held, true)
    }

    /// Blocks until the lock is free, for at most `timeout`, and returns whether it was acquired.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// # use std::time::Duration;
    /// let lock = Lock::new();
    /// let moment = Duration::from_millis(1);
    /// assert_eq!([lock.acquire_timeout(moment), lock.acquire_timeout(moment)], [true, false]);
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        let (state, waiters) = (self.state.lock(), State::waiters);
        let (mut state, timed_out) =
            waiting::wait_timeout_while(&self.released, state, timeout, waiters, |state| {
                state.held
            });
        if !timed_out {
            state.held = true;
        }
        !timed_out
    }

    /// Releases the lock, whichever thread acquired it. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`NotAcquired`] if no thread holds it; then nothing changes.
    ///
    /// ```
    /// # use raceproof_suite::{native::Lock, primitives::NotAcquired};
    /// let lock = Lock::new();
    /// lock.acquire();
    /// assert_eq!([lock.release(), lock.release()], [Ok(()), Err(NotAcquired)]);
    /// ```
    #[track_caller]
    #[inline]
    pub fn release(&self) -> Result<(), NotAcquired> {
        let mut state = self.state.lock();
        if !std::mem::replace(&mut state.held, false) {
            return Err(NotAcquired);
        }
        // Waking one waiter is enough: only one can have the lock, and it wakes the next when it
        // releases. A waiter that gives up at this moment finds the lock free and takes it, so the
        // notification is not lost. Every waiter counted itself under the mutex.
        let wake = state.waiting > 0;
        drop(state);
        if wake {
            self.released.notify_one();
        }
        Ok(())
    }

    /// Makes every waiting thread look again: one may have been woken that will never look.
    #[track_caller]
    pub(in crate::primitives) fn rouse(&self) {
        // A thread that is about to wait holds the mutex until it waits.
        drop(self.state.lock());
        self.released.notify_all();
    }

    /// Whether a thread holds the lock at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// let lock = Lock::new();
    /// let _guard = lock.lock();
    /// assert!(lock.locked());
    /// ```
    #[track_caller]
    pub fn locked(&self) -> bool {
        self.state.lock().held
    }

    /// Blocks until the lock is free, and holds it until the guard is dropped.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::Lock};
    /// let lock = Lock::<Std>::new();
    /// let guard = lock.lock();
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// assert!(!lock.locked());
    /// ```
    #[track_caller]
    pub fn lock(&self) -> LockGuard<'_, B> {
        self.acquire();
        LockGuard(self)
    }

    /// Takes the lock if it is free, and holds it until the guard is dropped. Does not wait for a
    /// holder.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// let lock = Lock::new();
    /// let guard = lock.try_lock().expect("it is free");
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// ```
    #[track_caller]
    pub fn try_lock(&self) -> Option<LockGuard<'_, B>> {
        self.try_acquire().then(|| LockGuard(self))
    }

    /// Like [`lock`](Self::lock), but blocks for at most `timeout`; returns `None` if the lock was
    /// not free in time.
    ///
    /// ```
    /// # use raceproof_suite::native::Lock;
    /// # use std::time::Duration;
    /// let lock = Lock::new();
    /// let guard = lock.lock_timeout(Duration::ZERO).expect("it is free");
    /// assert!(lock.lock_timeout(Duration::from_millis(1)).is_none());
    /// drop(guard);
    /// ```
    #[track_caller]
    pub fn lock_timeout(&self, timeout: Duration) -> Option<LockGuard<'_, B>> {
        self.acquire_timeout(timeout).then(|| LockGuard(self))
    }
}

impl<B: Backend> Default for Lock<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> fmt::Debug for Lock<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lock").field(&self.state).finish()
    }
}

impl<B: Backend> Drop for LockGuard<'_, B> {
    fn drop(&mut self) {
        // Another thread may have released the lock meanwhile, which the lock allows.
        let _ = self.0.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

    #[test]
    fn a_held_lock_is_refused_until_released() {
        let lock = Lock::<Std>::new();
        assert!(lock.try_acquire());
        assert!(lock.locked());
        assert!(!lock.try_acquire());
        assert!(!lock.acquire_timeout(Duration::from_millis(1)));
        assert!(lock.locked());
        assert_eq!(lock.release(), Ok(()));
        assert!(!lock.locked());
        assert!(lock.acquire_timeout(Duration::ZERO));
    }

    #[test]
    fn release_of_an_unlocked_lock_is_an_error_and_changes_nothing() {
        let lock = Lock::<Std>::new();
        assert_eq!(lock.release(), Err(NotAcquired));
        assert!(lock.try_acquire());
    }

    #[test]
    fn another_thread_may_release() {
        let lock = std::sync::Arc::new(Lock::<Std>::new());
        lock.acquire();
        let other = std::sync::Arc::clone(&lock);
        let released = Std::spawn("other", move || other.release()).join();
        assert_eq!(released, Ok(Ok(())));
        lock.acquire();
    }

    #[test]
    fn a_guard_releases_on_drop() {
        let lock = Lock::<Std>::new();
        drop(lock.lock());
        assert!(!lock.locked());
        let guard = lock.lock_timeout(Duration::ZERO).expect("it is free");
        assert!(lock.try_lock().is_none());
        drop(guard);
        assert!(lock.try_lock().is_some());
        assert!(!lock.locked());
    }
}
