//! A place for a waker.

use std::sync::PoisonError;
use std::task::Waker;

use raceproof::sync::Mutex;

/// A place for the waker of the task that waits, which any thread may wake.
#[derive(Debug)]
pub struct AtomicWaker {
    waker: Mutex<Option<Waker>>,
}

impl AtomicWaker {
    /// An empty place.
    #[track_caller]
    pub fn new() -> AtomicWaker {
        AtomicWaker { waker: Mutex::new(None) }
    }

    /// Puts a waker there, in the place of the one before. A [`wake`](Self::wake) that comes before it is over:
    /// what its thread did before can be seen from now on.
    #[track_caller]
    pub fn register(&self, waker: Waker) {
        drop(self.exchange(Some(waker)));
    }

    /// As [`register`](Self::register), with a clone of the waker.
    #[track_caller]
    pub fn register_by_ref(&self, waker: &Waker) {
        self.register(waker.clone());
    }

    /// Wakes the task whose waker is there, and takes it away.
    #[track_caller]
    pub fn wake(&self) {
        if let Some(waker) = self.take_waker() {
            waker.wake();
        }
    }

    /// Takes the waker away, to wake its task later.
    #[track_caller]
    pub fn take_waker(&self) -> Option<Waker> {
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
