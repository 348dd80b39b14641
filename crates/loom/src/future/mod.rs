//! Running futures.

mod waker;

pub use waker::AtomicWaker;

use std::future::Future;

/// Runs a future on this thread until it is ready. Waits between two polls until its waker is woken; once, it
/// polls again for no reason.
///
/// A waker that is left when an execution ends is a leak.
///
/// ```
/// loom::model(|| {
///     assert_eq!(loom::future::block_on(async { 5 }), 5);
/// });
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    raceproof::future::block_on_or_poll_again(future)
}
