//! The locks that a condition can use.

use crate::{
    backend::Backend,
    primitives::{Depth, Lock, NotAcquired, NotOwner, RLock},
};

/// A lock that a [`Condition`](super::Condition) can use: one that can be released for a while, at any depth.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::{Lockable, RLock}};
///
/// let lock = RLock::<Std>::new();
/// lock.acquire();
/// lock.acquire();
/// let saved = lock.give_up().unwrap();
/// assert!(!lock.is_held());
/// lock.take_back(saved);
/// assert_eq!([lock.release(), lock.release()], [Ok(()), Ok(())], "both levels are back");
/// ```
pub trait Lockable: Send + Sync {
    /// What is needed to acquire the lock again as it was.
    type Saved;
    /// The error of a release by a thread that does not hold the lock.
    type Error: std::error::Error;

    /// Whether the caller holds the lock, as far as the lock knows.
    #[track_caller]
    fn is_held(&self) -> bool;
    /// Releases the lock completely.
    ///
    /// # Errors
    ///
    /// Fails if the lock is not held; then nothing changes.
    #[track_caller]
    fn give_up(&self) -> Result<Self::Saved, Self::Error>;
    /// Blocks until the lock is free, and acquires it as it was.
    #[track_caller]
    fn take_back(&self, saved: Self::Saved);
}

/// A [`Lock`] does not know its holder: while any thread holds it, it counts as held by the caller.
impl<B: Backend> Lockable for Lock<B> {
    type Saved = ();
    type Error = NotAcquired;

    fn is_held(&self) -> bool {
        self.locked()
    }

    fn give_up(&self) -> Result<(), NotAcquired> {
        self.release()
    }

    fn take_back(&self, (): ()) {
        self.acquire();
    }
}

impl<B: Backend> Lockable for RLock<B> {
    type Saved = Depth;
    type Error = NotOwner;

    fn is_held(&self) -> bool {
        self.is_owned()
    }

    fn give_up(&self) -> Result<Depth, NotOwner> {
        self.release_all()
    }

    fn take_back(&self, depth: Depth) {
        self.restore(depth);
    }
}
