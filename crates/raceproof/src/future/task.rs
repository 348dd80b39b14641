//! A thread that polls a future until it is ready.

use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::task::{Context, Poll};

use super::waker;
use crate::execution::{is_outside, kernel, perform, teardown, tell};
use crate::kernel::{Op, Pending};
use crate::sync::atomic::{AtomicBool, Ordering::SeqCst};
use crate::sync::{Arc, Signal};
use crate::telling::trace::{Operation, Value};

/// Runs a future on this thread until it is ready. Waits between two polls until its waker is woken; polls again for
/// no reason if the [explorer](crate::Explorer::spurious_wakeups) is told so.
///
/// ```
/// raceproof::model(|| {
///     assert_eq!(raceproof::future::block_on(async { 5 }), 5);
/// });
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let signal = Arc::new(Signal::new());
    let at = Location::caller();
    drive(future, &signal, |signal| signal.wait_for_wake(at), &|| false).expect("it is not stopped")
}

/// As [`block_on`], but once polls again for no reason, whatever the explorer is told.
#[doc(hidden)]
#[track_caller]
pub fn block_on_or_poll_again<F: Future>(future: F) -> F::Output {
    let signal = Arc::new(Signal::new());
    let at = Location::caller();
    drive(future, &signal, |signal| signal.wait_or_wake_at(at), &|| false)
        .expect("it is not stopped")
}

/// Polls a future until it is ready; drops it before if it is to stop, which is asked before each poll.
fn drive<F: Future>(
    future: F,
    signal: &Arc<Signal>,
    wait: impl Fn(&Signal),
    stops: &dyn Fn() -> bool,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = waker::waker(Arc::clone(signal));
    let mut context = Context::from_waker(&waker);
    loop {
        if stops() {
            return None;
        }
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        if !signal.is_polled_again() {
            wait(signal);
        }
    }
}

/// What a spawned task, its handle and its wakers have in common.
pub(super) struct Task {
    signal: Arc<Signal>,
    aborted: AtomicBool,
    at: &'static Location<'static>,
}

impl Task {
    #[track_caller]
    pub(super) fn new() -> Self {
        let aborted = AtomicBool::named("abort", false);
        Task { signal: Arc::new(Signal::new()), aborted, at: Location::caller() }
    }

    /// Polls the task's future on the running thread; none if it is dropped before it is ready.
    pub(super) fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        self.signal.is_of_this_thread();
        let wait = |signal: &Signal| signal.wait_for_wake(self.at);
        drive(future, &self.signal, wait, &|| self.stops())
    }

    /// Is the task's future to be dropped now?
    fn stops(&self) -> bool {
        let aborted = self.aborted.load(SeqCst);
        if !aborted && !is_outside() && !teardown::under_way() {
            tell(|recorder| recorder.forget_last(&[Operation::Load]));
        }
        aborted || self.is_cancelled()
    }

    /// A future that is dropped while it waits is dropped at once: what other threads do until then comes before the
    /// first step of its destructor.
    fn is_cancelled(&self) -> bool {
        let asked =
            !is_outside() && !teardown::under_way() && kernel(|kernel| kernel.limits.cancellation);
        if !asked {
            return false;
        }
        let cancelled = perform(Pending { op: Op::Choose(2), at: self.at }) != 0;
        let said = if cancelled { "to be cancelled here" } else { "not to be cancelled yet" };
        tell(|recorder| recorder.tell_last(Value::Text(said.to_owned())));
        cancelled
    }

    /// Has the task drop its future when it next waits, or is taken up again.
    #[track_caller]
    pub(super) fn abort(&self) {
        self.aborted.store(true, SeqCst);
        self.signal.notify();
    }
}
