//! Semaphores, events, barriers, reentrant locks and conditions for several processes.
//!
//! Each is an object in the process that made it, as a [`Lock`](super::Lock) is.

mod barrier;
mod condition;
mod error;
mod event;
mod line;
mod meeting;
mod monitor;
mod permits;
mod rlock;
mod semaphore;
#[cfg(test)]
mod tests;

pub use self::{
    barrier::Barrier,
    condition::Condition,
    error::{BarrierError, ConditionError, OwnerError, SemaphoreError},
    event::Event,
    rlock::{RLock, RLockGuard},
    semaphore::{BoundedSemaphore, Permit, Semaphore},
};

/// What handles have in common: a clone is the same object, and a handle is shown with its place.
macro_rules! handles {
    ($($handle:ident $shown:literal),*) => {$(
        impl<B: crate::backend::Backend> Clone for $handle<B> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<B: crate::backend::Backend> std::fmt::Debug for $handle<B> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple($shown).field(&self.0).finish()
            }
        }
    )*};
}
use handles;
