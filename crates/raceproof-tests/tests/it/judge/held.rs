//! The innermost guard of a running block.

use std::mem;
use std::time::Duration;

use raceproof::sync::{Condvar, MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};

pub(super) enum Held<'a> {
    Nothing,
    /// Whether condition variables are used with the mutex. The guard is there but during a wait.
    Mutex(Option<MutexGuard<'a, i64>>, bool),
    Read(RwLockReadGuard<'a, i64>),
    Write(RwLockWriteGuard<'a, i64>),
}

impl Held<'_> {
    pub(super) fn get(&self) -> Option<i64> {
        match self {
            Held::Nothing => None,
            Held::Mutex(guard, _) => guard.as_deref().copied(),
            Held::Read(guard) => Some(**guard),
            Held::Write(guard) => Some(**guard),
        }
    }

    /// Writes the data as it is.
    pub(super) fn touch(&mut self) {
        if let Some(data) = self.get() {
            self.put(data);
        }
    }

    pub(super) fn put(&mut self, value: i64) {
        match self {
            Held::Mutex(Some(guard), _) => **guard = value,
            Held::Write(guard) => **guard = value,
            _ => {}
        }
    }

    /// Makes of a write guard a read guard.
    pub(super) fn downgrade(&mut self) {
        *self = match mem::replace(self, Held::Nothing) {
            Held::Write(guard) => Held::Read(RwLockWriteGuard::downgrade(guard)),
            other => other,
        };
    }

    /// Waits with the guard, if it is one to wait with: what the wait observes.
    pub(super) fn wait(&mut self, condvar: &Condvar, timeout: Option<Duration>) -> Option<i64> {
        let Held::Mutex(held, true) = self else { return None };
        let guard = held.take()?;
        let (guard, timed_out, poisoned) = match timeout {
            None => match condvar.wait(guard) {
                Ok(guard) => (guard, false, false),
                Err(poisoned) => (poisoned.into_inner(), false, true),
            },
            Some(timeout) => {
                let result = condvar.wait_timeout(guard, timeout);
                let poisoned = result.is_err();
                let (guard, result) = result.unwrap_or_else(PoisonError::into_inner);
                (guard, result.timed_out(), poisoned)
            }
        };
        *held = Some(guard);
        Some(if timed_out { 0 } else { 1 + i64::from(poisoned) })
    }
}
