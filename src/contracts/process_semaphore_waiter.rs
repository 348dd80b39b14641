//! The promise of a semaphore between processes when a waiting process is terminated: that of a lock, which a
//! semaphore with one permit is.

use super::{
    lock,
    process_waiter::{self, Kind},
    semaphore::Subject,
};
use crate::{
    backend::Backend,
    primitives::process::{Entry, Semaphore},
    program::Scenario,
};
use serde::{Deserialize, Serialize};

/// The contract of [`Semaphore`].
pub static SCENARIO: Scenario = process_waiter::scenario::<Real>("process-semaphore-waiter");

/// Names [`Semaphore`], as a lock.
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Place<B>;
}

/// A lock that is a semaphore.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Place<B: Backend>(Semaphore<B>);

impl<B: Backend> Clone for Place<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend> lock::Subject for Place<B> {
    fn new() -> Self {
        Self(Semaphore::new(1))
    }
    fn acquire(&self) {
        self.0.acquire().expect("it is here");
    }
    fn try_acquire(&self) -> bool {
        self.0.try_acquire() == Ok(true)
    }
    fn acquire_timeout(&self) -> bool {
        Subject::acquire_timeout(&self.0)
    }
    fn release(&self) -> bool {
        self.0.release().is_ok()
    }
    fn locked(&self) -> bool {
        self.0.permits() == Ok(0)
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    process_waiter::acquires::<Place<B>>()
}
