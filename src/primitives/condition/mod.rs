//! Waiting, within a locked section, for a change that another thread announces.
//!
//! Unlike the backend's [`Condvar`], which belongs to a mutex around a value, it belongs to a
//! [`Lock`](super::Lock) or an [`RLock`] that guards a section of code. A wait releases every level of
//! an `RLock`.

mod lockable;
#[cfg(test)]
mod tests;

pub use self::lockable::Lockable;

use super::{RLock, executor::Limit};
use crate::backend::{Arc, Backend, Condvar, Mutex};
use std::{borrow::Cow, fmt, ops::Deref, time::Duration};

/// Lets threads that hold a lock wait for one another's changes.
///
/// Like Python's `threading.Condition`: it has its own [`RLock`] unless it is given a lock, which
/// several conditions can share, and it derefs to that lock. There are two differences. As with
/// [`std::sync::Condvar`], a wait may, though rarely, return without a notification, and a notification
/// may wake any of several waiters (CPython wakes exactly as many as asked, the longest waiting first,
/// but promises neither); so a wait belongs in a loop, and [`wait_for`](Self::wait_for) is one. And
/// `wait_for` without the lock is an error even if the predicate is true at once.
///
/// ```
/// use raceproof_suite::{backend::{Backend, Std}, primitives::Condition};
/// use std::sync::{Arc, atomic::{AtomicBool, Ordering::Relaxed}};
///
/// let changed = Arc::new((Condition::<Std>::new(), AtomicBool::new(false)));
/// let other = Arc::clone(&changed);
/// let child = Std::spawn("child", move || {
///     let _held = other.0.lock();
///     other.1.store(true, Relaxed);
///     other.0.notify_all()
/// });
/// let held = changed.0.lock();
/// changed.0.wait_for(|| changed.1.load(Relaxed))?;
/// drop(held);
/// assert!(changed.0.notify(1).is_err());
/// child.join().unwrap()?;
/// # Ok::<(), raceproof_suite::primitives::NotHeld>(())
/// ```
pub struct Condition<B: Backend, L: Lockable = RLock<B>> {
    lock: Arc<L>,
    /// How many threads are in a wait, woken ones included until they run.
    waiting: Mutex<B, usize>,
    notified: Condvar<B>,
}

/// A [`Condition`] was used without its lock. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHeld {
    /// In a wait.
    #[error("wait on a condition whose lock is not held")]
    Wait,
    /// In a notification.
    #[error("notification of a condition whose lock is not held")]
    Notify,
}

impl<B: Backend> Condition<B> {
    /// A condition with its own [`RLock`].
    ///
    /// ```
    /// use raceproof_suite::native::Condition;
    ///
    /// let condition: Condition = Condition::new();
    /// condition.acquire();
    /// assert_eq!(condition.notify_all(), Ok(()), "no thread waits, and that is fine");
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("condition")
    }

    /// A condition with its own [`RLock`] that traces call `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::Condition;
    /// let condition: Condition = Condition::named("stock has changed");
    /// assert!(!condition.locked());
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        let lock = Arc::new(RLock::named(format!("{name} lock")));
        Self::over_named(lock, name)
    }
}

impl<B: Backend, L: Lockable> Condition<B, L> {
    /// A condition that uses `lock`.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Arc, Std}, primitives::{Condition, Lock}};
    /// let lock = Arc::new(Lock::<Std>::new());
    /// let not_empty = Condition::<Std, _>::over(Arc::clone(&lock));
    /// let not_full = Condition::<Std, _>::over(Arc::clone(&lock));
    /// let _held = lock.lock();
    /// assert_eq!(not_empty.notify(1), Ok(()));
    /// assert_eq!(not_full.notify_all(), Ok(()));
    /// ```
    #[track_caller]
    pub fn over(lock: Arc<L>) -> Self {
        Self::over_named(lock, "condition")
    }

