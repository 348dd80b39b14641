//! Every thread and object of the execution under way.
//!
//! The tables outlive executions, because equivalent executions must give every thread and
//! object the same number: a thread is its parent's n-th child, an object its creator's n-th,
//! and each such pair is given a dense number when it is first seen.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::assumption::Assumption;
use super::datarace::DataRaces;
use super::event::{Added, Event, Events};
use super::fault::{FailureKind, Fault, Panic};
use super::footprint::Footprint;
use super::limits::Limits;
use super::machine::Machines;
use super::memory::Memory;
use super::names::Names;
use super::object::Object;
use super::op::{Op, Pending};
use super::owners::{Destructor, Insides};
use super::repeats::Rest;
use super::statics::Statics;
use super::thread::{Alike, Status, Thread};
use super::time::Time;
use super::trials::Yields;

pub(crate) struct Kernel {
    /// Distinguishes executions, so that objects of an earlier one are refused.
    pub(crate) epoch: u64,
    pub(crate) limits: Limits,
    /// Where the numbers of threads and objects are from, if other kernels have the same.
    pub(crate) names: Option<Arc<Names>>,
    pub(crate) threads: Vec<Thread>,
    /// The threads that have started and not ended, by number.
    pub(crate) alive: Vec<u16>,
    pub(crate) objects: Vec<Object>,
    pub(crate) statics: Statics,
    pub(super) machines: Machines,
    pub(crate) events: Events,
    pub(crate) races: DataRaces,
    pub(crate) yields: Yields,
    pub(crate) time: Time,
    /// Something might have happened for no reason in some execution, and was not let.
    pub(crate) presumes_reasons: bool,
    /// Something has ended for no reason, and might not have done so again at once.
    pub(crate) spared_reasons: bool,
    /// A step of an atomic had an ordering weaker than `SeqCst` in some execution.
    pub(super) weaker_orders: bool,
    /// Some execution had more than one atomic.
    pub(super) several_atomics: bool,
    /// It has made cells, or atomic pointers.
    pub(crate) has_raw_memory: bool,
    /// Threads were started that are alike, and explored up to their names.
    pub(super) alike_threads: bool,
    /// The thread that runs.
    pub(crate) current: u16,
    /// The alternative of its step that was chosen.
    pub(crate) alt: u16,
    /// The waiters that the last notification let take their mutex again.
    pub(crate) woken: Vec<u16>,
    /// What else is made anew for each execution.
    pub(crate) now: Now,
}

/// What an execution has come to so far.
#[derive(Default)]
pub(crate) struct Now {
    /// Threads not yet done.
    pub(crate) live: u32,
    /// Threads whose end another has waited for.
    pub(super) joined: u32,
    /// Threads among them that the execution does not wait for: daemons, those of killed processes.
    pub(crate) unawaited: u32,
    /// Threads that have been started.
    pub(crate) spawned: u16,
    /// Atomics made.
    pub(super) atomics: u32,
    /// Chains of threads: see [`Thread::chain`].
    pub(crate) chains: u16,
    /// Operations that are no steps: spawns and joins, which conflict with nothing.
    pub(crate) unordered: u32,
    /// It is to stop before it is complete.
    pub(crate) ending: bool,
    /// Every thread has ended, and what they leave is dropped.
    pub(crate) over: bool,
    /// The exploration must begin again, with the limits that the kernel has now.
    pub(crate) restart: bool,
    /// The thread that goes on alone if it can, so that it turns out whether its loop ends.
    pub(crate) on_trial: Option<u16>,
    /// It goes for nothing from this step on: the next one begins alike and knows better.
    pub(crate) given_up: Option<usize>,
    /// It was stopped because nothing but time goes on: another one goes on with it.
    pub(crate) stutters: bool,
    /// The panic under way is a misuse.
    pub(crate) misused: bool,
    pub(crate) fault: Option<Fault>,
    pub(crate) panics: Vec<PanicNote>,
    /// What the program reported with `outcome`.
    pub(crate) outcome: String,
    /// Destructors of last owners that are under way.
    pub(crate) destructors: Vec<Destructor>,
    /// What destructors did to cells and, under a weak memory model, to the counts of values.
    pub(crate) inside: Insides,
    /// A handle was dropped whose thread's result has a destructor, and for which nobody has asked.
    pub(crate) unasked: bool,
    /// The thread that is held back at one of its accesses of cells, by its number among them.
    pub(crate) held: Option<(u16, u32)>,
    /// Threads that poll and wait for a change.
    pub(crate) polling: u32,
    /// Those that did when nothing changed any more.
    pub(crate) polled_last: Vec<u16>,
    /// How often in a row every polling thread was let go since something last changed.
    pub(crate) idle: u32,
    /// How the threads stood when they were, and how many steps it had the last time.
    pub(crate) rests: HashSet<Rest>,
    pub(crate) rests_since: usize,
    /// It was stopped because it [repeats itself](super::repeats).
    pub(crate) repeats: bool,
    /// It was stopped, and is [run out](crate::execution).
    pub(crate) runs_out: bool,
    /// What the thread is among those that are alike which is started next.
    pub(crate) alike: Option<Alike>,
}

