//! Waiting for a change of a primitive's state, with a count of the waiters.
//!
//! The number of waiters is part of the state. A thread that waits counts itself under the mutex, before it
//! releases the mutex, and stays counted until it has the mutex again. So a thread that holds the mutex and
//! finds a count of zero has no thread to notify.

use crate::backend::{Backend, Condvar, Look, MutexGuard};
use std::time::Duration;

/// Blocks while `blocked` is true, counted in `waiters` while it sleeps.
///
/// In a loop, because others may undo the change before this thread runs.
#[track_caller]
#[cold]
pub(super) fn wait_while<'a, B: Backend, S: Send>(
    condvar: &Condvar<B>,
    state: MutexGuard<'a, B, S>,
    waiters: impl Fn(&mut S) -> &mut usize,
    blocked: impl Fn(&S) -> bool,
) -> MutexGuard<'a, B, S> {
    sleep_while(condvar, state.linger(Look::Soon, &blocked), waiters, blocked)
}

/// Like [`wait_while`], for work that comes in batches: the waiter should wake up when there is much of it.
#[track_caller]
#[cold]
pub(super) fn wait_for_batch<'a, B: Backend, S: Send>(
    condvar: &Condvar<B>,
    state: MutexGuard<'a, B, S>,
    waiters: impl Fn(&mut S) -> &mut usize,
    blocked: impl Fn(&S) -> bool,
) -> MutexGuard<'a, B, S> {
    sleep_while(condvar, state.linger(Look::Late, &blocked), waiters, blocked)
}

#[track_caller]
fn sleep_while<'a, B: Backend, S: Send>(
    condvar: &Condvar<B>,
    mut state: MutexGuard<'a, B, S>,
    waiters: impl Fn(&mut S) -> &mut usize,
    blocked: impl Fn(&S) -> bool,
) -> MutexGuard<'a, B, S> {
    if blocked(&state) {
        *waiters(&mut state) += 1;
        state = condvar.wait_while(state, |state| blocked(state));
        *waiters(&mut state) -= 1;
    }
    state
}

/// Like [`wait_while`], but for at most `timeout`. The flag says that the time limit passed with `blocked` still
/// true.
#[track_caller]
pub(super) fn wait_timeout_while<'a, B: Backend, S: Send>(
    condvar: &Condvar<B>,
    mut state: MutexGuard<'a, B, S>,
    timeout: Duration,
    waiters: impl Fn(&mut S) -> &mut usize,
    blocked: impl Fn(&S) -> bool,
) -> (MutexGuard<'a, B, S>, bool) {
    *waiters(&mut state) += 1;
    let (mut state, timed_out) = condvar.wait_timeout_while(state, timeout, |state| blocked(state));
    *waiters(&mut state) -= 1;
    (state, timed_out)
}