    /// A condition that uses `lock` and that traces call `name`.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Arc, native::{Condition, Lock}};
    /// let lock = Arc::new(Lock::new());
    /// let condition = Condition::over_named(Arc::clone(&lock), "not empty");
    /// lock.acquire();
    /// assert!(condition.locked());
    /// ```
    #[track_caller]
    pub fn over_named(lock: Arc<L>, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        Self {
            lock,
            waiting: Mutex::named(format!("{name} waiting"), 0),
            notified: Condvar::named(name),
        }
    }

    /// Releases the lock, blocks until notified, and acquires the lock as it was held before.
    ///
    /// # Errors
    ///
    /// [`NotHeld::Wait`], at once, if the lock is not held.
    ///
    /// ```
    /// use raceproof_suite::{backend::{Backend, Std}, native::Condition, primitives::NotHeld};
    /// use std::sync::Arc;
    ///
    /// let condition: Arc<Condition> = Arc::new(Condition::new());
    /// assert_eq!(condition.wait(), Err(NotHeld::Wait));
    /// let other = Arc::clone(&condition);
    /// condition.acquire();
    /// let child = Std::spawn("child", move || {
    /// // It has to wait for the lock, and so comes after the wait has begun.
    ///     let _held = other.lock();
    ///     other.notify(1)
    /// });
    /// condition.wait()?;
    /// condition.release().expect("it is held again");
    /// child.join().unwrap()?;
    /// # Ok::<(), NotHeld>(())
    /// ```
    #[track_caller]
    pub fn wait(&self) -> Result<(), NotHeld> {
        self.sleep(None).map(|_| ())
    }

    /// Like [`wait`](Self::wait), but waits for at most `timeout` to be notified, and returns whether it
    /// was. It then still blocks until the lock is free.
    ///
    /// # Errors
    ///
    /// [`NotHeld::Wait`], at once, if the lock is not held.
    ///
    /// ```
    /// # use raceproof_suite::{native::Condition, primitives::NotHeld};
    /// # use std::time::Duration;
    /// let condition: Condition = Condition::new();
    /// condition.acquire();
    /// assert_eq!(condition.wait_timeout(Duration::from_millis(1)), Ok(false));
    /// assert!(condition.release().is_ok());
    /// assert_eq!(condition.wait_timeout(Duration::ZERO), Err(NotHeld::Wait));
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, NotHeld> {
        self.sleep(Some(timeout))
    }

    #[track_caller]
    fn sleep(&self, timeout: Option<Duration>) -> Result<bool, NotHeld> {
        // A notifier has the lock and then needs this mutex, which only the wait releases. So no
        // thread can notify between the release of the lock and the wait, and no wake-up is lost.
        let mut waiting = self.waiting.lock();
        let saved = self.lock.give_up().map_err(|_| NotHeld::Wait)?;
        *waiting += 1;
        let timed_out;
        (waiting, timed_out) = match timeout {
            None => (self.notified.wait(waiting), false),
            Some(timeout) => self.notified.wait_timeout(waiting, timeout),
        };
        *waiting -= 1;
        // Released before the lock is acquired again, because its holder may be about to notify.
        drop(waiting);
        self.lock.take_back(saved);
        Ok(!timed_out)
    }

    /// Waits until `predicate` is true. It is called with the lock held, before the first wait and
    /// after each wait.
    ///
    /// # Errors
    ///
    /// [`NotHeld::Wait`], at once, if the lock is not held.
    ///
    /// ```
    /// use raceproof_suite::{backend::{Backend, Std}, native::Condition};
    /// use std::sync::{Arc, atomic::{AtomicI32, Ordering::Relaxed}};
    ///
    /// let stock = Arc::new((Condition::<_>::new(), AtomicI32::new(0)));
    /// let other = Arc::clone(&stock);
    /// let supplier = Std::spawn("supplier", move || {
    ///     let _held = other.0.lock();
    ///     other.1.fetch_add(3, Relaxed);
    ///     other.0.notify(1)
    /// });
    /// let held = stock.0.lock();
    /// stock.0.wait_for(|| stock.1.load(Relaxed) >= 2)?;
    /// assert_eq!(stock.1.fetch_sub(2, Relaxed), 3);
    /// drop(held);
    /// supplier.join().unwrap()?;
    /// # Ok::<(), raceproof_suite::primitives::NotHeld>(())
    /// ```
    #[track_caller]
    pub fn wait_for(&self, mut predicate: impl FnMut() -> bool) -> Result<(), NotHeld> {
        self.expect_held(NotHeld::Wait)?;
        while !predicate() {
            self.sleep(None)?;
        }
        Ok(())
    }

