//! Daemons: threads that nobody waits for, and that are stopped when all others have ended.
//!
//! Stopping them is one step of the main thread. It depends on every other step, and is taken
//! only when nothing else can be, so the first execution runs the daemons until they are
//! blocked. From there the races turn it round with the daemons' steps, the last ones first,
//! until each place has been reached in which the daemons may be when they are stopped. A
//! daemon that neither ends nor ever blocks therefore reaches the step limit.

use std::panic::Location;

use crate::execution::step::perform;
use crate::execution::teardown;
use crate::exploration::traces::events::Event;
use crate::kernel::op::{Footprint, Op, Pending};
use crate::kernel::state::{ALIVE, Kernel, Status, Thread, with};

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
            .all(|(id, thread)| id == stopper || thread.is_unawaited() || over(thread.status))
    }

    /// Has the thread announced that it stops others, the daemons or a process?
    #[inline]
    pub(crate) fn stops_others(&self, thread: u16) -> bool {
        matches!(self.threads[usize::from(thread)].pending.op, Op::StopDaemons | Op::Kill)
    }

    /// A thread that may do so now; notes if one that might is asleep.
    #[cold]
    pub(crate) fn stopper(&self, asleep: &mut bool) -> Option<u16> {
        let threads = 0..self.threads.len() as u16;
        let mut ready =
            threads.filter(|id| self.stops_others(*id) && self.enabled(*id)).collect::<Vec<_>>();
        // Before the daemons are stopped they may kill.
        ready.sort_by_key(|id| self.threads[usize::from(*id)].pending.op == Op::StopDaemons);
        let sleeps = |id: &u16| self.path.sleeps(*id, 0);
        *asleep |= ready.iter().any(sleeps);
        ready.into_iter().find(|id| !sleeps(id))
    }

    /// Does the step.
    pub(crate) fn stop_daemons(&mut self, event: Event) {
        let me = usize::from(event.thread);
        for id in 0..self.threads.len() {
            let Thread { daemon, status, ended_by, .. } = self.threads[id];
            if daemon {
                continue;
            }
            if ended_by != ALIVE {
                self.threads[me].happened(ended_by + 1);
            } else if status == Status::Done {
                self.inherit(me, id);
            }
        }
        self.note_rivals();
        let index = self.record(Event { footprint: Footprint::EVERYTHING, ..event });
        for id in 0..self.threads.len() as u16 {
            let thread = &mut self.threads[usize::from(id)];
            if id != event.thread && thread.status == Status::Pending {
                thread.ended_by = index as u32;
                self.stop(id);
            }
        }
    }

    /// What a step touches that touches no object: for a thread that may be stopped, its own
    /// end, so that it depends on the step that stops it.
    pub(crate) fn own_footprint(&mut self, thread: u16) -> Footprint {
        let thread = &self.threads[usize::from(thread)];
        if !thread.daemon && thread.process == 0 {
            return Footprint::NOTHING;
        }
        self.touched = true;
        Footprint::read(thread.end)
    }
}