/// A panic that ended a thread.
#[derive(Debug)]
pub(crate) struct PanicNote {
    pub(crate) thread: u16,
    pub(crate) panic: Panic,
    /// The thread that took it, with `join` or at the end of a scope.
    pub(crate) taken_by: Option<u16>,
}

impl Kernel {
    /// A kernel whose executions have the numbers after `epoch`.
    pub(crate) fn new(epoch: u64, limits: Limits) -> Self {
        Kernel {
            epoch,
            limits,
            names: None,
            threads: Vec::new(),
            alive: Vec::new(),
            objects: Vec::new(),
            statics: Statics::default(),
            machines: Machines::default(),
            events: Events::default(),
            races: DataRaces::default(),
            yields: Yields::default(),
            time: Time::default(),
            presumes_reasons: false,
            spared_reasons: false,
            weaker_orders: false,
            several_atomics: false,
            has_raw_memory: false,
            alike_threads: false,
            current: 0,
            alt: 0,
            woken: Vec::new(),
            now: Now::default(),
        }
    }

    /// Makes everything ready for another execution and its root thread.
    pub(crate) fn begin(&mut self) {
        self.epoch += 1;
        let Now { mut panics, mut outcome, .. } = std::mem::take(&mut self.now);
        panics.clear();
        outcome.clear();
        (self.now.panics, self.now.outcome) = (panics, outcome);
        self.threads.iter_mut().for_each(|thread| thread.status = Status::Absent);
        self.alive.clear();
        self.events.rewind();
        self.statics.begin();
        self.races.begin();
        self.time.begin();
        if self.threads.is_empty() {
            self.add_thread(0);
        }
        self.start(0, Some(Cow::Borrowed("main")), None);
        self.current = 0;
    }

    /// Notes a step of an object that is no atomic, which comes out as one weaker than `SeqCst` does: a load of the
    /// count of an `Arc` that decides something, say.
    #[cold]
    pub(super) fn note_weak(&mut self, object: u32) {
        self.weaker_orders |= !self.is_alone();
        if !std::mem::replace(&mut self.objects[object as usize].weak, true) {
            self.note_atomic();
        }
    }

    /// Has it seen an ordering that is weaker than `SeqCst`, or what comes out as one does?
    pub(crate) fn has_weaker_orders(&self) -> bool {
        self.weaker_orders
    }

    /// What a proof assumes of memory. A single atomic's values are the same under any model that is coherent,
    /// and what orders plain memory is looked at in any case.
    pub(crate) fn assumes_of_memory(&self) -> Option<Assumption> {
        let weaker = self.weaker_orders && self.several_atomics;
        let Limits { memory, interleavings, .. } = self.limits;
        let assumes = weaker && (memory == Memory::Sequential || interleavings);
        assumes.then_some(Assumption::SequentialMemory { unexplored: None })
    }

    /// What a proof assumes of threads that are alike: which, if they are told apart all the same, is not known.
    pub(crate) fn assumes_of_alike(&self) -> Option<Assumption> {
        let told = self.alike_threads && self.limits.symmetry;
        (told && self.limits.memory == Memory::Sequential).then_some(Assumption::AlikeThreads)
    }

    /// Fails the execution because of something that is not explored yet under this memory model; or ends the
    /// exploration, if nobody asked for that.
    #[cold]
    pub(crate) fn refuse(&mut self, what: &'static str) {
        self.limits.unexplored = Some(what);
        if self.limits.tentative {
            return self.begin_again();
        }
        self.now.fault = None;
        self.fail(FailureKind::Misuse, format!("not yet under Memory::C11: {what}"));
    }

    #[inline]
    pub(crate) fn me(&mut self) -> &mut Thread {
        &mut self.threads[usize::from(self.current)]
    }

    #[inline]
    pub(crate) fn thread(&self, id: u16) -> &Thread {
        &self.threads[usize::from(id)]
    }

    /// The numbers of all threads there have been in any execution.
    pub(crate) fn ids(&self) -> std::ops::Range<u16> {
        0..self.threads.len() as u16
    }

    /// The numbers of the threads that have started and not ended.
    #[inline]
    pub(crate) fn alive(&self) -> impl Iterator<Item = u16> {
        self.alive.iter().copied()
    }

