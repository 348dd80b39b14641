//! Daemons: threads that nobody waits for, and that are stopped when all others have ended.
//!
//! Stopping them is one step of the main thread. It depends on every other step, and is taken
//! only when nothing else can be, so the first execution runs the daemons until they are
//! blocked. From there the races turn it round with the daemons' steps, the last ones first,
//! until each place has been reached in which the daemons may be when they are stopped. A
//! daemon that neither ends nor ever blocks therefore reaches the step limit.

use std::panic::Location;

use crate::execution::perform;
use crate::kernel::{Op, Pending};

/// Waits until every thread but the running one and the daemons has ended, then stops the
/// daemons: none of them takes another step. What they hold stays held, and no destructor of
/// theirs runs before the execution is over, as when a process exits. The main thread's last
/// act, which it also does by itself; called before, it lets the main thread look at what the
/// daemons have left.
///
/// ```
/// use raceproof::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}};
/// use raceproof::{Explorer, outcome, thread};
///
/// let result = Explorer::new().check(|| {
///     let saved = Arc::new(AtomicBool::new(false));
///     let theirs = Arc::clone(&saved);
///     let daemon = thread::Builder::new().daemon();
///     daemon.spawn(move || theirs.store(true, SeqCst)).unwrap();
///     thread::stop_daemons();
///     outcome(saved.load(SeqCst));
/// });
/// assert_eq!(result.outcomes.keys().collect::<Vec<_>>(), ["false", "true"]);
/// ```
#[track_caller]
pub fn stop_daemons() {
    perform(Pending { op: Op::StopDaemons, at: Location::caller() });
}
