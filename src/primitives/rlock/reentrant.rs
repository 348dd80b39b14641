//! The lock itself: an owner and a depth.

use super::Held;
use crate::{
    backend::{Backend, Condvar, Mutex, ThreadId},
    primitives::waiting,
};
use std::{borrow::Cow, fmt, num::NonZeroUsize, time::Duration};

/// A reentrant lock: it is free again once its owner has released it as often as it has acquired
/// it.
///
/// Like Python's `threading.RLock`, and like std's (unstable) `ReentrantLock`, but without a value
/// and with separate calls to acquire and release.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::RLock};
///
/// let lock = RLock::<Std>::new();
/// lock.acquire();
/// lock.acquire();
/// lock.release()?;
/// assert!(lock.is_owned());
/// lock.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), raceproof_suite::primitives::NotOwner>(())
/// ```
pub struct RLock<B: Backend> {
    state: Mutex<B, State>,
    /// The lock has become free.
    released: Condvar<B>,
}

type State = Held<ThreadId>;

/// The thread that releases the lock does not hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("release of a lock that this thread does not own")]
pub struct NotOwner;

/// The depth at which an [`RLock`] was held when [`RLock::release_all`] released it.
#[must_use = "the owner still has to get its lock back"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth(NonZeroUsize);

impl Depth {
    /// This many levels, if there are any.
    pub(in crate::primitives) fn of(levels: usize) -> Option<Self> {
        NonZeroUsize::new(levels).map(Self)
    }

    pub(in crate::primitives) fn levels(self) -> usize {
        self.0.get()
    }
}

impl<B: Backend> RLock<B> {
    /// A lock that no thread holds.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// let lock = RLock::new();
    /// assert!(!lock.locked());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::named("rlock")
    }

    /// A lock that no thread holds and that traces call `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// let lock = RLock::named("account");
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

    /// Blocks until the lock is free or held by this thread, and acquires it one level deeper.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// let lock = RLock::new();
    /// lock.acquire();
    /// lock.acquire();
    /// assert!(lock.is_owned());
    /// ```
    #[track_caller]
    pub fn acquire(&self) {
        self.acquire_levels(1);
    }

    #[track_caller]
    fn acquire_levels(&self, levels: usize) {
        let me = B::current_id();
        let mut state = self.state.lock();
        if state.is_foreign_to(me) {
            let foreign = |state: &State| state.is_foreign_to(me);
            state = waiting::wait_while(&self.released, state, State::waiters, foreign);
        }
        state.enter(me, levels);
    }

    /// Acquires the lock if it is free or held by this thread, and returns whether it did. Does not
    /// wait for another holder.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// let lock = RLock::new();
    /// assert!(lock.try_acquire() && lock.try_acquire());
    /// ```
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        let me = B::current_id();
        let mut state = self.state.lock();
        if state.is_foreign_to(me) {
            return false;
        }
        state.enter(me, 1);
        true
    }

    /// Like [`acquire`](Self::acquire), but blocks for at most `timeout`; returns whether it was
    /// acquired.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// # use std::time::Duration;
    /// let lock = RLock::new();
    /// lock.acquire();
    /// assert!(lock.acquire_timeout(Duration::ZERO));
    /// ```
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        let me = B::current_id();
        let (state, waiters) = (self.state.lock(), State::waiters);
        let foreign = |state: &State| state.is_foreign_to(me);
        let (mut state, timed_out) =
            waiting::wait_timeout_while(&self.released, state, timeout, waiters, foreign);
        if !timed_out {
            state.enter(me, 1);
        }
        !timed_out
    }

    /// Releases one level; the last one frees the lock. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`NotOwner`] if this thread does not hold the lock; then nothing changes.
    ///
    /// ```
    /// # use raceproof_suite::{native::RLock, primitives::NotOwner};
    /// let lock = RLock::new();
    /// lock.acquire();
    /// assert_eq!([lock.release(), lock.release()], [Ok(()), Err(NotOwner)]);
    /// ```
    #[track_caller]
    pub fn release(&self) -> Result<(), NotOwner> {
        self.release_levels(|_| 1).map(|_| ())
    }

    /// Frees the lock, at whatever depth this thread holds it, and returns that depth.
    ///
    /// [`restore`](Self::restore) undoes it. A [`Condition`](crate::primitives::Condition) waits between the two.
    ///
    /// # Errors
    ///
    /// [`NotOwner`] if this thread does not hold the lock; then nothing changes.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::RLock};
    /// let lock = RLock::<Std>::new();
    /// lock.acquire();
    /// lock.acquire();
    /// let depth = lock.release_all()?;
    /// assert!(!lock.locked());
    /// lock.restore(depth);
    /// lock.release()?;
    /// assert!(lock.is_owned());
    /// # Ok::<(), raceproof_suite::primitives::NotOwner>(())
    /// ```
    #[track_caller]
    pub fn release_all(&self) -> Result<Depth, NotOwner> {
        self.release_levels(|depth| depth)
    }

    /// Blocks until the lock is free, and acquires it at the depth at which it was held.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// let lock = RLock::new();
    /// lock.acquire();
    /// let depth = lock.release_all()?;
    /// lock.restore(depth);
    /// assert!(lock.is_owned());
    /// # Ok::<(), raceproof_suite::primitives::NotOwner>(())
    /// ```
    #[track_caller]
    pub fn restore(&self, depth: Depth) {
        self.acquire_levels(depth.0.get());
    }

    /// Releases some of the levels, and returns their number.
    #[track_caller]
    fn release_levels(&self, some: fn(usize) -> usize) -> Result<Depth, NotOwner> {
        let me = B::current_id();
        let mut state = self.state.lock();
        let depth = state.leave(me, some).and_then(NonZeroUsize::new).ok_or(NotOwner)?;
        if state.owner.is_none() {
            // Waking one waiter is enough: it becomes the owner, and wakes the next when it releases.
            // A waiter that gives up at this moment finds the lock free and takes it.
            let wake = state.waiting > 0;
            drop(state);
            if wake {
                self.released.notify_one();
            }
        }
        Ok(Depth(depth))
    }

    /// Whether a thread holds the lock at this moment.
    ///
    /// ```
    /// # use raceproof_suite::native::RLock;
    /// let lock = RLock::new();
    /// let _guard = lock.lock();
    /// assert!(lock.locked());
    /// ```
    #[track_caller]
    pub fn locked(&self) -> bool {
        self.state.lock().depth > 0
    }

    /// Whether this thread holds the lock.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::RLock};
    /// # use std::sync::Arc;
    /// let lock = Arc::new(RLock::new());
    /// let _guard = lock.lock();
    /// assert!(lock.is_owned());
    /// let other = Arc::clone(&lock);
    /// assert_eq!(Std::spawn("other", move || other.is_owned()).join(), Ok(false));
    /// ```
    #[track_caller]
    pub fn is_owned(&self) -> bool {
        self.state.lock().owner == Some(B::current_id())
    }
}

