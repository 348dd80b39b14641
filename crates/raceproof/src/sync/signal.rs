//! A token that belongs to no thread.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::execution::{Life, kernel, made_atomic, perform};
use crate::kernel::{Kind, Op, Pending};

/// What one thread waits for and any other gives: a thread's token for `park`, but apart from it. What a waker
/// gives and a poll waits for.
///
/// Traces tell a wait as one of a task, and a notification as a wake of the thread that has made the signal.
///
/// Outside of a model it is a lock and a condition variable of std.
pub struct Signal {
    id: Life,
    /// The thread that waits for it: the one that has made it, unless told otherwise.
    by: AtomicU16,
    /// Whether a wait has ended for no reason.
    spared: AtomicBool,
    /// Whether its task is to be polled again without a wait. Only its thread looks, and sets it.
    again: AtomicBool,
    /// Outside of a model.
    real: (Mutex<bool>, Condvar),
}

impl Signal {
    /// A signal that has not been given.
    #[allow(clippy::new_without_default)] // `Default` cannot tell where it is called.
    #[track_caller]
    pub fn new() -> Self {
        let at = Location::caller();
        let mut by = 0;
        let id = Life::begin(at, |kernel| {
            by = kernel.current;
            kernel.create(Kind::Token, None, at)
        });
        if !id.is_outside() {
            made_atomic(*id, 0);
        }
        let (by, flag) = (AtomicU16::new(by), || AtomicBool::new(false));
        Signal { id, by, spared: flag(), again: flag(), real: (Mutex::new(false), Condvar::new()) }
    }

    /// Gives the signal: a wait for it that is under way, or the next one, returns.
    #[track_caller]
    pub fn notify(&self) {
        match self.id.number() {
            Some(token) => {
                let op = Op::Unpark { token, thread: self.by.load(Ordering::Relaxed) };
                perform(Pending { op, at: Location::caller() });
            }
            None => {
                *self.real.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
                self.real.1.notify_all();
            }
        }
    }

    /// Waits for the signal, and takes it.
    #[track_caller]
    pub fn wait(&self) {
        match self.id.number() {
            Some(token) => {
                perform(Pending { op: Op::Park { token }, at: Location::caller() });
            }
            None => {
                let mut given = self.real.0.lock().unwrap_or_else(PoisonError::into_inner);
                while !std::mem::take(&mut *given) {
                    given = self.real.1.wait(given).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Says that it is the running thread that waits for it. No other has waited for it, or given it.
    pub(crate) fn is_of_this_thread(&self) {
        if !self.id.is_outside() {
            self.by.store(kernel(|kernel| kernel.current), Ordering::Relaxed);
        }
    }

    /// Has the running thread not wait the next time.
    pub(crate) fn poll_again(&self) {
        self.again.store(true, Ordering::Relaxed);
    }

    /// Is the running thread not to wait this time?
    pub(crate) fn is_polled_again(&self) -> bool {
        self.again.swap(false, Ordering::Relaxed)
    }

    /// As [`Signal::wait`], but the wait may return for no reason, leaving the signal where it is, if the explorer is
    /// told so.
    pub(crate) fn wait_for_wake(&self, at: &'static Location<'static>) {
        let Some(token) = self.id.number() else { return self.wait() };
        let begins = kernel(|kernel| kernel.begins_to_wait(token));
        if begins && perform(Pending { op: Op::BeginPark { token }, at }) != 0 {
            return;
        }
        perform(Pending { op: Op::Park { token }, at });
    }

    /// As [`Signal::wait`], but one such wait for the signal may return for no reason, leaving the signal where it is.
    #[track_caller]
    pub fn wait_or_wake(&self) {
        self.wait_or_wake_at(Location::caller());
    }

    /// As [`Signal::wait_or_wake`], called there.
    pub(crate) fn wait_or_wake_at(&self, at: &'static Location<'static>) {
        let Some(token) = self.id.number() else { return self.wait() };
        if !self.spared.load(Ordering::Relaxed) {
            let begins = kernel(|kernel| {
                kernel.objects[token as usize].spurious = true;
                kernel.begins_to_listen(token)
            });
            if begins && perform(Pending { op: Op::BeginPark { token }, at }) != 0 {
                self.spared.store(true, Ordering::Relaxed);
                return;
            }
        }
        perform(Pending { op: Op::Park { token }, at });
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").finish_non_exhaustive()
    }
}
