//! A reentrant lock for several processes.

use super::{
    OwnerError, handles,
    monitor::{Monitor, Owner, Reply, Request},
};
use crate::{
    backend::Backend,
    primitives::{
        Depth, NotOwner,
        process::{
            Unreachable,
            lease::Lease,
            patience::Patience,
            remote::{Remote, mismatch},
        },
    },
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, marker::PhantomData, sync::Arc, time::Duration};

/// A lock that its owner, a thread of any process, may acquire again.
///
/// Like Python's `multiprocessing.RLock`: only its owner releases it, and a process that is killed while it
/// holds the lock leaves it acquired. The lock is in the process that made it. A clone is the same lock.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::RLock};
///
/// let lock = RLock::<Std>::new();
/// let outer = lock.lock()?;
/// let inner = lock.lock()?;
/// drop((inner, outer));
/// assert_eq!(lock.locked(), Ok(false));
/// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct RLock<B: Backend>(pub(super) Remote<B, Monitor<B>>);

/// Holds one level of an [`RLock`] until it is dropped, in the same thread.
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct RLockGuard<'a, B: Backend> {
    lock: &'a RLock<B>,
    stays: PhantomData<*const ()>,
}

handles!(RLock "RLock");

impl<B: Backend> RLock<B> {
    /// A lock that no thread holds.
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// assert_eq!(RLock::new().locked(), Ok(false));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("process rlock")
    }

    /// Like [`new`](Self::new); traces call the lock `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// assert_eq!(RLock::named("till").locked(), Ok(false));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::owned(&name.into(), None)
    }

    /// A lock that can be used until its owner has ended.
    #[track_caller]
    pub(in crate::primitives) fn owned(name: &str, lease: Option<Arc<Lease<B>>>) -> Self {
        Self(Remote::owned(Monitor::new(name), lease))
    }

    #[track_caller]
    pub(super) fn is(&self, request: Request) -> Result<bool, Unreachable> {
        match self.0.ask(request)? {
            Reply::Is(answer) => Ok(answer),
            _ => mismatch(),
        }
    }

    #[track_caller]
    fn take(&self, levels: usize, patience: Patience) -> Result<bool, Unreachable> {
        self.is(Request::Acquire(Owner::this::<B>(), levels, patience))
    }

    /// Blocks until the lock is free or this thread's own, and acquires one level.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// let lock = RLock::new();
    /// lock.acquire()?;
    /// lock.acquire()?;
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> Result<(), Unreachable> {
        self.take(1, Patience::Endless).map(drop)
    }

    /// Acquires one level if it need not wait, and returns whether it did.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// let lock = RLock::new();
    /// assert_eq!([lock.try_acquire(), lock.try_acquire()], [Ok(true), Ok(true)]);
    /// ```
    #[track_caller]
    pub fn try_acquire(&self) -> Result<bool, Unreachable> {
        self.take(1, Patience::None)
    }

    /// Like [`acquire`](Self::acquire), but blocks for at most `timeout`, and returns whether it acquired
    /// a level.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, primitives::process::RLock};
    /// # use std::time::Duration;
    /// let lock = RLock::<Std>::new();
    /// let _held = lock.lock()?;
    /// let theirs = lock.clone();
    /// let other = Std::spawn("other", move || theirs.acquire_timeout(Duration::from_millis(1)));
    /// assert_eq!(other.join().unwrap(), Ok(false));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, Unreachable> {
        self.take(1, Patience::For(timeout))
    }

    /// Releases one level.
    ///
    /// # Errors
    ///
    /// [`OwnerError::NotOwner`] if another thread holds the lock, or none.
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// let lock = RLock::new();
    /// assert!(lock.release().is_err());
    /// lock.acquire().unwrap();
    /// assert_eq!(lock.release(), Ok(()));
    /// ```
    #[track_caller]
    pub fn release(&self) -> Result<(), OwnerError> {
        let is_owner = self.is(Request::Release(Owner::this::<B>()))?;
        is_owner.then_some(()).ok_or_else(|| NotOwner.into())
    }

    /// Releases every level, for a later [`restore`](Self::restore).
    ///
    /// # Errors
    ///
    /// [`OwnerError::NotOwner`] if another thread holds the lock, or none.
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// let lock = RLock::new();
    /// lock.acquire().unwrap();
    /// lock.acquire().unwrap();
    /// let depth = lock.release_all().unwrap();
    /// assert_eq!(lock.locked(), Ok(false));
    /// lock.restore(depth).unwrap();
    /// assert_eq!(lock.is_owned(), Ok(true));
    /// ```
    #[track_caller]
    pub fn release_all(&self) -> Result<Depth, OwnerError> {
        match self.0.ask(Request::ReleaseAll(Owner::this::<B>()))? {
            Reply::Depth(depth) => Ok(depth.and_then(Depth::of).ok_or(NotOwner)?),
            _ => mismatch(),
        }
    }

    /// Blocks until the lock is free or this thread's own, and acquires as many levels as were released.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// let lock = RLock::new();
    /// lock.acquire().unwrap();
    /// let depth = lock.release_all().unwrap();
    /// lock.restore(depth).unwrap();
    /// assert_eq!(lock.is_owned(), Ok(true));
    /// ```
    #[track_caller]
    pub fn restore(&self, depth: Depth) -> Result<(), Unreachable> {
        self.take(depth.levels(), Patience::Endless).map(drop)
    }

    /// Whether a thread of any process holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// assert_eq!(RLock::new().locked(), Ok(false));
    /// ```
    #[track_caller]
    pub fn locked(&self) -> Result<bool, Unreachable> {
        self.is(Request::Locked)
    }

    /// Whether this thread holds the lock.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// assert_eq!(RLock::new().is_owned(), Ok(false));
    /// ```
    #[track_caller]
    pub fn is_owned(&self) -> Result<bool, Unreachable> {
        self.is(Request::IsOwned(Owner::this::<B>()))
    }

    /// Acquires one level until the guard is dropped.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::RLock;
    /// let lock = RLock::new();
    /// drop(lock.lock()?);
    /// assert_eq!(lock.locked(), Ok(false));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn lock(&self) -> Result<RLockGuard<'_, B>, Unreachable> {
        self.acquire()?;
        Ok(RLockGuard { lock: self, stays: PhantomData })
    }
}

impl<B: Backend> Drop for RLockGuard<'_, B> {
    fn drop(&mut self) {
        // The thread may have released the level already, or the owner may have ended.
        let _ = self.lock.release();
    }
}

impl<B: Backend> fmt::Debug for RLockGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RLockGuard").field(self.lock).finish()
    }
}

impl<B: Backend> Default for RLock<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
