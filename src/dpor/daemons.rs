//! Daemons: threads that nobody waits for, and that are stopped when all others have ended.
//!
//! Stopping them is one step of the main thread. It depends on every other step, and is taken
//! only when nothing else can be, so the first execution runs the daemons until they are
//! blocked. From there the races turn it round with the daemons' steps, the last ones first,
//! until each place has been reached in which the daemons may be when they are stopped. A
//! daemon that neither ends nor ever blocks therefore reaches the step limit.

use std::panic::Location;

use super::events::Event;
use super::kernel::{Kernel, Status, Thread, with};
use super::op::{Footprint, Op, Pending};
use super::step::perform;
use super::teardown;

/// Waits until every thread but the running one and the daemons has ended, then stops the
/// daemons: none of them takes another step. What they hold stays held, and no destructor of
/// theirs runs before the execution is over, as when a process exits. The main thread's last
/// act, which it also does by itself; called before, it lets the main thread look at what the
/// daemons have left.
///
/// ```
/// use raceproof::dpor::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}};
/// use raceproof::dpor::{Explorer, outcome, thread};
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
    stop(Location::caller());
}

fn stop(at: &'static Location<'static>) {
    let obj = with(|kernel| kernel.me().end);
    perform(Pending { op: Op::StopDaemons, obj, aux: 0, at });
}

/// At the end of the main thread: stops the daemons if the program has any.
pub(crate) fn stop_any(at: &'static Location<'static>) {
    if !teardown::under_way() && with(|kernel| kernel.limits.daemons && !kernel.ending) {
        stop(at);
    }
}

impl Kernel {
    /// Has every thread ended but this one and the daemons?
    pub(crate) fn may_stop_daemons(&self, stopper: u16) -> bool {
        let over = |status| matches!(status, Status::Absent | Status::Done);
        (0..)
            .zip(&self.threads)
            .all(|(id, thread)| id == stopper || thread.daemon || over(thread.status))
    }

    /// Is this what the thread has announced?
    #[inline]
    pub(crate) fn stops_daemons(&self, thread: u16) -> bool {
        self.threads[usize::from(thread)].pending.op == Op::StopDaemons
    }

    /// The thread that may stop the daemons now; `asleep` if that is asleep.
    #[cold]
    pub(crate) fn stopper(&self, asleep: &mut bool) -> Option<u16> {
        let mut threads = 0..self.threads.len() as u16;
        let stopper = threads.find(|id| self.stops_daemons(*id) && self.enabled(*id))?;
        let sleeps = self.path.sleeps(stopper, 0);
        *asleep |= sleeps;
        (!sleeps).then_some(stopper)
    }

    /// Does the step.
    pub(crate) fn stop_daemons(&mut self, event: Event) {
        let me = usize::from(event.thread);
        for id in 0..self.threads.len() {
            let Thread { daemon, status, .. } = self.threads[id];
            if !daemon && status == Status::Done {
                self.inherit(me, id);
            }
        }
        self.record(Event { footprint: Footprint::EVERYTHING, ..event });
        for thread in self.threads.iter_mut().filter(|thread| thread.daemon) {
            if thread.status == Status::Pending {
                thread.status = Status::Stopped;
                self.yielding -= u32::from(thread.pending.op == Op::Yield);
            }
        }
    }

    /// What a step touches that touches no object: for a daemon, its own end, so that it
    /// depends on the step that stops it.
    pub(crate) fn own_footprint(&mut self, thread: u16) -> Footprint {
        let thread = &self.threads[usize::from(thread)];
        if !thread.daemon {
            return Footprint::NOTHING;
        }
        self.touched = true;
        Footprint::read(thread.end)
    }
}
