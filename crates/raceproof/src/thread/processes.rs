//! Processes: threads that can be killed together.
//!
//! A thread belongs to its parent's process, unless it is started as the first of a new one.
//! To kill a process is one step of the killer's. It depends on every other and is taken, if
//! there is a choice, only when nothing else can be; from there the races turn it round with
//! the steps of the victims, until they have been killed in each place they may be in. (A
//! victim's step that a kill prevents is therefore in an execution explored before.)

use std::panic::Location;

use crate::execution::{kernel, misuse, perform};
use crate::kernel::{Op, Pending};
use crate::thread::Thread;

/// Kills the process whose first thread is `first`, which was started with
/// [`Builder::process`](crate::thread::Builder::process): its threads take no more steps,
/// except that one which holds a lock and is not blocked goes on until it holds none, yields,
/// or is blocked for good. So what is done under a lock is done as a whole or not at all. What
/// a blocked thread holds stays held. No destructor runs before the execution is over. A process
/// that has ended is left as it is; do not join a thread that may be killed.
///
/// # Panics
///
/// If it is the running thread's own process.
///
/// ```
/// use raceproof::sync::{Arc, atomic::{AtomicU64, Ordering::SeqCst}};
/// use raceproof::{Explorer, outcome, thread};
///
/// let result = Explorer::new().check(|| {
///     let written = Arc::new(AtomicU64::new(0));
///     let theirs = Arc::clone(&written);
///     let writer = thread::Builder::new().process().spawn(move || {
///         theirs.fetch_add(1, SeqCst);
///         theirs.fetch_add(1, SeqCst);
///     });
///     thread::kill(writer.unwrap().thread());
///     outcome(written.load(SeqCst));
/// });
/// assert_eq!(result.outcomes.keys().collect::<Vec<_>>(), ["0", "1", "2"]);
/// ```
#[track_caller]
pub fn kill(first: &Thread) {
    if kernel(|kernel| kernel.me().process) == first.number() {
        misuse("a process cannot kill itself");
    }
    perform(Pending { op: Op::Kill(first.number()), at: Location::caller() });
}
