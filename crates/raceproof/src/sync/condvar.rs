//! A condition variable.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

use super::{Mutex, MutexGuard};
use crate::execution::clock::{begin_waiting, has_waited};
use crate::execution::{Life, kernel, perform, resolve, yield_at};
use crate::kernel::time::Began;
use crate::kernel::{Kind, Op, Pending};

/// A condition variable, as `std::sync::Condvar`.
///
/// A notification may wake any of the waiters, not only the first, and a timed wait may
/// time out at any moment after it began. Waits wake for no reason only if the
/// [explorer](crate::Explorer::spurious_wakeups) is told so; otherwise a proof assumes that they do not.
pub struct Condvar {
    id: Life,
}

/// Whether a timed wait ended because its time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Did it time out?
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

/// How a wait ended, besides having the mutex again.
enum Ended {
    Notified,
    TimedOut,
}

impl Condvar {
    /// A condition variable nobody waits for.
    #[track_caller]
    #[allow(clippy::new_without_default)] // `Default` is there, but cannot tell where it is called.
    pub fn new() -> Self {
        Self::make(None, Location::caller())
    }

    /// A condition variable with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::make(Some(name.into()), Location::caller())
    }

    fn make(name: Option<Cow<'static, str>>, at: &'static Location<'static>) -> Self {
        Condvar { id: Life::of(kernel(|kernel| kernel.create(Kind::Condvar, name, at))) }
    }

    /// Gives the mutex back, waits for a notification, and takes the mutex again.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned by then; the error holds the guard.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let at = Location::caller();
        let (mutex, index) = guard.into_parts();
        self.wait_in(index, None, at);
        mutex.guard(index, at)
    }

    /// Waits while `condition` holds.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard.
    #[track_caller]
    pub fn wait_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(guard.data()) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits for a notification, or until time is over, which may be any moment. The model's
    /// [clock](crate::time) goes on if it is.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned by then; the error holds the guard.
    #[track_caller]
    pub fn wait_timeout<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        self.wait_since(None, guard, timeout)
    }

    /// As [`wait_timeout`](Self::wait_timeout), but the time may have begun before.
    #[track_caller]
    fn wait_since<'a, T: ?Sized>(
        &self,
        began: Option<Began>,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let at = Location::caller();
        let (mutex, index) = guard.into_parts();
        let ended = self.wait_in(index, Some((began, timeout)), at);
        with_result(mutex, index, at, WaitTimeoutResult(matches!(ended, Ended::TimedOut)))
    }

    /// Waits while `condition` holds, or until time is over.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard.
    #[track_caller]
    pub fn wait_timeout_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let began = Some(begin_waiting());
        loop {
            if !condition(guard.data()) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let result;
            (guard, result) = self.wait_since(began, guard, timeout)?;
            if result.timed_out() {
                let late = WaitTimeoutResult(condition(guard.data()));
                return Ok((guard, late));
            }
        }
    }

    /// Waits, given the mutex's number, which is taken again at the end, and the time that it takes
    /// at the most, if any.
    #[track_caller]
    fn wait_in(
        &self,
        mutex: u32,
        time: Option<(Option<Began>, Duration)>,
        at: &'static Location<'static>,
    ) -> Ended {
        let condvar = resolve(*self.id);
        let for_no_reason = perform(Pending { op: Op::Wait { condvar, mutex }, at }) != 0;
        if time.is_none() && !for_no_reason {
            perform(Pending { op: Op::Asleep { condvar, mutex }, at });
            return Ended::Notified;
        }
        let mut ended = Ended::Notified;
        if let Some((began, timeout)) = time.filter(|_| !for_no_reason) {
            let began = began.unwrap_or_else(begin_waiting);
            yield_at(at);
            if perform(Pending { op: Op::Wake(condvar), at }) == 0 {
                has_waited(began, timeout);
                ended = Ended::TimedOut;
            }
        }
        perform(Pending { op: Op::Relock(mutex), at });
        ended
    }

    /// Wakes one waiter, if there is any.
    #[track_caller]
    pub fn notify_one(&self) {
        perform(Pending { op: Op::NotifyOne(resolve(*self.id)), at: Location::caller() });
    }

    /// Wakes every waiter.
    #[track_caller]
    pub fn notify_all(&self) {
        perform(Pending { op: Op::NotifyAll(resolve(*self.id)), at: Location::caller() });
    }
}

/// The guard of a thread that has the mutex again, with how its wait ended.
fn with_result<'a, T: ?Sized>(
    mutex: &'a Mutex<T>,
    index: u32,
    at: &'static Location<'static>,
    result: WaitTimeoutResult,
) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
    match mutex.guard(index, at) {
        Ok(guard) => Ok((guard, result)),
        Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), result))),
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
