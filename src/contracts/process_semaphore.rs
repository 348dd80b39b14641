//! The promises of a semaphore between processes: those of any [`semaphore`].

use super::semaphore::{self, Kind, Subject};
use crate::{
    backend::Backend,
    primitives::process::{BoundedSemaphore, Semaphore},
    program::Scenario,
};
use std::time::Duration;

/// The contracts of [`Semaphore`] and [`BoundedSemaphore`].
pub static SCENARIO: Scenario = semaphore::scenario::<Real>("process-semaphore");

/// Names [`Semaphore`] and [`BoundedSemaphore`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Semaphore<B>;
    type Bounded<B: Backend> = BoundedSemaphore<B>;
}

/// Implements [`Subject`] for a type with the methods of [`Semaphore`].
macro_rules! subject {
    ($($name:ident),*) => {$(
        impl<B: Backend> Subject for $name<B> {
            fn new(permits: usize) -> Self {
                Self::new(permits)
            }
            fn acquire(&self) {
                Semaphore::acquire(self).expect("it is here");
            }
            fn try_acquire(&self) -> bool {
                Semaphore::try_acquire(self) == Ok(true)
            }
            fn acquire_timeout(&self) -> bool {
                Semaphore::acquire_timeout(self, Duration::from_millis(1)) == Ok(true)
            }
            fn release_many(&self, n: usize) -> bool {
                Semaphore::release_many(self, n).is_ok()
            }
            fn permits(&self) -> usize {
                Semaphore::permits(self).expect("it is here")
            }
        }
    )*};
}
subject!(Semaphore, BoundedSemaphore);
