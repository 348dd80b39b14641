//! Poisoning, as in std: a lock whose guard is dropped by a panic says so from then on.

use std::sync::LockResult;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::execution::teardown;

/// Whether a lock is poisoned. Ignored while an execution is torn down, so that
/// destructors which unwrap a lock do not panic a second time.
#[derive(Debug)]
pub(crate) struct Poison(AtomicBool);

/// What a guard must know to poison its lock: whether its thread unwound before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before(bool);

impl Poison {
    pub(crate) const fn new() -> Self {
        Poison(AtomicBool::new(false))
    }

    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Relaxed) && !teardown::under_way()
    }

    pub(crate) fn clear(&self) {
        self.0.store(false, Relaxed);
    }

    #[inline]
    pub(crate) fn before(&self) -> Before {
        Before(teardown::is_unwinding())
    }

    /// Called when a guard is dropped.
    #[inline]
    pub(crate) fn done(&self, before: Before) {
        if !before.0 && teardown::is_unwinding() && !teardown::under_way() {
            self.0.store(true, Relaxed);
        }
    }

    /// `value`, as an error if the lock is poisoned.
    #[inline]
    pub(crate) fn wrap<T>(&self, value: T) -> LockResult<T> {
        if self.is_set() { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}
