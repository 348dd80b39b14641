//! A lock that its owner may acquire again.
//!
//! Unlike [`Lock`](super::Lock) it knows which thread holds it: that thread acquires it again without
//! waiting, to any depth, and no other thread may release it.

mod guard;
mod held;
mod reentrant;

pub(in crate::primitives) use self::held::Held;
pub use self::{
    guard::RLockGuard,
    reentrant::{Depth, NotOwner, RLock},
};