    /// Like [`wait_for`](Self::wait_for), but waits for at most `timeout` in total, and returns
    /// whether `predicate` was true in the end.
    ///
    /// # Errors
    ///
    /// [`NotHeld::Wait`], at once, if the lock is not held.
    ///
    /// ```
    /// # use raceproof_suite::native::Condition;
    /// # use std::time::Duration;
    /// let condition: Condition = Condition::new();
    /// let _held = condition.lock();
    /// assert_eq!(condition.wait_for_timeout(Duration::from_millis(1), || false), Ok(false));
    /// assert_eq!(condition.wait_for_timeout(Duration::ZERO, || true), Ok(true));
    /// ```
    #[track_caller]
    pub fn wait_for_timeout(
        &self,
        timeout: Duration,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<bool, NotHeld> {
        self.expect_held(NotHeld::Wait)?;
        let (limit, mut in_time) = (Limit::of::<B>(timeout), true);
        while !predicate() {
            let Some(rest) = limit.rest().filter(|_| in_time) else {
                return Ok(false);
            };
            in_time = self.sleep(Some(rest))?;
        }
        Ok(true)
    }

    /// Wakes `n` of the waiting threads, or all if there are fewer. If no thread waits, the
    /// notification is lost. Never blocks for long: a woken thread still has to wait for the lock.
    ///
    /// # Errors
    ///
    /// [`NotHeld::Notify`] if the lock is not held.
    ///
    /// ```
    /// # use raceproof_suite::{native::Condition, primitives::NotHeld};
    /// let condition: Condition = Condition::new();
    /// assert_eq!(condition.notify(1), Err(NotHeld::Notify));
    /// let _held = condition.lock();
    /// assert_eq!(condition.notify(2), Ok(()));
    /// ```
    #[track_caller]
    pub fn notify(&self, n: usize) -> Result<(), NotHeld> {
        self.expect_held(NotHeld::Notify)?;
        let waiting = self.waiting.lock();
        for _ in 0..n.min(*waiting) {
            self.notified.notify_one();
        }
        Ok(())
    }

    /// Wakes every waiting thread. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`NotHeld::Notify`] if the lock is not held.
    ///
    /// ```
    /// # use raceproof_suite::{native::Condition, primitives::NotHeld};
    /// let condition: Condition = Condition::new();
    /// assert_eq!(condition.notify_all(), Err(NotHeld::Notify));
    /// let _held = condition.lock();
    /// assert_eq!(condition.notify_all(), Ok(()));
    /// ```
    #[track_caller]
    pub fn notify_all(&self) -> Result<(), NotHeld> {
        self.expect_held(NotHeld::Notify)?;
        let waiting = self.waiting.lock();
        if *waiting > 0 {
            self.notified.notify_all();
        }
        Ok(())
    }

    #[track_caller]
    fn expect_held(&self, error: NotHeld) -> Result<(), NotHeld> {
        if self.lock.is_held() { Ok(()) } else { Err(error) }
    }
}

/// The lock of the condition, to acquire and to release.
impl<B: Backend, L: Lockable> Deref for Condition<B, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.lock
    }
}

impl<B: Backend> Default for Condition<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend, L: Lockable> fmt::Debug for Condition<B, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.notified).finish()
    }
}
