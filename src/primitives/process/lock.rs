//! A lock for several processes.

use super::{
    ReleaseError, Unreachable,
    lease::Lease,
    patience::{Client, Patience},
    remote::{Object, Remote},
};
use crate::{backend::Backend, primitives};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

/// A lock that several processes acquire, one at a time.
///
/// Like Python's `multiprocessing.Lock`: any process may release it, and a process that is killed while it
/// holds the lock leaves it acquired. The lock is in the process that made it, or with its managed value. A
/// clone is the same lock.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::Lock};
///
/// let lock = Lock::<Std>::new();
/// let held = lock.lock()?;
/// assert_eq!(lock.clone().try_acquire(), Ok(false));
/// drop(held);
/// assert_eq!(lock.locked(), Ok(false));
/// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Lock<B: Backend>(Remote<B, Mutual<B>>);

/// Holds a [`Lock`] until it is dropped.
#[must_use = "the lock is released at once if the guard is not kept"]
#[derive(Debug)]
pub struct LockGuard<'a, B: Backend>(&'a Lock<B>);

/// The lock, in the process that owns it.
struct Mutual<B: Backend>(primitives::Lock<B>);

#[derive(Serialize, Deserialize)]
enum Request {
    Acquire(Patience),
    Release,
    Locked,
}

impl<B: Backend> Object for Mutual<B> {
    type Request = Request;
    type Reply = bool;

    #[track_caller]
    fn perform(&self, request: Request, client: &Client<'_>) -> bool {
        match request {
            Request::Acquire(patience) => {
                let give_back = || self.0.release();
                client.acquire(patience, |p| self.acquire(p), give_back)
            }
            Request::Release => self.0.release().is_ok(),
            Request::Locked => self.0.locked(),
        }
    }

    fn abandoned(&self, _: bool) {
        self.0.rouse();
    }

    #[track_caller]
    fn close(&self) {
        // It may be free.
        let _ = self.0.release();
    }
}

impl<B: Backend> Mutual<B> {
    #[track_caller]
    fn acquire(&self, patience: Patience) -> bool {
        let endless = || {
            self.0.acquire();
            true
        };
        let timed = |timeout| self.0.acquire_timeout(timeout);
        patience.choose(|| self.0.try_acquire(), timed, endless)
    }
}

impl<B: Backend> Lock<B> {
    /// A lock that no process holds.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Lock;
    /// assert_eq!(Lock::new().locked(), Ok(false));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("process lock")
    }

    /// Like [`new`](Self::new); traces call the lock `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Lock;
    /// let lock = Lock::named("till");
    /// assert_eq!(lock.locked(), Ok(false));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::owned(name, None)
    }

    /// A lock that can be used until its owner has ended.
    #[track_caller]
    pub(in crate::primitives) fn owned(
        name: impl Into<Cow<'static, str>>,
        lease: Option<Arc<Lease<B>>>,
    ) -> Self {
        Self(Remote::owned(Mutual(primitives::Lock::named(name)), lease))
    }

    /// Blocks until the lock is free, and acquires it.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Lock;
    /// let lock = Lock::new();
    /// lock.acquire()?;
    /// assert_eq!(lock.locked(), Ok(true));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> Result<(), Unreachable> {
        self.0.ask(Request::Acquire(Patience::Endless)).map(drop)
    }

    /// Acquires the lock if it is free, and returns whether it did.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Lock;
    /// let lock = Lock::new();
    /// assert_eq!([lock.try_acquire(), lock.try_acquire()], [Ok(true), Ok(false)]);
    /// ```
    #[track_caller]
    pub fn try_acquire(&self) -> Result<bool, Unreachable> {
        self.0.ask(Request::Acquire(Patience::None))
    }

    /// Like [`acquire`](Self::acquire), but blocks for at most `timeout`, and returns whether it
    /// acquired the lock.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Lock;
    /// # use std::time::Duration;
    /// let lock = Lock::new();
    /// lock.acquire()?;
    /// assert_eq!(lock.acquire_timeout(Duration::from_millis(1)), Ok(false));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, Unreachable> {
        self.0.ask(Request::Acquire(Patience::For(timeout)))
    }

    /// Releases the lock, whichever process holds it.
    ///
    /// # Errors
    ///
    /// [`ReleaseError::NotAcquired`] if no process does.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::Lock, primitives::process::ReleaseError};
    /// let lock = Lock::new();
    /// assert_eq!(lock.release(), Err(ReleaseError::NotAcquired));
    /// lock.acquire().unwrap();
    /// assert_eq!(lock.release(), Ok(()));
    /// ```
    #[track_caller]
    pub fn release(&self) -> Result<(), ReleaseError> {
        self.0.ask(Request::Release)?.then_some(()).ok_or(ReleaseError::NotAcquired)
    }

    /// Whether a process holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Lock;
    /// let lock = Lock::new();
    /// let held = lock.lock()?;
    /// assert_eq!(lock.locked(), Ok(true));
    /// # drop(held);
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn locked(&self) -> Result<bool, Unreachable> {
        self.0.ask(Request::Locked)
    }

    /// Acquires the lock until the guard is dropped.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Lock;
    /// let lock = Lock::new();
    /// drop(lock.lock()?);
    /// assert_eq!(lock.locked(), Ok(false));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn lock(&self) -> Result<LockGuard<'_, B>, Unreachable> {
        self.acquire()?;
        Ok(LockGuard(self))
    }
}

impl<B: Backend> Drop for LockGuard<'_, B> {
    fn drop(&mut self) {
        // It may have been released by another, or its owner may have ended.
        let _ = self.0.release();
    }
}

impl<B: Backend> Default for Lock<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> Clone for Lock<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend> fmt::Debug for Lock<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lock").field(&self.0).finish()
    }
}
