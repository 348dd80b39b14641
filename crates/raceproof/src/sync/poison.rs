//! Poisoning, as in std: a lock whose guard is dropped by a panic says so from then on.
//!
//! A thread that has the lock sees what the threads before it left, so for it poison is no matter of
//! its own. A thread that asks for it, or clears it, without the lock may come before a panic or
//! after: once one does, the exploration begins again, with a step wherever poison is set, read or
//! cleared.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::execution::{kernel, note_effect, perform, teardown, tell};
use crate::kernel::{Kernel, Kind, Op, Pending};
use crate::telling::trace::Value;

/// Whether a lock is poisoned. Ignored while an execution is torn down, so that
/// destructors which unwrap a lock do not panic a second time.
#[derive(Debug, Default)]
pub(crate) struct Poison {
    set: AtomicBool,
    /// Its number as an object, if it is one.
    object: Option<u32>,
}

/// What a guard must know to poison its lock: whether its thread unwound before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before(bool);

impl Poison {
    /// That of a lock that the running thread makes.
    pub(crate) fn new(kernel: &mut Kernel, at: &'static Location<'static>) -> Self {
        let object = kernel.limits.poison.then(|| kernel.create(Kind::Poison, None, at).index);
        Poison { set: AtomicBool::new(false), object }
    }

    /// Is it set, as the lock's only owner sees it?
    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.set.load(Relaxed) && !teardown::under_way()
    }

    /// Looks at that of `lock` without having the lock.
    pub(crate) fn look(&self, lock: u32, at: &'static Location<'static>) -> bool {
        let Some(poison) = self.as_object() else { return self.is_set() };
        let found = perform(Pending { op: Op::IsPoisoned { poison, lock }, at }) != 0;
        tell(|recorder| recorder.tell_last(Value::Flag(found)));
        found && !teardown::under_way()
    }

    /// Clears that of `lock` without having the lock.
    pub(crate) fn clear(&self, lock: u32, at: &'static Location<'static>) {
        if let Some(poison) = self.as_object() {
            perform(Pending { op: Op::ClearPoison { poison, lock }, at });
            note_effect();
        }
        self.set.store(false, Relaxed);
    }

    /// Its number as an object. If it is none, the exploration begins again with one that is.
    fn as_object(&self) -> Option<u32> {
        if !teardown::under_way() {
            kernel(Kernel::begin_with_poison);
        }
        self.object
    }

    #[inline]
    pub(crate) fn before(&self) -> Before {
        Before(std::thread::panicking())
    }

    /// Called when a guard is dropped that had `lock` exclusively.
    #[inline]
    pub(crate) fn done(&self, lock: u32, before: Before, at: &'static Location<'static>) {
        if !before.0 && std::thread::panicking() && !teardown::under_way() {
            if let Some(poison) = self.object {
                perform(Pending { op: Op::Poison { poison, lock }, at });
                note_effect();
            }
            self.set.store(true, Relaxed);
        }
    }

    /// The guard of a lock that was just taken, as an error if the lock is poisoned.
    #[inline]
    pub(crate) fn guard<G>(&self, guard: G, at: &'static Location<'static>) -> LockResult<G> {
        let Some(poison) = self.object else { return self.wrap(guard) };
        let found = perform(Pending { op: Op::SeePoison { poison }, at }) != 0;
        result(guard, found && !teardown::under_way())
    }

    /// `value`, as an error if the lock is poisoned.
    #[inline]
    pub(crate) fn wrap<T>(&self, value: T) -> LockResult<T> {
        result(value, self.is_set())
    }
}

/// `value`, as an error if its lock is poisoned.
pub(super) fn result<T>(value: T, poisoned: bool) -> LockResult<T> {
    if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
}

/// The guard made of that of std's lock, poisoned as that is.
pub(super) fn real_guard<R, G>(real: LockResult<R>, guard: impl FnOnce(R) -> G) -> LockResult<G> {
    match real {
        Ok(real) => Ok(guard(real)),
        Err(error) => Err(PoisonError::new(guard(error.into_inner()))),
    }
}

/// What std's lock says to a thread that takes it, if it does.
pub(super) fn taken<G, T>(result: TryLockResult<G>) -> Result<LockResult<G>, TryLockError<T>> {
    match result {
        Ok(guard) => Ok(Ok(guard)),
        Err(TryLockError::Poisoned(error)) => Ok(Err(error)),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
    }
}
