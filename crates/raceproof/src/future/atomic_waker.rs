//! A place for a waker.

use std::sync::PoisonError;
use std::task::Waker;

use crate::sync::Mutex;

/// A place for the waker of the task that waits, which any thread may wake: as `AtomicWaker` of the crates
/// futures and atomic-waker.
///
/// Each operation is one that the others come before or after. In those crates a wake beside a registration may
/// also have that wake the task itself, which is as if the wake came after it.
#[derive(Debug)]
pub struct AtomicWaker {
    waker: Mutex<Option<Waker>>,
}

impl AtomicWaker {
    /// An empty place.
    #[track_caller]
    pub fn new() -> AtomicWaker {
        AtomicWaker { waker: Mutex::named("waker", None) }
    }

    /// Puts a clone of the waker there, in the place of the one before. A [`wake`](Self::wake) that comes before it
    /// wakes nothing of it: what its thread did before can be seen from now on.
    ///
    /// So a task registers first, and looks then whether what it waits for is there:
    ///
    /// ```
    /// use raceproof::Explorer;
    /// use raceproof::future::{AtomicWaker, block_on};
    /// use raceproof::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}};
    /// use std::{future::poll_fn, task::Poll};
    ///
    /// Explorer::new().expect_failure("deadlock", || {
    ///     let shared = Arc::new((AtomicBool::new(false), AtomicWaker::new()));
    ///     let theirs = Arc::clone(&shared);
    ///     raceproof::thread::spawn(move || {
    ///         theirs.0.store(true, SeqCst);
    ///         theirs.1.wake();
    ///     });
    ///     block_on(poll_fn(|context| {
    ///         if shared.0.load(SeqCst) {
    ///             return Poll::Ready(());
    ///         }
    ///         shared.1.register(context.waker()); // too late
    ///         Poll::Pending
    ///     }));
    /// });
    /// ```
    #[track_caller]
    pub fn register(&self, waker: &Waker) {
        self.put(waker.clone());
    }

    /// As [`register`](Self::register), of the waker itself.
    #[doc(hidden)]
    #[track_caller]
    pub fn put(&self, waker: Waker) {
        drop(self.exchange(Some(waker)));
    }

    /// Takes the waker away and wakes it, if there is one.
    #[track_caller]
    pub fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    /// Takes the waker away, to wake it later.
    #[track_caller]
    pub fn take(&self) -> Option<Waker> {
        self.exchange(None)
    }

    /// Another waker may take steps when it is dropped: it is, once the lock is free.
    #[track_caller]
    fn exchange(&self, waker: Option<Waker>) -> Option<Waker> {
        std::mem::replace(&mut *self.waker.lock().unwrap_or_else(PoisonError::into_inner), waker)
    }
}

impl Default for AtomicWaker {
    #[track_caller]
    fn default() -> Self {
        AtomicWaker::new()
    }
}
