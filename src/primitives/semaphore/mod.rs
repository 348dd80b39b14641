//! A number of permits that threads take and return.
//!
//! Unlike a lock it admits several threads at once, and a permit has no owner: one thread may
//! acquire what another releases. [`BoundedSemaphore`] refuses more releases than there were permits
//! initially, which are nearly always a mistake.

mod bounded;
mod counting;
mod permit;

pub use self::{
    bounded::BoundedSemaphore,
    counting::{ReleaseError, Semaphore},
    permit::Permit,
};
