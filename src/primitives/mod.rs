//! Synchronisation primitives, each generic over its [`Backend`](crate::backend::Backend) and so
//! checked by every engine.

mod lock;

pub use lock::{Lock, LockGuard, NotAcquired};
