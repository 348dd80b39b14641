//! The errors of a manager and its objects.

use super::class::Refusal;
use crate::primitives::{
    NoParties,
    process::{ProcessError, Unreachable, Unsendable},
};

/// Why an operation on a managed object did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManagerError {
    /// The dictionary has no such key, or the namespace no such name.
    #[error("there is no such key")]
    NoSuchKey,
    /// The list has no such index.
    #[error("there is no such index")]
    NoSuchIndex,
    /// The namespace has a value of that name, or the object a method, but of another type.
    #[error("the value is of another type")]
    WrongType,
    /// The object has no method of that name.
    #[error("there is no such method")]
    NoSuchMethod,
    /// This program's `main` does not give the [class](super::class()) of this type to
    /// [`serve`](crate::primitives::process::serve).
    #[error("`main` does not give `manager::class::<{0}>()` to `process::serve`")]
    NotRegistered(String),
    /// The method, or the function that makes the object, panicked with this message.
    #[error("it panicked: {0}")]
    Panicked(String),
    /// A barrier for no parties.
    #[error(transparent)]
    NoParties(#[from] NoParties),
    /// The manager has been shut down, or has died.
    #[error("the manager is gone")]
    Gone,
    /// No connection to the manager can be made.
    #[error("the manager cannot be reached: {0}")]
    Refused(String),
    /// The manager cannot keep this value.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
    /// The manager's process cannot be started.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

impl From<Unreachable> for ManagerError {
    fn from(error: Unreachable) -> Self {
        match error {
            Unreachable::OwnerGone => Self::Gone,
            Unreachable::Unsendable(error) => Self::Unsendable(error),
            Unreachable::Refused(why) => Self::Refused(why),
        }
    }
}

impl From<Refusal> for ManagerError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchMethod => Self::NoSuchMethod,
            Refusal::WrongType => Self::WrongType,
            Refusal::NotRegistered(name) => Self::NotRegistered(name),
            Refusal::Panicked(message) => Self::Panicked(message),
            Refusal::Unsendable(error) => Self::Unsendable(error),
        }
    }
}