impl<B: Backend> Default for RLock<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> fmt::Debug for RLock<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RLock").field(&self.state).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;
    use std::sync::Arc;

    /// Whether another thread can acquire the lock; releases it again.
    fn free_for_others(lock: &Arc<RLock<Std>>) -> bool {
        let lock = Arc::clone(lock);
        Std::spawn("other", move || lock.try_lock().is_some()).join().unwrap()
    }

    #[test]
    fn free_after_as_many_releases_as_acquires() {
        let lock = Arc::new(RLock::<Std>::new());
        lock.acquire();
        assert!(lock.try_acquire());
        assert!(lock.acquire_timeout(Duration::ZERO));
        drop(lock.lock_timeout(Duration::ZERO).expect("it is this thread's own"));
        for _ in 0..3 {
            assert!(lock.locked() && !free_for_others(&lock));
            assert_eq!(lock.release(), Ok(()));
        }
        assert!(!lock.locked() && free_for_others(&lock));
        assert_eq!(lock.release(), Err(NotOwner));
    }

    #[test]
    fn another_thread_may_not_release() {
        let lock = Arc::new(RLock::<Std>::new());
        let _held = lock.lock();
        let other = Arc::clone(&lock);
        Std::spawn("other", move || {
            assert_eq!(other.release(), Err(NotOwner));
            assert_eq!(other.release_all(), Err(NotOwner));
            assert!(!other.is_owned());
            assert!(other.lock_timeout(Duration::from_millis(1)).is_none());
        })
        .join()
        .unwrap();
        assert!(lock.is_owned());
    }

    #[test]
    fn all_levels_are_released_and_restored() {
        let lock = Arc::new(RLock::<Std>::new());
        lock.acquire();
        lock.acquire();
        let depth = lock.release_all().unwrap();
        assert!(free_for_others(&lock));
        lock.restore(depth);
        assert_eq!(
            [lock.release(), lock.release(), lock.release()],
            [Ok(()), Ok(()), Err(NotOwner)]
        );
    }
}
