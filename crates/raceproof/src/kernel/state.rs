//! Every thread and object of the execution under way.
//!
//! The tables outlive executions, because equivalent executions must give every thread and
//! object the same number: a thread is its parent's n-th child, an object its creator's n-th,
//! and each such pair is given a dense number when it is first seen.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use super::assumption::Assumption;
use super::datarace::DataRaces;
use super::event::{Added, Event, Events};
use super::fault::{FailureKind, Fault, Panic};
use super::footprint::Footprint;
use super::limits::Limits;
use super::machine::Machines;
use super::memory::Memory;
use super::names::{Made, Names};
use super::object::{Id, Kind, Object, second};
use super::op::{Op, Pending};
use super::owners::Destructor;
use super::polling::Yields;
use super::repeats::Rest;
use super::seen::Seen;
use super::statics::Statics;
use super::thread::{Role, Status, Thread};
use super::time::Time;

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
    /// Threads that have been started.
    started: u32,
    /// Threads whose end another has waited for.
    joined: u32,
    /// Threads among them that the execution does not wait for: daemons, those of killed processes.
    pub(crate) unawaited: u32,
    /// Threads started.
    pub(crate) spawned: u16,
    /// Atomics made.
    atomics: u32,
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
    /// The thread that is held back at one of its accesses of cells, by its number among them.
    pub(crate) held: Option<(u16, u32)>,
    /// Threads that poll and wait for a change.
    pub(crate) polling: u32,
    /// How often in a row every polling thread was let go since something last changed.
    pub(crate) idle: u32,
    /// How the threads stood when they were, and how many steps it had the last time.
    pub(crate) rests: Vec<Rest>,
    pub(crate) rests_since: usize,
    /// It was stopped because it [repeats itself](super::repeats).
    pub(crate) repeats: bool,
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

    /// Adds the thread of this number. Other kernels may have started those before.
    fn add_thread(&mut self, id: u16) {
        assert!(id < u16::MAX, "a model has at most {} threads", u16::MAX);
        let at = Location::caller();
        for id in self.threads.len() as u16..=id {
            let token = match &self.names {
                None => self.objects.len() as u32,
                Some(names) => names.token(id),
            };
            self.reach(token + 1, Kind::Thread, at);
            self.objects[token as usize] = Object::new(Kind::Token, at);
            self.objects[token as usize + 1] = Object::new(Kind::Thread, at);
            self.threads.push(Thread::new(token, token + 1, Pending { op: Op::Yield, at }));
        }
    }

    /// Starts a thread, which goes on with a chain or begins one.
    fn start(
        &mut self,
        id: u16,
        name: Option<Cow<'static, str>>,
        chain: Option<u16>,
    ) -> &mut Thread {
        match self.alive.last() {
            Some(last) if *last > id => {
                let at = self.alive.partition_point(|other| *other < id);
                self.alive.insert(at, id);
            }
            _ => self.alive.push(id),
        }
        // Clocks that are given have an entry for each thread.
        let given = self.races.are_clocks_given().then_some(id);
        let thread = &mut self.threads[usize::from(id)];
        self.objects[thread.token as usize].there = false;
        thread.start();
        thread.pending.at = Location::caller();
        thread.name = name;
        thread.order = self.now.spawned;
        thread.chain = given.or(chain).unwrap_or(self.now.chains);
        self.now.chains = self.now.chains.max(thread.chain + 1);
        self.now.spawned += 1;
        self.now.live += 1;
        self.now.started += 1;
        thread
    }

    /// Adds a child of the running thread, which has not begun to run. A daemon's children are daemons.
    pub(crate) fn spawn(&mut self, name: Option<Cow<'static, str>>, role: Role) -> u16 {
        let parent = self.current;
        let Thread { daemon, doomed, process, killed_by, seen, .. } =
            self.threads[usize::from(parent)];
        let polls = self.limits.polls;
        let daemon = daemon || role == Role::Daemon;
        if daemon && !self.limits.daemons {
            self.limits.daemons = true;
            self.begin_again();
        }
        self.now.unordered += 1;
        let nth = self.me().children as usize;
        self.me().children += 1;
        let id = match self.me().child_ids.get(nth) {
            Some(id) => *id,
            None => {
                let id = match &self.names {
                    None => self.threads.len() as u16,
                    Some(names) => names.thread(parent, nth as u32),
                };
                if usize::from(id) >= self.threads.len() {
                    self.add_thread(id);
                }
                self.me().child_ids.push(id);
                id
            }
        };
        let chain = self.me().ended_chains.pop();
        let child = self.start(id, name, chain);
        child.daemon = daemon;
        child.scoped = role == Role::Scoped;
        child.process = if role == Role::Process { id } else { process };
        if doomed {
            (child.doomed, child.killed_by) = (true, killed_by);
        }
        if polls {
            child.seen = seen.of_child(nth);
        }
        let unawaited = child.is_unawaited();
        self.now.unawaited += u32::from(unawaited);
        self.me().poll.note_effect();
        let child = (usize::from(id), self.thread(id).chain);
        self.races.spawn(usize::from(parent), child, self.objects.len());
        self.spawned_in_time(id);
        id
    }

    /// Adds an object made by the running thread.
    pub(crate) fn create(
        &mut self,
        kind: Kind,
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        if kind == Kind::Atomic {
            self.note_atomic();
        }
        let index = self.next_number(Made::Alone);
        self.reach(index, kind, at);
        self.begin_object(index, kind, name, at)
    }

    /// Adds a pair of objects made by the running thread, the [second] one without a name. Pairs have
    /// numbers apart, since the n-th object that a thread makes may be no pair in another execution.
    pub(super) fn create_pair(
        &mut self,
        kinds: [Kind; 2],
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        let index = self.next_number(Made::Pair);
        self.reach(second(index), kinds[1], at);
        self.begin_object(second(index), kinds[1], None, at);
        self.begin_object(index, kinds[0], name, at)
    }

    /// Has room for the object of this number. Other kernels may have made those before.
    #[inline]
    pub(super) fn reach(&mut self, number: u32, kind: Kind, at: &'static Location<'static>) {
        let count = number as usize + 1;
        if self.objects.len() < count {
            self.objects.resize_with(count, || Object::new(kind, at));
        }
    }

    /// Begins an object of this number in this execution.
    fn begin_object(
        &mut self,
        index: u32,
        kind: Kind,
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        let from_the_beginning = self.statics.is_making();
        let name = name.or_else(|| self.statics.name().map(Cow::Borrowed));
        let content = if from_the_beginning { Seen::default() } else { self.me().seen };
        let object = &mut self.objects[index as usize];
        let mut threads = std::mem::take(&mut object.threads);
        threads.clear();
        *object = Object { epoch: self.epoch, name, threads, content, ..Object::new(kind, at) };
        let plain = kind == Kind::Cell || kind == Kind::Atomic && self.limits.plain;
        let watched = plain || self.races.are_clocks_given();
        if self.races.is_on() || watched {
            let chains = usize::from(self.now.chains);
            self.races.grow(self.threads.len(), chains, self.objects.len());
            if watched && self.races.begins_to_watch() {
                self.watch_memory();
            }
            if watched {
                let by = (!from_the_beginning).then_some(usize::from(self.current));
                self.races.create(index as usize, by, at);
            }
        }
        Id { epoch: self.epoch, index }
    }

    /// Notes that there is one more atomic.
    fn note_atomic(&mut self) {
        self.now.atomics += 1;
        self.several_atomics |= self.now.atomics > 1;
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

    /// What a proof assumes of memory. A single atomic's values are the same under any model that is coherent,
    /// and what orders plain memory is looked at in any case.
    pub(crate) fn assumes_of_memory(&self) -> Option<Assumption> {
        let weaker = self.weaker_orders && self.several_atomics;
        let assumes = weaker && self.limits.memory == Memory::Sequential;
        assumes.then_some(Assumption::SequentialMemory { unexplored: None })
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

    /// Has every other thread of the execution ended, and been waited for?
    pub(super) fn is_alone(&self) -> bool {
        self.now.live == 1 && self.now.joined + 1 == self.now.started
    }

    /// Begins to watch plain memory: before, threads took part in no order.
    #[cold]
    fn watch_memory(&mut self) {
        for id in self.ids() {
            let thread = &self.threads[usize::from(id)];
            let alive = !matches!(thread.status, Status::Absent | Status::Done);
            self.races.enter(usize::from(id), alive.then_some(thread.chain));
        }
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

    /// Notes that the running thread has ended. Its joiners may go on.
    pub(crate) fn finish(&mut self) {
        let thread = self.me();
        thread.status = Status::Done;
        let unawaited = thread.is_unawaited();
        thread.ended_chains.push(thread.chain);
        if let Ok(at) = self.alive.binary_search(&self.current) {
            self.alive.remove(at);
        }
        self.now.unawaited -= u32::from(unawaited);
        self.now.live -= 1;
    }

    /// Notes that the running thread has waited for the end of another.
    pub(crate) fn joined(&mut self, ended: u16) {
        self.now.unordered += 1;
        // A scope waits for its threads once more.
        let again = std::mem::replace(&mut self.threads[usize::from(ended)].awaited, true);
        self.now.joined += u32::from(!again);
        self.races.pass(usize::from(ended), usize::from(self.current));
        self.joined_in_time(ended);
        // The first that has waited for it goes on with its chain, and those that it had.
        let mut chains = std::mem::take(&mut self.threads[usize::from(ended)].ended_chains);
        self.me().ended_chains.append(&mut chains);
        self.threads[usize::from(ended)].ended_chains = chains;
        if self.limits.polls {
            let seen = self.thread(ended).seen;
            self.me().seen.join(seen);
        }
    }

    /// Notes that the running thread accesses a cell. Is it held back there?
    pub(crate) fn touch(&mut self) -> bool {
        let thread = self.me();
        thread.touches += 1;
        let touches = thread.touches;
        self.now.held == Some((self.current, touches))
    }

    /// Notes that the closure of the running thread, a scoped one, is over before the thread is.
    pub(crate) fn close(&mut self) {
        let (me, end) = (self.current, self.me().end);
        self.me().closed = true;
        self.races.release(usize::from(me), end, false);
        self.objects[end as usize].content = self.me().seen;
    }

    /// Notes that the running thread has waited for the closure of another that was over before its
    /// thread.
    pub(crate) fn joined_closure(&mut self, closed: u16) {
        let (me, end) = (self.current, self.thread(closed).end);
        self.now.unordered += 1;
        self.races.acquire(usize::from(me), end, false);
        if self.limits.polls {
            let seen = self.objects[end as usize].content;
            self.me().seen.join(seen);
        }
    }

    /// Notes that a thread's panic was given to another.
    pub(crate) fn claim_panic(&mut self, thread: u16) {
        let by = Some(self.current);
        for note in self.now.panics.iter_mut().filter(|note| note.thread == thread) {
            note.taken_by = by;
        }
    }

    /// Adds a step of the running thread to the others.
    #[inline(always)]
    pub(super) fn add(&mut self, event: Event) {
        let (op, changed) = (event.op, event.changed);
        if let Added::Differs(kept) = self.events.add(event) {
            self.differs(op, kept);
        }
        if changed {
            self.now.idle = 0;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_one_after_another_are_one_chain_and_only_the_living_are_looked_at() {
        let mut kernel = Kernel::new(0, Limits::default());
        kernel.begin();
        for _ in 0..100 {
            kernel.current = kernel.spawn(None, Role::Plain);
            assert_eq!(kernel.alive, [0, kernel.current]);
            let ended = kernel.current;
            kernel.finish();
            kernel.current = 0;
            kernel.joined(ended);
            assert_eq!(kernel.alive, [0]);
        }
        assert_eq!(kernel.now.chains, 2);
    }

    #[test]
    fn threads_at_the_same_time_are_as_many_chains() {
        let mut kernel = Kernel::new(0, Limits::default());
        kernel.begin();
        let threads = [(); 3].map(|()| kernel.spawn(None, Role::Plain));
        for thread in threads {
            kernel.current = thread;
            kernel.finish();
        }
        assert_eq!(threads.map(|thread| kernel.thread(thread).chain), [1, 2, 3]);
        kernel.current = 0;
        // No thread has waited for any of them.
        let next = kernel.spawn(None, Role::Plain);
        assert_eq!(kernel.thread(next).chain, 4);
        // Its chain goes on once it was waited for.
        kernel.joined(threads[0]);
        let next = kernel.spawn(None, Role::Plain);
        assert_eq!(kernel.thread(next).chain, 1);
    }
}
