//! Running futures.

mod waker;
mod wakers;

pub use waker::AtomicWaker;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

use raceproof::sync::{Arc, Signal};

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
    let mut future = pin!(future);
    let signal = Arc::new(Signal::new());
    let waker = wakers::waker(Arc::clone(&signal));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        signal.wait_or_wake();
    }
}
