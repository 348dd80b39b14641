//! The semaphore itself: a count of permits.

use crate::{
    backend::{Backend, Condvar, Mutex},
    primitives::waiting,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, time::Duration};

/// A count of permits; acquiring one blocks while there is none.
///
/// Like Python's `threading.Semaphore`. std has no equivalent.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Semaphore};
///
/// let places = Semaphore::<Std>::new(1);
/// places.acquire();
/// assert!(!places.try_acquire());
/// places.release_many(2)?;
/// assert_eq!(places.permits(), 2);
/// # Ok::<(), raceproof_suite::primitives::ReleaseError>(())
/// ```
pub struct Semaphore<B: Backend> {
    state: Mutex<B, State>,
    /// There are permits again.
    available: Condvar<B>,
    /// The upper limit of `permits`.
    limit: usize,
}

struct State {
    /// The number of threads that could acquire now without blocking.
    permits: usize,
    /// How many threads are in a wait for a permit, woken ones included until they run.
    waiting: usize,
}

impl State {
    fn waiters(&mut self) -> &mut usize {
        &mut self.waiting
    }

    fn is_empty(&self) -> bool {
        self.permits == 0
    }
}

/// Why permits could not be released. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ReleaseError {
    /// The call would release no permits at all.
    #[error("release of zero permits")]
    Zero,
    /// There would be more permits than allowed: than the initial ones of a [`BoundedSemaphore`](super::BoundedSemaphore), or
    /// than a `usize` can count.
    #[error("semaphore released too many times: its limit is {limit}")]
    AboveLimit {
        /// The largest number of permits.
        limit: usize,
    },
}

impl<B: Backend> Semaphore<B> {
    /// A semaphore with `permits` permits, which may be zero.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// let places = Semaphore::new(2);
    /// assert_eq!(places.permits(), 2);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::named("semaphore", permits)
    }

    /// A semaphore with `permits` permits that traces call `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// let places = Semaphore::named("places", 2);
    /// assert!(format!("{places:?}").contains("places"));
    /// ```
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, permits: usize) -> Self {
        Self::limited(name.into(), permits, usize::MAX)
    }

    #[track_caller]
    pub(in crate::primitives) fn limited(
        name: Cow<'static, str>,
        permits: usize,
        limit: usize,
    ) -> Self {
        Self {
            available: Condvar::named(format!("{name} available")),
            state: Mutex::named(name, State { permits, waiting: 0 }),
            limit,
        }
    }

    /// Blocks until there is a permit, and takes it.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// let places = Semaphore::new(1);
    /// places.acquire();
    /// assert_eq!(places.permits(), 0);
    /// ```
    #[track_caller]
    #[inline]
    pub fn acquire(&self) {
        let mut state = self.state.lock();
        if state.permits == 0 {
            let (waiters, blocked) = (State::waiters, State::is_empty);
            state = waiting::wait_while(&self.available, state, waiters, blocked);
        }
        state.permits -= 1;
    }

    /// Takes a permit if there is one, and returns whether it did. Does not wait for one.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// let places = Semaphore::new(1);
    /// assert_eq!([places.try_acquire(), places.try_acquire()], [true, false]);
    /// ```
    #[track_caller]
    #[inline]
    pub fn try_acquire(&self) -> bool {
        let mut state = self.state.lock();
        let taken = state.permits > 0;
        state.permits -= usize::from(taken);
        taken
    }

    /// Blocks until there is a permit, for at most `timeout`, and returns whether it took one.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// # use std::time::Duration;
    /// let places = Semaphore::new(0);
    /// assert!(!places.acquire_timeout(Duration::from_millis(1)));
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        let state = self.state.lock();
        let (waiters, blocked) = (State::waiters, State::is_empty);
        let (mut state, timed_out) =
            waiting::wait_timeout_while(&self.available, state, timeout, waiters, blocked);
        state.permits -= usize::from(!timed_out);
        !timed_out
    }

    /// Returns one permit, or adds one. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`ReleaseError::AboveLimit`]; then nothing changes.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// let places = Semaphore::new(0);
    /// places.release()?;
    /// places.acquire();
    /// # Ok::<(), raceproof_suite::primitives::ReleaseError>(())
    /// ```
    #[track_caller]
    #[inline]
    pub fn release(&self) -> Result<(), ReleaseError> {
        self.release_many(1)
    }

    /// Returns `n` permits, or adds them, in one step. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`]; then nothing changes, and no permit is released.
    ///
    /// ```
    /// # use raceproof_suite::{native::Semaphore, primitives::ReleaseError};
    /// let places = Semaphore::new(0);
    /// assert_eq!(places.release_many(3), Ok(()));
    /// assert_eq!(places.release_many(0), Err(ReleaseError::Zero));
    /// assert_eq!(places.permits(), 3);
    /// ```
    #[track_caller]
    #[inline]
    pub fn release_many(&self, n: usize) -> Result<(), ReleaseError> {
        if n == 0 {
            return Err(ReleaseError::Zero);
        }
        let mut state = self.state.lock();
        if n > self.limit.saturating_sub(state.permits) {
            return Err(ReleaseError::AboveLimit { limit: self.limit });
        }
        state.permits += n;
        // As many waiters are woken as there are new permits. A waiter that finds its permit taken
        // by a newcomer waits on; one that gives up at this moment finds the permit and takes it.
        // So no permit is left while a thread sleeps.
        let wake = n.min(state.waiting);
        drop(state);
        for _ in 0..wake {
            self.available.notify_one();
        }
        Ok(())
    }

    /// Has a permit, whatever the limit is, so that a thread that waits goes on.
    #[track_caller]
    pub(in crate::primitives) fn open(&self) {
        let mut state = self.state.lock();
        state.permits = state.permits.max(1);
        drop(state);
        self.available.notify_all();
    }

    /// Makes every waiting thread look again: one may have been woken that will never look.
    #[track_caller]
    pub(in crate::primitives) fn rouse(&self) {
        // A thread that is about to wait holds the mutex until it waits.
        drop(self.state.lock());
        self.available.notify_all();
    }

    /// The number of permits at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::Semaphore;
    /// let places = Semaphore::new(2);
    /// let _mine = places.permit();
    /// assert_eq!(places.permits(), 1);
    /// ```
    #[track_caller]
    pub fn permits(&self) -> usize {
        self.state.lock().permits
    }
}

impl<B: Backend> fmt::Debug for Semaphore<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Semaphore").field(&self.state).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Std, primitives::BoundedSemaphore};

    #[test]
    fn permits_are_counted() {
        let semaphore = Semaphore::<Std>::new(2);
        semaphore.acquire();
        assert!(semaphore.acquire_timeout(Duration::ZERO));
        assert!(!semaphore.try_acquire());
        assert!(!semaphore.acquire_timeout(Duration::from_millis(1)));
        assert_eq!(semaphore.release(), Ok(()));
        assert_eq!(semaphore.release_many(3), Ok(()));
        assert_eq!(semaphore.permits(), 4);
    }

    #[test]
    fn a_refused_release_changes_nothing() {
        let semaphore = BoundedSemaphore::<Std>::new(3);
        semaphore.acquire();
        assert_eq!(semaphore.release_many(0), Err(ReleaseError::Zero));
        assert_eq!(semaphore.release_many(2), Err(ReleaseError::AboveLimit { limit: 3 }));
        assert_eq!(semaphore.permits(), 2);
        let full = Semaphore::<Std>::new(usize::MAX);
        assert_eq!(full.release(), Err(ReleaseError::AboveLimit { limit: usize::MAX }));
    }
}
