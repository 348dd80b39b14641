//! Processes: threads that can be killed together.
//!
//! A thread belongs to its parent's process, unless it is started as the first of a new one.
//! To kill a process is one step of the killer's. It depends on every other and is taken, if
//! there is a choice, only when nothing else can be; from there the races turn it round with
//! the steps of the victims, until they have been killed in each place they may be in. (A
//! victim's step that a kill prevents is therefore in an execution explored before.)

use std::panic::Location;

use crate::execution::step::perform;
use crate::exploration::traces::events::Event;
use crate::kernel::op::{Footprint, Op, Pending};
use crate::kernel::state::{Kernel, Kind, NOBODY, Status, misuse, with};
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
    let (own, end) = with(|kernel| (kernel.me().process, kernel.me().end));
    if own == first.number() {
        misuse("a process cannot kill itself");
    }
    let aux = u32::from(first.number());
    perform(Pending { op: Op::Kill, obj: end, aux, at: Location::caller() });
}

impl Kernel {
    /// Does the step.
    pub(crate) fn kill(&mut self, event: Event, process: u16) {
        let expected = u64::from(process);
        self.note_rivals();
        let index = self.record(Event { footprint: Footprint::EVERYTHING, expected, ..event });
        // Who may go on is decided before anybody is stopped.
        let threads = 0..self.threads.len() as u16;
        let victims = threads.filter(|id| self.is_victim(*id, process)).collect::<Vec<_>>();
        let (doomed, stopped): (Vec<_>, _) =
            victims.iter().partition(|id| self.is_under_way(**id) && self.holds_a_lock(**id));
        for id in victims {
            // Nobody waits for it any more.
            let victim = &mut self.threads[usize::from(id)];
            self.daemons += u32::from(!victim.is_unawaited());
            victim.ended_by = index as u32;
        }
        for id in doomed {
            let victim = &mut self.threads[usize::from(id)];
            victim.doomed = true;
            victim.rivals.clear();
        }
        for id in stopped {
            self.stop(id);
        }
    }

    fn is_victim(&self, id: u16, process: u16) -> bool {
        let thread = &self.threads[usize::from(id)];
        thread.process == process && thread.status == Status::Pending
    }

    /// Would it go on by itself?
    fn is_under_way(&self, id: u16) -> bool {
        let waits = matches!(
            self.threads[usize::from(id)].pending.op,
            Op::Wake | Op::ParkTimeout | Op::Yield
        );
        !waits && self.enabled(id)
    }

    fn holds_a_lock(&self, id: u16) -> bool {
        self.objects.iter().any(|object| object.is_in(self.epoch) && object.is_held_by(id))
    }

    /// Lets a thread take no more steps.
    pub(crate) fn stop(&mut self, id: u16) {
        let thread = &mut self.threads[usize::from(id)];
        thread.status = Status::Stopped;
        self.yielding -= u32::from(thread.pending.op == Op::Yield);
        // Nobody may notify it, and nobody's end lets it go on.
        for object in self.objects.iter_mut().filter(|object| object.kind == Kind::Condvar) {
            object.threads.retain(|waiter| *waiter != id);
        }
        for thread in self.threads.iter_mut().filter(|thread| thread.joiner == id) {
            thread.joiner = NOBODY;
        }
    }

    /// Stops the running thread if it was to go on only as long as it held a lock.
    #[cold]
    pub(crate) fn stop_doomed(&mut self) {
        let me = self.current;
        let spins = self.me().pending.op == Op::Yield;
        if spins || !self.holds_a_lock(me) {
            self.stop(me);
        }
    }
}
