//! Semaphores for several processes.

use super::{
    SemaphoreError, handles,
    permits::{Permits, Reply, Request},
};
use crate::{
    backend::Backend,
    primitives::{
        self,
        process::{
            Unreachable,
            lease::Lease,
            patience::Patience,
            remote::{Remote, mismatch},
        },
    },
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, ops::Deref, sync::Arc, time::Duration};

/// A number of permits that several processes take and return.
///
/// Like Python's `multiprocessing.Semaphore`: a permit has no owner, and a process that is killed while it
/// has one takes it along. A process that is killed while it waits takes none. The semaphore is in the process
/// that made it. A clone is the same semaphore.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::Semaphore};
///
/// let places = Semaphore::<Std>::new(1);
/// let mine = places.permit()?;
/// assert_eq!(places.clone().try_acquire(), Ok(false));
/// drop(mine);
/// assert_eq!(places.permits(), Ok(1));
/// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Semaphore<B: Backend>(Remote<B, Permits<B>>);

/// A [`Semaphore`] that refuses to have more permits than it had at first.
///
/// Like Python's `multiprocessing.BoundedSemaphore`.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::BoundedSemaphore};
///
/// let places = BoundedSemaphore::<Std>::new(1);
/// let error = places.release().unwrap_err().to_string();
/// assert_eq!(error, "semaphore released too many times: its limit is 1");
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct BoundedSemaphore<B: Backend>(Semaphore<B>);

/// A permit of a [`Semaphore`], which is released when it is dropped.
#[must_use = "the permit is released at once if it is not kept"]
#[derive(Debug)]
pub struct Permit<'a, B: Backend>(&'a Semaphore<B>);

handles!(Semaphore "Semaphore", BoundedSemaphore "BoundedSemaphore");

impl<B: Backend> Semaphore<B> {
    /// A semaphore with this number of permits.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// assert_eq!(Semaphore::new(2).permits(), Ok(2));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::named("process semaphore", permits)
    }

    /// Like [`new`](Self::new); traces call the semaphore `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// assert_eq!(Semaphore::named("places", 2).permits(), Ok(2));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, permits: usize) -> Self {
        Self::owned(name, permits, None)
    }

    /// A semaphore that can be used until its owner has ended.
    #[track_caller]
    pub(in crate::primitives) fn owned(
        name: impl Into<Cow<'static, str>>,
        permits: usize,
        lease: Option<Arc<Lease<B>>>,
    ) -> Self {
        Self(Remote::owned(Permits(primitives::Semaphore::named(name, permits)), lease))
    }

    /// Blocks until there is a permit, and takes it.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// let places = Semaphore::new(1);
    /// places.acquire()?;
    /// assert_eq!(places.permits(), Ok(0));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> Result<(), Unreachable> {
        self.take(Patience::Endless).map(drop)
    }

    /// Takes a permit if there is one, and returns whether it did.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// let places = Semaphore::new(1);
    /// assert_eq!([places.try_acquire(), places.try_acquire()], [Ok(true), Ok(false)]);
    /// ```
    #[track_caller]
    pub fn try_acquire(&self) -> Result<bool, Unreachable> {
        self.take(Patience::None)
    }

    /// Like [`acquire`](Self::acquire), but blocks for at most `timeout`, and returns whether it took a
    /// permit.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// # use std::time::Duration;
    /// let places = Semaphore::new(0);
    /// assert_eq!(places.acquire_timeout(Duration::from_millis(1)), Ok(false));
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, Unreachable> {
        self.take(Patience::For(timeout))
    }

    #[track_caller]
    fn take(&self, patience: Patience) -> Result<bool, Unreachable> {
        match self.0.ask(Request::Acquire(patience))? {
            Reply::Acquired(acquired) => Ok(acquired),
            _ => mismatch(),
        }
    }

    /// Takes a permit until it is dropped. Blocks until there is one.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// let places = Semaphore::new(1);
    /// drop(places.permit()?);
    /// assert_eq!(places.permits(), Ok(1));
    /// # Ok::<(), raceproof_suite::primitives::process::Unreachable>(())
    /// ```
    #[track_caller]
    pub fn permit(&self) -> Result<Permit<'_, B>, Unreachable> {
        self.acquire()?;
        Ok(Permit(self))
    }

    /// Returns a permit.
    ///
    /// # Errors
    ///
    /// Those of [`release_many`](Self::release_many).
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// let places = Semaphore::new(0);
    /// assert_eq!(places.release(), Ok(()));
    /// assert_eq!(places.permits(), Ok(1));
    /// ```
    #[track_caller]
    pub fn release(&self) -> Result<(), SemaphoreError> {
        self.release_many(1)
    }

    /// Returns `n` permits at once.
    ///
    /// # Errors
    ///
    /// [`SemaphoreError::Refused`] if `n` is zero, or if a [`BoundedSemaphore`] would have more permits than
    /// at first.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// let places = Semaphore::new(0);
    /// assert_eq!(places.release_many(2), Ok(()));
    /// assert!(places.release_many(0).is_err());
    /// ```
    #[track_caller]
    pub fn release_many(&self, n: usize) -> Result<(), SemaphoreError> {
        match self.0.ask(Request::Release(n))? {
            Reply::Released(released) => Ok(released?),
            _ => mismatch(),
        }
    }

    /// The number of permits at this moment.
    ///
    /// # Errors
    ///
    /// [`Unreachable`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Semaphore;
    /// assert_eq!(Semaphore::new(3).permits(), Ok(3));
    /// ```
    #[track_caller]
    pub fn permits(&self) -> Result<usize, Unreachable> {
        match self.0.ask(Request::Permits)? {
            Reply::Permits(permits) => Ok(permits),
            _ => mismatch(),
        }
    }
}

impl<B: Backend> BoundedSemaphore<B> {
    /// A semaphore with this number of permits, and never more.
    ///
    /// ```
    /// # use raceproof_suite::native::process::BoundedSemaphore;
    /// assert_eq!(BoundedSemaphore::new(2).permits(), Ok(2));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::named("bounded process semaphore", permits)
    }

    /// Like [`new`](Self::new); traces call the semaphore `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::process::BoundedSemaphore;
    /// assert_eq!(BoundedSemaphore::named("places", 2).permits(), Ok(2));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, permits: usize) -> Self {
        Self::owned(name, permits, None)
    }

    /// A semaphore that can be used until its owner has ended.
    #[track_caller]
    pub(in crate::primitives) fn owned(
        name: impl Into<Cow<'static, str>>,
        permits: usize,
        lease: Option<Arc<Lease<B>>>,
    ) -> Self {
        let limited = primitives::Semaphore::limited(name.into(), permits, permits);
        Self(Semaphore(Remote::owned(Permits(limited), lease)))
    }
}

impl<B: Backend> Deref for BoundedSemaphore<B> {
    type Target = Semaphore<B>;

    fn deref(&self) -> &Semaphore<B> {
        &self.0
    }
}

impl<B: Backend> Drop for Permit<'_, B> {
    fn drop(&mut self) {
        // Other code may have released more than it acquired, or the owner may have ended.
        let _ = self.0.release();
    }
}
