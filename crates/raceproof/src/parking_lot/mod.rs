//! The locks of parking_lot 0.12 and 0.13, under the explorer's control.
//!
//! A program that uses parking_lot is checked by a change of its `use` lines, or of one line in its `Cargo.toml`. The
//! locks are those of [`sync`](crate::sync) without poison, and with what parking_lot has besides: guards that map,
//! that let go for a while, and that are upgraded, timed locks, and counts of the threads that a notification wakes.
//!
//! ```
//! use raceproof::parking_lot::{Condvar, Mutex};
//! use raceproof::sync::Arc;
//! use raceproof::thread;
//!
//! raceproof::model(|| {
//!     let shared = Arc::new((Mutex::named("ready", false), Condvar::new()));
//!     let theirs = Arc::clone(&shared);
//!     let other = thread::spawn(move || {
//!         *theirs.0.lock() = true;
//!         theirs.1.notify_one();
//!     });
//!     let mut ready = shared.0.lock();
//!     while !*ready {
//!         shared.1.wait(&mut ready);
//!     }
//!     drop(ready);
//!     other.join().unwrap();
//! });
//! ```
//!
//! # What is different
//!
//! | | in parking_lot | here |
//! |---|---|---|
//! | `new` | is `const` | is not: an object of a model is known from its beginning. Statics are declared by [`statics!`](crate::statics!); there is no `const_mutex` |
//! | a timed lock | waits for so long | fails in each execution in which the lock is held at some moment from its beginning on, and moves the [clock](crate::time) |
//! | `unlock_fair`, `bump` | hand the lock to a thread that waits | give it back; another thread may come before those that wait |
//! | `is_locked` and the like | look | take the lock if it is free, and give it back |
//! | `try_write`, `try_upgradable_read` | fail if the lock is held | fail, too, while another thread is about to take the lock for writing or has just given it back |
//! | a condition variable with two mutexes at a time | panics | waits |
//! | `read_recursive`, `Once::state`, `FairMutex`, `lock_api`, owned guards | are there | are not |

mod condvar;
mod guards;
mod mapped;
mod mutex;
mod once;
mod reentrant;
mod rwlock;
mod timed;
mod upgradable;

pub use crate::sync::WaitTimeoutResult;
pub use condvar::Condvar;
pub use guards::{RwLockReadGuard, RwLockWriteGuard};
pub use mapped::{MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard};
pub use mutex::{Mutex, MutexGuard};
pub use once::{Once, OnceState};
pub use reentrant::{ReentrantMutex, ReentrantMutexGuard};
pub use rwlock::RwLock;
pub use upgradable::RwLockUpgradableReadGuard;
