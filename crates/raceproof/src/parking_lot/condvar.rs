//! A condition variable.

use std::borrow::Cow;
use std::time::Duration;

use super::timed::until;
use super::{MutexGuard, WaitTimeoutResult};
use crate::sync;
use crate::time::Instant;

/// A condition variable, as `parking_lot::Condvar`: no wait wakes for no reason, whatever the
/// [explorer](crate::Explorer::spurious_wakeups) is told, and a notification says whom it wakes.
#[derive(Debug)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    /// A condition variable nobody waits for.
    #[track_caller]
    pub fn new() -> Self {
        Condvar(sync::Condvar::with_reasons(None))
    }

    /// A condition variable with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Condvar(sync::Condvar::with_reasons(Some(name.into())))
    }

    /// Gives the mutex back, waits for a notification, and takes the mutex again.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.guard.take().expect("it holds the mutex");
        guard.guard = Some(super::timed::taken(self.0.wait(held)));
    }

    /// As [`wait`](Self::wait), or until time is over, which may be any moment.
    #[track_caller]
    pub fn wait_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        time: Duration,
    ) -> WaitTimeoutResult {
        let held = guard.guard.take().expect("it holds the mutex");
        let (held, result) = super::timed::taken(self.0.wait_timeout(held, time));
        guard.guard = Some(held);
        result
    }

    /// As [`wait_for`](Self::wait_for), until then.
    #[track_caller]
    pub fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        then: Instant,
    ) -> WaitTimeoutResult {
        self.wait_for(guard, until(then))
    }

    /// Waits while the condition holds.
    #[track_caller]
    pub fn wait_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) {
        while condition(&mut **guard) {
            self.wait(guard);
        }
    }

    /// Waits while the condition holds, or until time is over. Then the condition is not looked at again: it may
    /// have changed before the mutex was taken.
    #[track_caller]
    pub fn wait_while_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        condition: impl FnMut(&mut T) -> bool,
        time: Duration,
    ) -> WaitTimeoutResult {
        let held = guard.guard.take().expect("it holds the mutex");
        let ended = self.0.wait_while_since(held, time, condition, false);
        let (held, result) = super::timed::taken(ended);
        guard.guard = Some(held);
        result
    }

    /// As [`wait_while_for`](Self::wait_while_for), until then.
    #[track_caller]
    pub fn wait_while_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        condition: impl FnMut(&mut T) -> bool,
        then: Instant,
    ) -> WaitTimeoutResult {
        self.wait_while_for(guard, condition, until(then))
    }

    /// Wakes one waiter. Returns whether there was any; outside of a model always that there was.
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.0.wake_one()
    }

    /// Wakes every waiter. Returns how many there were; outside of a model always one.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.0.wake_all()
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}
