//! The synchronisation types of `std::sync`, and a notification.

pub mod atomic;
mod notify;

pub use notify::Notify;
pub use raceproof::sync::{
    Arc, Barrier, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    WaitTimeoutResult, mpsc,
};
#[doc(no_inline)]
pub use std::sync::{LockResult, TryLockResult};
