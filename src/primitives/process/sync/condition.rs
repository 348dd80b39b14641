//! A condition for several processes.

use super::{
    ConditionError, RLock,
    monitor::{Owner, Reply, Request},
};
use crate::{
    backend::Backend,
    primitives::{
        NotHeld,
        executor::Limit,
        process::{Unreachable, patience::Patience, remote::mismatch},
    },
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, ops::Deref, time::Duration};

/// Waiting, within a section that an [`RLock`] guards, for a change that another process announces.
///
/// Like Python's `multiprocessing.Condition`, but the longest waiting thread is notified first, and a process
/// that is killed while it waits takes no notification along: the next in line gets it. (In Python a
/// notification then blocks for good.) The lock is always reentrant. Condition and lock are in the process that
/// made the lock. A clone is the same condition.
///
/// ```
/// use raceproof_suite::{
///     backend::{Backend, Std},
///     primitives::process::{Condition, ConditionError, Event},
/// };
///
/// let (changed, done) = (Condition::<Std>::new(), Event::<Std>::new());
/// let (theirs, set) = (changed.clone(), done.clone());
/// let other = Std::spawn("other", move || {
///     let _held = theirs.lock()?;
///     set.set()?;
///     theirs.notify(1)
/// });
/// let held = changed.lock()?;
/// changed.wait_for(|| done.is_set() == Ok(true))?;
/// drop(held);
/// other.join().unwrap()?;
/// # Ok::<(), ConditionError>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Condition<B: Backend> {
    lock: RLock<B>,
    /// Its number among the conditions of the lock.
    number: u64,
}

