//! A condition variable.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

use super::MutexGuard;
use crate::execution::clock::{begin_waiting, has_waited};
use crate::execution::{Life, kernel, misuse, perform, yield_at};
use crate::kernel::time::Began;
use crate::kernel::{Kind, NOBODY, Op, Pending};

/// A condition variable, as `std::sync::Condvar`.
///
/// A notification may wake any of the waiters, not only the first, and a timed wait may
/// time out at any moment after it began. Waits wake for no reason only if the
/// [explorer](crate::Explorer::spurious_wakeups) is told so; otherwise a proof assumes that they do not.
///
/// Outside of a model it is std's.
pub struct Condvar {
    id: Life,
    /// Outside of a model.
    real: std::sync::Condvar,
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
        Self::make(None, false, Location::caller())
    }

    /// A condition variable with a name for traces.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::make(Some(name.into()), false, Location::caller())
    }

    /// One whose waits never wake for no reason, whatever the explorer is told.
    #[track_caller]
    pub(crate) fn with_reasons(name: Option<Cow<'static, str>>) -> Self {
        Self::make(name, true, Location::caller())
    }

    fn make(
        name: Option<Cow<'static, str>>,
        reasons: bool,
        at: &'static Location<'static>,
    ) -> Self {
        let id = Life::begin(at, |kernel| {
            let id = kernel.create(Kind::Condvar, name, at);
            kernel.objects[id.index as usize].reasons = reasons;
            id
        });
        Condvar { id, real: std::sync::Condvar::new() }
    }

    /// Gives the mutex back, waits for a notification, and takes the mutex again.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned by then; the error holds the guard.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let at = Location::caller();
        let condvar = self.id.number();
        match (condvar, guard.into_parts()) {
            (Some(condvar), (mutex, Ok(index))) => {
                wait_in(condvar, index, None, at);
                mutex.guard(index, at)
            }
            (None, (mutex, Err(real))) => mutex.real_guard(self.real.wait(real), at),
            _ => foreign_guard(),
        }
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
        let condvar = self.id.number();
        match (condvar, guard.into_parts()) {
            (Some(condvar), (mutex, Ok(index))) => {
                let ended = wait_in(condvar, index, Some((began, timeout)), at);
                let result = WaitTimeoutResult(matches!(ended, Ended::TimedOut));
                with_result(mutex.guard(index, at), result)
            }
            (None, (mutex, Err(real))) => {
                let mut result = WaitTimeoutResult(false);
                let mut take = |(guard, real): (_, std::sync::WaitTimeoutResult)| {
                    result = WaitTimeoutResult(real.timed_out());
                    guard
                };
                let guard = match self.real.wait_timeout(real, timeout) {
                    Ok(both) => Ok(take(both)),
                    Err(error) => Err(PoisonError::new(take(error.into_inner()))),
                };
                with_result(mutex.real_guard(guard, at), result)
            }
            _ => foreign_guard(),
        }
    }

    /// Waits while `condition` holds, or until time is over.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard.
    #[track_caller]
    pub fn wait_timeout_while<'a, T: ?Sized, F>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
        condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        self.wait_while_since(guard, timeout, condition, true)
    }

    /// As [`wait_timeout_while`](Self::wait_timeout_while). Says whether a wait that has timed out looks at the
    /// condition once more.
    #[track_caller]
    pub(crate) fn wait_while_since<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: F,
        looks_again: bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        if self.id.number().is_none() {
            let began = std::time::Instant::now();
            while condition(guard.data()) {
                let Some(left) = timeout.checked_sub(began.elapsed()) else {
                    return Ok((guard, WaitTimeoutResult(true)));
                };
                let result;
                (guard, result) = self.wait_since(None, guard, left)?;
                if result.timed_out() && !looks_again {
                    return Ok((guard, result));
                }
            }
            return Ok((guard, WaitTimeoutResult(false)));
        }
        let began = Some(begin_waiting());
        loop {
            if !condition(guard.data()) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let result;
            (guard, result) = self.wait_since(began, guard, timeout)?;
            if result.timed_out() {
                let late = WaitTimeoutResult(!looks_again || condition(guard.data()));
                return Ok((guard, late));
            }
        }
    }

    /// Wakes one waiter, if there is any.
    #[track_caller]
    pub fn notify_one(&self) {
        match self.id.number() {
            Some(index) => {
                _ = perform(Pending { op: Op::NotifyOne(index), at: Location::caller() })
            }
            None => self.real.notify_one(),
        }
    }

    /// As [`notify_one`](Self::notify_one). Returns whether there was a waiter; outside of a model always that there was.
    #[track_caller]
    pub(crate) fn wake_one(&self) -> bool {
        self.notify_one();
        self.id.number().is_none() || kernel(|kernel| kernel.alt != NOBODY)
    }

    /// As [`notify_all`](Self::notify_all). Returns how many waiters there were; outside of a model always one.
    #[track_caller]
    pub(crate) fn wake_all(&self) -> usize {
        let Some(index) = self.id.number() else {
            self.real.notify_all();
            return 1;
        };
        perform(Pending { op: Op::NotifyAll(index), at: Location::caller() }) as usize
    }

    /// Wakes every waiter.
    #[track_caller]
    pub fn notify_all(&self) {
        match self.id.number() {
            Some(index) => {
                _ = perform(Pending { op: Op::NotifyAll(index), at: Location::caller() })
            }
            None => self.real.notify_all(),
        }
    }
}

#[cold]
fn foreign_guard() -> ! {
    misuse("a condition variable and the mutex of its guard are not of the same model")
}

/// Waits, given the numbers of the condition variable and of the mutex, which is taken again at the end, and the time that it takes
/// at the most, if any.
fn wait_in(
    condvar: u32,
    mutex: u32,
    time: Option<(Option<Began>, Duration)>,
    at: &'static Location<'static>,
) -> Ended {
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

/// The guard of a thread that has the mutex again, with how its wait ended.
fn with_result<T: ?Sized>(
    guard: LockResult<MutexGuard<'_, T>>,
    result: WaitTimeoutResult,
) -> LockResult<(MutexGuard<'_, T>, WaitTimeoutResult)> {
    match guard {
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
