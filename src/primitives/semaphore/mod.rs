//! A number of permits that threads take and give back.
//!
//! Unlike a lock it admits several threads at once, and a permit belongs to nobody: one thread may
//! acquire what another releases. [`BoundedSemaphore`] refuses more releases than there were permits
//! to begin with, which nearly always are a mistake.

mod bounded;
mod counting;
mod permit;

pub use self::{
    bounded::BoundedSemaphore,
    counting::{ReleaseError, Semaphore},
    permit::Permit,
};
