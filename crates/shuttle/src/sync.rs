//! The synchronisation types of `std::sync`.
//!
//! `Arc` is std's, as in shuttle: which owner drops the value is not explored. Where it matters,
//! `raceproof::sync::Arc` does that.

pub use raceproof::sync::{
    Barrier, BarrierWaitResult, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, OnceState,
    RwLock, RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult, atomic, mpsc,
};
#[doc(no_inline)]
pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};
