//! What guards the value of an atomic or a cell outside of a model.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many locks there are.
const STRIPES: usize = 64;

static LOCKS: [Mutex<()>; STRIPES] = [const { Mutex::new(()) }; STRIPES];

/// The lock of what is at this address, which others may share: nothing else may be locked meanwhile.
pub(crate) fn lock<T: ?Sized>(value: *const T) -> MutexGuard<'static, ()> {
    let stripe = value.addr() / 8 % STRIPES;
    LOCKS[stripe].lock().unwrap_or_else(PoisonError::into_inner)
}
