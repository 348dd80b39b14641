//! What comes by itself: the end of a sleep, of a timed wait, of a child process. As long as something of the
//! kind is awaited, threads that do nothing may well go on.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

static AWAITED: AtomicUsize = AtomicUsize::new(0);

/// Something is awaited, natively, as long as this lives.
pub(crate) struct Awaited(());

impl Awaited {
    pub(crate) fn begin() -> Self {
        AWAITED.fetch_add(1, SeqCst);
        Self(())
    }

    /// Whether anything is awaited.
    pub(crate) fn any() -> bool {
        AWAITED.load(SeqCst) > 0
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        AWAITED.fetch_sub(1, SeqCst);
    }
}
