//! A permit as a value, which is always released.

use super::Semaphore;
use crate::backend::Backend;
use std::time::Duration;

/// A permit of a [`Semaphore`], released on drop, even if a panic unwinds.
#[must_use = "the permit is released at once if it is not kept"]
#[derive(Debug)]
pub struct Permit<'a, B: Backend>(&'a Semaphore<B>);

impl<B: Backend> Semaphore<B> {
    /// Blocks until there is a permit, and holds it until the value is dropped.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::Semaphore};
    /// let places = Semaphore::<Std>::new(1);
    /// let permit = places.permit();
    /// assert!(places.try_permit().is_none());
    /// drop(permit);
    /// assert!(places.try_permit().is_some());
    /// ```
    #[track_caller]
    pub fn permit(&self) -> Permit<'_, B> {
        self.acquire();
        Permit(self)
    }

    /// A permit, if there is one. Does not wait for one.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// let places = Semaphore::new(1);
    /// let mine = places.try_permit().expect("it is free");
    /// assert!(places.try_permit().is_none());
    /// drop(mine);
    /// ```
    #[track_caller]
    pub fn try_permit(&self) -> Option<Permit<'_, B>> {
        self.try_acquire().then(|| Permit(self))
    }

    /// Like [`permit`](Self::permit), but blocks for at most `timeout`; returns `None` if there was
    /// no permit in time.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// # use std::time::Duration;
    /// let places = Semaphore::new(0);
    /// assert!(places.permit_timeout(Duration::from_millis(1)).is_none());
    /// ```
    #[track_caller]
    pub fn permit_timeout(&self, timeout: Duration) -> Option<Permit<'_, B>> {
        self.acquire_timeout(timeout).then(|| Permit(self))
    }
}

impl<B: Backend> Drop for Permit<'_, B> {
    fn drop(&mut self) {
        // Fails only if other code has released more than was acquired.
        let _ = self.0.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

    #[test]
    fn a_permit_is_released_on_drop() {
        let semaphore = Semaphore::<Std>::new(1);
        let permit = semaphore.permit_timeout(Duration::ZERO);
        assert!(permit.is_some());
        assert!(semaphore.try_permit().is_none());
        drop(permit);
        assert_eq!(semaphore.permits(), 1);
        drop(semaphore.try_permit().expect("it is free"));
        drop(semaphore.permit());
        assert_eq!(semaphore.permits(), 1);
    }
}
