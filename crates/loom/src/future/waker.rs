//! A place for a waker.

use std::task::Waker;

/// A place for the waker of the task that waits, which any thread may wake.
#[derive(Debug)]
pub struct AtomicWaker(raceproof::future::AtomicWaker);

impl AtomicWaker {
    /// An empty place.
    #[track_caller]
    pub fn new() -> AtomicWaker {
        AtomicWaker(raceproof::future::AtomicWaker::new())
    }

    /// Puts a waker there, in the place of the one before. A [`wake`](Self::wake) that comes before it is over:
    /// what its thread did before can be seen from now on.
    #[track_caller]
    pub fn register(&self, waker: Waker) {
        self.0.put(waker);
    }

    /// As [`register`](Self::register), with a clone of the waker.
    #[track_caller]
    pub fn register_by_ref(&self, waker: &Waker) {
        self.0.register(waker);
    }

    /// Wakes the task whose waker is there, and takes it away.
    #[track_caller]
    pub fn wake(&self) {
        self.0.wake();
    }

    /// Takes the waker away, to wake its task later.
    #[track_caller]
    pub fn take_waker(&self) -> Option<Waker> {
        self.0.take()
    }
}

impl Default for AtomicWaker {
    #[track_caller]
    fn default() -> Self {
        AtomicWaker::new()
    }
}
