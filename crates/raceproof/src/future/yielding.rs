//! A task that lets others run.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waker;
use crate::execution::{is_outside, yield_at};

/// Lets other tasks run: is pending once, and its task is polled again. In a loop that only looks, the task waits for
/// something to change, as by [`thread::yield_now`](crate::thread::yield_now).
///
/// ```
/// use raceproof::future::{block_on, spawn, yield_now};
/// use raceproof::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}};
///
/// raceproof::model(|| {
///     let done = Arc::new(AtomicBool::new(false));
///     let theirs = Arc::clone(&done);
///     let other = spawn(async move { theirs.store(true, SeqCst) });
///     block_on(async {
///         while !done.load(SeqCst) {
///             yield_now().await;
///         }
///         other.await.unwrap();
///     });
/// });
/// ```
#[track_caller]
pub fn yield_now() -> YieldNow {
    YieldNow { at: Location::caller(), pending: true }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct YieldNow {
    at: &'static Location<'static>,
    pending: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !std::mem::take(&mut self.pending) {
            return Poll::Ready(());
        }
        // A wake would be a change of the task's own round, and no loop that only looks has any.
        if !waker::poll_again(context.waker()) {
            context.waker().wake_by_ref();
        }
        if is_outside() {
            std::thread::yield_now();
        } else {
            yield_at(self.at);
        }
        Poll::Pending
    }
}
