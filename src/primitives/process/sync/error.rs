//! Why an object that several processes wait at refuses a call.

use crate::primitives::{Broken, NotHeld, NotOwner, ReleaseError, process::Unreachable};

/// Why permits could not be released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SemaphoreError {
    /// None were to be released, or more than the limit allows. Nothing has changed.
    #[error(transparent)]
    Refused(#[from] ReleaseError),
    /// The semaphore cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why a reentrant lock could not be released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnerError {
    /// Another thread holds it, or none.
    #[error(transparent)]
    NotOwner(#[from] NotOwner),
    /// The lock cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why a condition cannot be waited for or notified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// This thread does not hold the lock.
    #[error(transparent)]
    NotHeld(#[from] NotHeld),
    /// The condition cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why a party did not pass a barrier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BarrierError {
    /// It is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The barrier cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}