    /// Notes what the running thread wants to do.
    #[inline]
    pub(crate) fn announce(&mut self, pending: Pending) {
        let thread = self.me();
        thread.pending = pending;
        thread.status = Status::Pending;
        if thread.doomed {
            self.stop_doomed();
        }
    }

    /// Notes that the running thread accesses a cell. Is it held back there?
    pub(crate) fn touch(&mut self) -> bool {
        let thread = self.me();
        thread.touches += 1;
        let touches = thread.touches;
        self.now.held == Some((self.current, touches))
    }

    /// Adds a step of the running thread to the others.
    #[inline(always)]
    pub(super) fn add(&mut self, event: Event) {
        let (op, changed, generation) = (event.op, event.changed, event.generation);
        if let Added::Differs(kept) = self.events.add(event) {
            self.differs(op, kept);
        }
        if changed {
            self.now.idle = 0;
            self.note_generation(generation);
        }
        if self.now.polling > 0 {
            self.wake_pollers(self.events.taken() - 1);
        }
    }

    #[cold]
    #[inline(never)]
    fn differs(&mut self, op: Op, kept: Op) {
        self.diverged(format!("{op:?} takes the place of {kept:?}"));
    }

    /// Is some thread blocked for ever that is waited for?
    pub(crate) fn is_deadlocked(&self) -> bool {
        self.now.live > self.now.unawaited && !self.now.ending
    }

    /// Whose step was the last; the root runs before the first.
    pub(crate) fn last_thread(&self) -> u16 {
        self.events.all().last().map_or(0, |last| last.thread)
    }

    /// Are locks that are made where this one is taken for atomics, because some thread tries to take one?
    pub(crate) fn is_tried(&self, lock: u32) -> bool {
        let tried = self.limits.tried;
        !tried.is_empty() && tried.of(self.objects[lock as usize].at).is_some()
    }

    /// Notes that some thread tries to take a lock. Was that known of those that are made where it is?
    pub(crate) fn note_tried(&mut self, lock: u32) -> bool {
        let known = self.is_tried(lock);
        if !known {
            self.limits.tried.note(self.objects[lock as usize].at, ());
        }
        known
    }

    /// Are there threads that steps of others stop: daemons, or those of further processes?
    pub(crate) fn may_stop_threads(&self) -> bool {
        self.limits.daemons || self.threads.iter().any(|thread| thread.process != 0)
    }

    /// Gives the exploration up, because its limits have changed.
    pub(crate) fn begin_again(&mut self) {
        self.now.restart = true;
        self.now.ending = true;
    }

    /// Has this thread ended, though its end could have been a step?
    pub(crate) fn ended_without_a_step(&self, thread: u16) -> bool {
        let status = self.threads.get(usize::from(thread)).map(|thread| thread.status);
        status == Some(Status::Done) && !self.limits.ends
    }

    /// Has the exploration begin again with who drops the results of threads as steps, if it matters and is none.
    pub(crate) fn begin_with_results(&mut self) {
        if self.now.unasked && !self.limits.results {
            self.limits.results = true;
            self.begin_again();
        }
    }

    /// Has the exploration begin again with the ends of threads as steps, unless they are.
    pub(crate) fn begin_with_ends(&mut self) {
        if !self.limits.ends {
            self.limits.ends = true;
            self.begin_again();
        }
    }

    /// Has the exploration begin again with plain accesses of atomics looked at, unless they are.
    pub(crate) fn begin_with_plain(&mut self) {
        if !self.limits.plain {
            self.limits.plain = true;
            self.begin_again();
        }
    }

    /// Has the exploration begin again with the poisoning of locks as steps, unless it is.
    pub(crate) fn begin_with_poison(&mut self) {
        if !self.limits.poison {
            self.limits.poison = true;
            self.begin_again();
        }
    }

    /// Notes what went wrong, unless something has before, and stops the execution
    /// unless failures are only counted.
    pub(crate) fn fail(&mut self, kind: FailureKind, message: String) {
        self.now.fault.get_or_insert_with(|| Fault::new(kind, message));
        self.now.ending |= !(self.limits.keep_going && kind == FailureKind::DataRace);
    }

    /// The program did not do what it did before.
    pub(crate) fn diverged(&mut self, what: String) {
        let step = self.events.taken() + 1;
        self.fail(
            FailureKind::Nondeterminism,
            format!(
                "at step {step} {what}: the program does not do the same when it is run again, \
                 or the schedule is another program's"
            ),
        );
    }

    /// What a step touches that touches no object: for a thread that may be stopped, its own
    /// end, so that it depends on the step that stops it.
    pub(crate) fn own_footprint(&self, thread: u16) -> Footprint {
        let thread = self.thread(thread);
        if !thread.daemon && thread.process == 0 {
            return Footprint::NOTHING;
        }
        Footprint::read(thread.end)
    }
}
