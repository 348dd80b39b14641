//! The condition variable that programs use.

use super::{Backend, Label, MutexGuard, execution};
use crate::dpor::Operation;
use std::{borrow::Cow, fmt, time::Duration};

/// A condition variable: threads wait on it for a change that other threads announce.
pub struct Condvar<B: Backend> {
    raw: B::Condvar,
    label: Label,
}

impl<B: Backend> Condvar<B> {
    /// A condition variable without waiters.
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::with_label(Label::new::<B>("condvar", None))
    }

    /// A condition variable that traces call `name`.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::with_label(Label::new::<B>("condvar", Some(name.into())))
    }

    fn with_label(label: Label) -> Self {
        Self { raw: B::raw_condvar(&label), label }
    }

    /// Releases the mutex and waits for a notification; holds the mutex again on return.
    ///
    /// Blocks until notified, and then until the mutex is free. It may return without a
    /// notification, so call it in a loop that tests the condition.
    #[track_caller]
    #[inline]
    pub fn wait<'a, T: Send>(&self, mut guard: MutexGuard<'a, B, T>) -> MutexGuard<'a, B, T> {
        let mutex = guard.mutex;
        let raw = guard.raw.take().expect("a guard holds its mutex");
        execution::begin_wait::<B>(&self.label, &mutex.label, || mutex.show(&raw));
        let raw = B::raw_wait(&self.raw, &mutex.raw, raw);
        execution::end_wait::<B>(Operation::Wake, &self.label, &mutex.label);
        MutexGuard { raw: Some(raw), mutex }
    }

    /// Like [`wait`](Self::wait), but waits for at most `timeout`. The flag says that the time limit
    /// passed before a notification came.
    #[track_caller]
    #[inline]
    pub fn wait_timeout<'a, T: Send>(
        &self,
        mut guard: MutexGuard<'a, B, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, B, T>, bool) {
        let mutex = guard.mutex;
        let raw = guard.raw.take().expect("a guard holds its mutex");
        execution::begin_wait::<B>(&self.label, &mutex.label, || mutex.show(&raw));
        let (raw, timed_out) = B::raw_wait_timeout(&self.raw, &mutex.raw, raw, timeout);
        let how = if timed_out { Operation::TimeOut } else { Operation::Wake };
        execution::end_wait::<B>(how, &self.label, &mutex.label);
        (MutexGuard { raw: Some(raw), mutex }, timed_out)
    }

    /// Waits while `condition` is true. Tests it before the first wait and after each wake-up.
    #[track_caller]
    #[inline]
    pub fn wait_while<'a, T: Send>(
        &self,
        mut guard: MutexGuard<'a, B, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, B, T> {
        while condition(&mut guard) {
            guard = self.wait(guard);
        }
        guard
    }

    /// Like [`wait_while`](Self::wait_while), but waits for at most `timeout` in total. The flag says
    /// that the time limit passed with `condition` still true.
    #[track_caller]
    #[inline]
    pub fn wait_timeout_while<'a, T: Send>(
        &self,
        mut guard: MutexGuard<'a, B, T>,
        timeout: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> (MutexGuard<'a, B, T>, bool) {
        let start = B::raw_now();
        let mut over = false;
        while condition(&mut guard) {
            // Where there is no clock, the environment alone decides when the time limit passes.
            let elapsed = start.map_or(Duration::ZERO, |start| start.elapsed());
            if over || elapsed > timeout {
                return (guard, true);
            }
            (guard, over) = self.wait_timeout(guard, timeout - elapsed);
        }
        (guard, false)
    }

    /// Wakes one waiting thread. If no thread waits, the notification is lost. Never blocks.
    #[track_caller]
    #[inline]
    pub fn notify_one(&self) {
        let _step = execution::step::<B>();
        B::raw_notify_one(&self.raw);
        execution::record::<B>(Operation::NotifyOne, Some(&self.label), None);
    }

    /// Wakes every waiting thread. Never blocks.
    #[track_caller]
    #[inline]
    pub fn notify_all(&self) {
        let _step = execution::step::<B>();
        B::raw_notify_all(&self.raw);
        execution::record::<B>(Operation::NotifyAll, Some(&self.label), None);
    }
}

impl<B: Backend> Default for Condvar<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> fmt::Debug for Condvar<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label.fmt(f)
    }
}