impl<B: Backend> Condition<B> {
    /// A condition with a lock of its own.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Condition;
    /// let changed = Condition::new();
    /// assert_eq!(changed.locked(), Ok(false));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("process condition")
    }

    /// Like [`new`](Self::new); traces call the condition and its lock `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Condition;
    /// assert_eq!(Condition::named("changed").locked(), Ok(false));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::of(RLock::named(name))
    }

    /// The first condition of a lock.
    pub(in crate::primitives) fn of(lock: RLock<B>) -> Self {
        Self { lock, number: 0 }
    }

    /// A further condition of a lock.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::{Condition, RLock};
    /// let lock = RLock::new();
    /// let (not_full, not_empty) = (Condition::over(&lock)?, Condition::over(&lock)?);
    /// let _held = lock.lock()?;
    /// assert_eq!([not_full.notify(1), not_empty.notify(1)], [Ok(()), Ok(())]);
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn over(lock: &RLock<B>) -> Result<Self, Unreachable> {
        match lock.0.ask(Request::NewCondition)? {
            Reply::Condition(number) => Ok(Self { lock: lock.clone(), number }),
            _ => mismatch(),
        }
    }

    /// Releases every level of the lock, blocks until this thread is notified, and acquires the lock at the
    /// same depth again.
    ///
    /// # Errors
    ///
    /// [`ConditionError::NotHeld`], at once, if this thread does not hold the lock.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::Condition, primitives::{NotHeld, process::ConditionError}};
    /// let changed = Condition::new();
    /// assert_eq!(changed.wait(), Err(ConditionError::NotHeld(NotHeld::Wait)));
    /// ```
    #[track_caller]
    pub fn wait(&self) -> Result<(), ConditionError> {
        self.sleep(Patience::Endless).map(drop)
    }

    /// Like [`wait`](Self::wait), but blocks for at most `timeout`, and then until it has the lock; returns
    /// whether it was notified.
    ///
    /// # Errors
    ///
    /// [`ConditionError::NotHeld`], at once, if this thread does not hold the lock.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Condition;
    /// # use std::time::Duration;
    /// let changed = Condition::new();
    /// let _held = changed.lock().unwrap();
    /// assert_eq!(changed.wait_timeout(Duration::from_millis(1)), Ok(false));
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, ConditionError> {
        self.sleep(Patience::For(timeout))
    }

    #[track_caller]
    fn sleep(&self, patience: Patience) -> Result<bool, ConditionError> {
        let request = Request::Wait(Owner::this::<B>(), self.number, patience);
        match self.lock.0.ask(request)? {
            Reply::Waited(notified) => Ok(notified.ok_or(NotHeld::Wait)?),
            _ => mismatch(),
        }
    }

    /// Waits until `predicate`, which is called with the lock held, is true.
    ///
    /// # Errors
    ///
    /// [`ConditionError::NotHeld`], at once, if this thread does not hold the lock.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Condition;
    /// let changed = Condition::new();
    /// let _held = changed.lock().unwrap();
    /// assert_eq!(changed.wait_for(|| true), Ok(()));
    /// ```
    #[track_caller]
    pub fn wait_for(&self, mut predicate: impl FnMut() -> bool) -> Result<(), ConditionError> {
        self.expect_held(NotHeld::Wait)?;
        while !predicate() {
            self.wait()?;
        }
        Ok(())
    }

    /// Like [`wait_for`](Self::wait_for), but for at most `timeout`; returns whether `predicate` was true.
    ///
    /// # Errors
    ///
    /// [`ConditionError::NotHeld`], at once, if this thread does not hold the lock.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Condition;
    /// # use std::time::Duration;
    /// let changed = Condition::new();
    /// let _held = changed.lock().unwrap();
    /// assert_eq!(changed.wait_for_timeout(Duration::from_millis(1), || false), Ok(false));
    /// ```
    #[track_caller]
    pub fn wait_for_timeout(
        &self,
        timeout: Duration,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<bool, ConditionError> {
        self.expect_held(NotHeld::Wait)?;
        let (limit, mut in_time) = (Limit::of::<B>(timeout), true);
        while !predicate() {
            let Some(rest) = limit.rest().filter(|_| in_time) else {
                return Ok(false);
            };
            in_time = self.wait_timeout(rest)?;
        }
        Ok(true)
    }

    /// Wakes the `n` longest waiting threads, or all if they are fewer. They go on when they have the lock.
    ///
    /// # Errors
    ///
    /// [`ConditionError::NotHeld`] if this thread does not hold the lock.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Condition;
    /// let changed = Condition::new();
    /// assert!(changed.notify(1).is_err());
    /// let _held = changed.lock().unwrap();
    /// assert_eq!(changed.notify(1), Ok(()));
    /// ```
    #[track_caller]
    pub fn notify(&self, n: usize) -> Result<(), ConditionError> {
        let request = Request::Notify(Owner::this::<B>(), self.number, n);
        Ok(self.lock.is(request)?.then_some(()).ok_or(NotHeld::Notify)?)
    }

    /// Wakes every waiting thread.
    ///
    /// # Errors
    ///
    /// [`ConditionError::NotHeld`] if this thread does not hold the lock.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Condition;
    /// let changed = Condition::new();
    /// let _held = changed.lock().unwrap();
    /// assert_eq!(changed.notify_all(), Ok(()));
    /// ```
    #[track_caller]
    pub fn notify_all(&self) -> Result<(), ConditionError> {
        self.notify(usize::MAX)
    }

    #[track_caller]
    fn expect_held(&self, error: NotHeld) -> Result<(), ConditionError> {
        Ok(self.lock.is_owned()?.then_some(()).ok_or(error)?)
    }
}

/// Its lock.
impl<B: Backend> Deref for Condition<B> {
    type Target = RLock<B>;

    fn deref(&self) -> &RLock<B> {
        &self.lock
    }
}

impl<B: Backend> Default for Condition<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> Clone for Condition<B> {
    fn clone(&self) -> Self {
        Self { lock: self.lock.clone(), number: self.number }
    }
}

impl<B: Backend> fmt::Debug for Condition<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.lock).field(&self.number).finish()
    }
}
