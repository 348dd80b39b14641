//! A number of permits that threads take and give back.
//!
//! Unlike a lock it admits several threads at once, and a permit belongs to nobody: one thread may
//! acquire what another releases. [`BoundedSemaphore`] refuses more releases than there were permits
//! to begin with, which nearly always are a mistake.

use crate::backend::{Backend, Condvar, Mutex, MutexGuard};
use std::{borrow::Cow, fmt, ops::Deref, time::Duration};

/// A count of permits; acquiring one blocks while there is none.
///
/// As Python's `threading.Semaphore`. std has none.
///
/// ```
/// use raceproof::{backend::Std, primitives::Semaphore};
///
/// let places = Semaphore::<Std>::new(1);
/// places.acquire();
/// assert!(!places.try_acquire());
/// places.release_many(2)?;
/// assert_eq!(places.permits(), 2);
/// # Ok::<(), raceproof::primitives::ReleaseError>(())
/// ```
pub struct Semaphore<B: Backend> {
    state: Mutex<B, State>,
    /// There are permits again.
    available: Condvar<B>,
    /// What `permits` may never exceed.
    limit: usize,
}

struct State {
    /// How many threads could acquire now without blocking.
    permits: usize,
    /// How many threads are in a wait for a permit, woken ones included until they run.
    waiting: usize,
}

/// Why permits could not be released. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// It was to release no permits at all.
    #[error("release of zero permits")]
    Zero,
    /// There would be more permits than allowed: than the initial ones of a [`BoundedSemaphore`], or
    /// than a `usize` can count.
    #[error("semaphore released too many times: its limit is {limit}")]
    AboveLimit {
        /// How many permits there may be.
        limit: usize,
    },
}

/// A permit of a [`Semaphore`], released on drop, also while a panic unwinds.
#[must_use = "the permit is released at once if it is not kept"]
#[derive(Debug)]
pub struct Permit<'a, B: Backend>(&'a Semaphore<B>);

impl<B: Backend> Semaphore<B> {
    /// A semaphore with this many permits, which may be zero.
    #[track_caller]
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::named("semaphore", permits)
    }

    /// A semaphore with this many permits that traces call `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, permits: usize) -> Self {
        Self::limited(name.into(), permits, usize::MAX)
    }

    #[track_caller]
    fn limited(name: Cow<'static, str>, permits: usize, limit: usize) -> Self {
        Self {
            available: Condvar::named(format!("{name} available")),
            state: Mutex::named(name, State { permits, waiting: 0 }),
            limit,
        }
    }

    /// Blocks until there is a permit, and takes it.
    #[track_caller]
    #[inline]
    pub fn acquire(&self) {
        let mut state = self.state.lock();
        if state.permits == 0 {
            state = self.wait(state);
        }
        state.permits -= 1;
    }

    /// Returns with a permit there. In a loop, for another thread may take the permit that woke this.
    #[track_caller]
    #[cold]
    fn wait<'a>(&self, mut state: MutexGuard<'a, B, State>) -> MutexGuard<'a, B, State> {
        state.waiting += 1;
        state = self.available.wait_while(state, |state| state.permits == 0);
        state.waiting -= 1;
        state
    }

    /// Takes a permit if there is one, and says whether it did. Never waits for one.
    #[track_caller]
    #[inline]
    pub fn try_acquire(&self) -> bool {
        let mut state = self.state.lock();
        let taken = state.permits > 0;
        state.permits -= usize::from(taken);
        taken
    }

    /// Blocks until there is a permit, but at most for `timeout`, and says whether it took one.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        let mut state = self.state.lock();
        state.waiting += 1;
        let (mut state, timed_out) =
            self.available.wait_timeout_while(state, timeout, |state| state.permits == 0);
        state.waiting -= 1;
        state.permits -= usize::from(!timed_out);
        !timed_out
    }

    /// Gives one permit back, or adds one. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`ReleaseError::AboveLimit`]; then nothing changes.
    #[track_caller]
    #[inline]
    pub fn release(&self) -> Result<(), ReleaseError> {
        self.release_many(1)
    }

    /// Gives `n` permits back, or adds them, in one step. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`]; then nothing changes, not one of the permits is released.
    #[track_caller]
    #[inline]
    pub fn release_many(&self, n: usize) -> Result<(), ReleaseError> {
        if n == 0 {
            return Err(ReleaseError::Zero);
        }
        let mut state = self.state.lock();
        if n > self.limit - state.permits {
            return Err(ReleaseError::AboveLimit { limit: self.limit });
        }
        state.permits += n;
        // As many waiters are woken as there are new permits. One that finds its permit taken by a
        // newcomer waits on; one that gives up at this moment finds the permit and takes it. So no
        // permit lies idle while a thread sleeps.
        let wake = n.min(state.waiting);
        drop(state);
        for _ in 0..wake {
            self.available.notify_one();
        }
        Ok(())
    }

    /// How many permits there are at this moment.
    #[track_caller]
    pub fn permits(&self) -> usize {
        self.state.lock().permits
    }

    /// Blocks until there is a permit, and holds it until it is dropped.
    ///
    /// ```
    /// # use raceproof::{backend::Std, primitives::Semaphore};
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

    /// A permit, if there is one; never waits for one.
    #[track_caller]
    pub fn try_permit(&self) -> Option<Permit<'_, B>> {
        self.try_acquire().then(|| Permit(self))
    }

    /// As [`permit`](Self::permit), but blocks at most for `timeout`; `None` when the time was over.
    #[track_caller]
    pub fn permit_timeout(&self, timeout: Duration) -> Option<Permit<'_, B>> {
        self.acquire_timeout(timeout).then(|| Permit(self))
    }
}

impl<B: Backend> fmt::Debug for Semaphore<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Semaphore").field(&self.state).finish()
    }
}

impl<B: Backend> Drop for Permit<'_, B> {
    fn drop(&mut self) {
        // Fails only if somebody else has released more than was acquired.
        let _ = self.0.release();
    }
}

/// A [`Semaphore`] that never has more permits than it began with.
///
/// As Python's `threading.BoundedSemaphore`; it does everything that a `Semaphore` does, and its
/// [`release`](Semaphore::release) is an error where that would raise the number above the initial one.
///
/// ```
/// use raceproof::{backend::Std, primitives::{BoundedSemaphore, ReleaseError}};
///
/// let places = BoundedSemaphore::<Std>::new(1);
/// assert_eq!(places.release(), Err(ReleaseError::AboveLimit { limit: 1 }));
/// places.acquire();
/// assert_eq!(places.release(), Ok(()));
/// ```
#[derive(Debug)]
pub struct BoundedSemaphore<B: Backend>(Semaphore<B>);

impl<B: Backend> BoundedSemaphore<B> {
    /// A semaphore with this many permits, now and at most.
    #[track_caller]
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self::named("bounded semaphore", permits)
    }

    /// A semaphore with this many permits, now and at most, that traces call `name`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

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

    #[test]
    fn a_permit_is_released_on_drop() {
        let semaphore = Semaphore::<Std>::new(1);
        let permit = semaphore.permit_timeout(Duration::ZERO);
        assert!(permit.is_some());
        assert!(semaphore.try_permit().is_none());
        drop(permit);
        assert_eq!(semaphore.permits(), 1);
        drop(semaphore.permit());
        assert_eq!(semaphore.permits(), 1);
    }
}
