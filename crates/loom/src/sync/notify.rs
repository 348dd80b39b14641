//! A notification.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use raceproof::sync::Signal;

/// What one thread waits for and any other gives. A notification that no thread waits for is kept, one at the most.
#[derive(Debug)]
pub struct Notify {
    signal: Signal,
    waiting: AtomicBool,
}

impl Notify {
    /// Nothing to wait for yet.
    #[track_caller]
    pub fn new() -> Notify {
        Notify { signal: Signal::new(), waiting: AtomicBool::new(false) }
    }

    /// Notifies: a wait that is under way, or the next one, returns.
    #[track_caller]
    pub fn notify(&self) {
        self.signal.notify();
    }

    /// Waits for a notification, and takes it.
    ///
    /// # Panics
    ///
    /// If another thread waits.
    #[track_caller]
    pub fn wait(&self) {
        assert!(!self.waiting.swap(true, SeqCst), "only a single thread may wait on `Notify`");
        self.signal.wait();
        self.waiting.store(false, SeqCst);
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Notify::new()
    }
}
