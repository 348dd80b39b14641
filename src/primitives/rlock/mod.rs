//! A lock that its owner may acquire again.
//!
//! Unlike [`Lock`](super::Lock) it knows which thread holds it: that thread passes without waiting, as
//! deep as it likes, and nobody else may release it.

mod guard;
mod reentrant;

pub use self::{
    guard::RLockGuard,
    reentrant::{Depth, NotOwner, RLock},
};
