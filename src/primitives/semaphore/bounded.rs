//! A semaphore that notices one release too many.

use super::Semaphore;
use crate::backend::Backend;
use std::{borrow::Cow, ops::Deref};

/// A [`Semaphore`] that never has more permits than at its creation.
///
/// Like Python's `threading.BoundedSemaphore`. It does everything that a `Semaphore` does, and a
/// [`release`](Semaphore::release) that would raise the number above the initial one is an error.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::{BoundedSemaphore, ReleaseError}};
///
/// let places = BoundedSemaphore::<Std>::new(1);
/// assert_eq!(places.release(), Err(ReleaseError::AboveLimit { limit: 1 }));
/// places.acquire();
/// assert_eq!(places.release(), Ok(()));
/// ```
#[derive(Debug)]
pub struct BoundedSemaphore<B: Backend>(Semaphore<B>);

impl<B: Backend> BoundedSemaphore<B> {
    /// A semaphore with `permits` permits, which is also its limit.
    ///
    /// ```
    /// # use raceproof_suite::native::BoundedSemaphore;
    /// let places = BoundedSemaphore::new(2);
    /// assert!(places.release().is_err());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::named("bounded semaphore", permits)
    }

    /// A semaphore with `permits` permits, which is also its limit, that traces call `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::BoundedSemaphore;
    /// let places = BoundedSemaphore::named("places", 2);
    /// assert!(format!("{places:?}").contains("places"));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, permits: usize) -> Self {
        Self(Semaphore::limited(name.into(), permits, permits))
    }
}

impl<B: Backend> Deref for BoundedSemaphore<B> {
    type Target = Semaphore<B>;

    #[inline]
    fn deref(&self) -> &Semaphore<B> {
        &self.0
    }
}
