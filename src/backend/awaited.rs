//! Events that come without any thread's help: the end of a sleep, of a timed wait, of a child process. While
//! one of them is awaited, blocked threads may still go on.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

static AWAITED: AtomicUsize = AtomicUsize::new(0);

/// Natively, such an event is awaited while this value lives.
pub(crate) struct Awaited(());

impl Awaited {
    pub(crate) fn begin() -> Self {
        AWAITED.fetch_add(1, SeqCst);
        Self(())
    }

    /// Whether such an event is awaited.
    pub(crate) fn any() -> bool {
        AWAITED.load(SeqCst) > 0
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        AWAITED.fetch_sub(1, SeqCst);
    }
}
