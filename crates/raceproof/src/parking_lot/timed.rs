//! Locks with a time.

use std::panic::Location;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
use std::time::Duration;

use crate::execution::clock::{begin_waiting, has_waited};
use crate::execution::{is_outside, yield_at};
use crate::time::Instant;

/// How long the system's threads sleep between two tries.
const PAUSE: Duration = Duration::from_micros(50);

/// Tries to take a lock within a time.
///
/// A thread that waits may be taken not to have come yet. So a wait that ends with the lock is a try that comes late, and
/// one that ends without it is a try that finds the lock held.
pub(super) fn within<G>(
    time: Duration,
    at: &'static Location<'static>,
    mut take: impl FnMut() -> Option<G>,
) -> Option<G> {
    if is_outside() {
        let began = std::time::Instant::now();
        loop {
            let taken = take();
            if taken.is_some() || began.elapsed() >= time {
                return taken;
            }
            std::thread::sleep(PAUSE);
        }
    }
    let began = begin_waiting();
    yield_at(at);
    let taken = take();
    if taken.is_none() {
        has_waited(began, time);
    }
    taken
}

/// How long it is until then.
#[track_caller]
pub(super) fn until(then: Instant) -> Duration {
    then.saturating_duration_since(Instant::now())
}

/// A guard, whether its lock is poisoned or not.
pub(super) fn taken<G>(result: LockResult<G>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}

/// A guard, if the lock was free, whether it is poisoned or not.
pub(super) fn tried<G>(result: TryLockResult<G>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
