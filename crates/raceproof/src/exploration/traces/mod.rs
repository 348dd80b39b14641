//! One execution for each Mazurkiewicz trace.
//!
//! Two steps are *dependent* if they belong to one thread or access a common object and one
//! writes it ([`Footprint`](crate::kernel::Footprint)). Executions that differ only in the order
//! of independent steps are one *trace*: nothing can tell them apart, so one of them is enough.
//! The exploration is the optimal one of Abdulla, Aronis, Jonsson and Sagonas ("Optimal
//! Dynamic Partial Order Reduction", POPL 2014; "Source Sets", J. ACM 64(4), 2017):
//!
//! 1. Run an execution to its end. Each step gets a vector clock of what *happens before*
//!    it ([`order`]). Two dependent steps that nothing else orders are a *race* ([`history`]).
//! 2. For each race, an execution is owed in which the second step comes first: the steps
//!    after the first that do not happen after it, and then the second ([`races`]). It is
//!    noted in the *wakeup tree* of the node before the first step ([`wakeup`]), unless a
//!    step of the *sleep set* there could begin it: that step has been explored from there,
//!    and with it everything that it can begin ([`path`]).
//! 3. Go back to the last node that owes something, put the step taken there to sleep,
//!    and follow the tree's first branch. Below a branch's end every choice is free, and
//!    the sleep set is empty there; so no execution is ever begun in vain.
//!
//! # Where it differs from the papers
//!
//! * **Locks.** A lock cannot be taken before the release it waits for, but before the
//!   whole critical section it can. So it races with the acquisition before it, not with
//!   the release. A thread that is still blocked at the end races like one that got the
//!   lock: else a deadlock would hide the executions that avoid it, and the other way
//!   round. A writer may pass readers only if all of them have left: those that would
//!   still be inside are taken out of the sequence, with what happens after them.
//! * **Alternatives.** A choice, a notification with several waiters, a wait that may wake
//!   for no reason are several steps that exclude each other. Where a step is chosen freely
//!   all its alternatives are owed; where a race puts it first, all that it has there;
//!   inside a sequence it keeps the one it had, because the executions with the others
//!   have the same race and ask for theirs.
//! * **Tries.** A failed try-lock or compare-and-swap only reads. When a race puts it
//!   first it may succeed and write, so what it touches there is worked out anew.
//! * **Time.** A timed wait is two steps, waiting and waking, and waking is always enabled:
//!   it times out unless a notification came before it. The two race like any other pair,
//!   so nothing is ever disabled by a notification. `park_timeout` is one such step. A comparison of
//!   times that nothing decides is a choice that touches nothing; which of its alternatives there are
//!   depends on the others that were made ([`time`](crate::kernel::time)).
//! * **Condition variables.** Joining and leaving the waiters are independent of each other
//!   and depend on notifications. Two `unpark`s of one thread are independent as well.
//! * **Owners.** Where it matters which owner of a value is dropped last, a drop of the last and one of another
//!   are alternatives of which the state has one. Drops of others commute, but the last one left has to
//!   be the last: so whether one of them may come before a sequence depends on how many are left after
//!   it ([`Left`](wakeup::Left)).
//! * **Steps that stop threads**, the daemons or a process, depend on every other step and are
//!   taken as late as possible. From there the races turn them round with the steps of the
//!   threads that they stop, until these have been stopped in each place they may be in. (A step
//!   that is prevented by that is therefore in an execution explored before.)
//! * **Reads behind a writer.** Whether a read waits behind a writer that waits matters where nothing
//!   else can go on, and there it is one more step ([`behind`]).
//! * **Machines**, objects whose acts depend on each other by what they come to ([`machine`](crate::kernel::machine)).
//!   An act races with the last steps that it could have come before, and what it touches there is what it
//!   comes to on a machine to which all acts are done that come first there.
//! * **Threads that are alike** go on in the order of their numbers as long as they are in step
//!   ([`symmetry`]).
//! * **Yields** wait for a change if a loop does nothing else.

mod before;
mod behind;
mod ends;
mod history;
mod order;
mod path;
mod races;
mod shared;
mod symmetry;
mod wakeup;

use self::behind::Local;
use self::ends::{Owned, Suspect};
use self::history::Histories;
use self::order::Order;
use self::path::Path;
use self::races::{Race, Sequence};
use self::shared::{Offer, Root, Shared};
use self::symmetry::Symmetry;
use self::wakeup::{Sleeper, Step};
use super::pool::Pool;
use crate::execution::strategy::{Crew, MakeStrategy};
use crate::execution::{Probe, Strategy};
use crate::kernel::{Event, Kernel, Status};
use std::sync::Arc;

/// Explores each trace once.
#[derive(Default)]
pub(crate) struct Traces {
    path: Path,
    order: Order,
    histories: Histories,
    /// Every race whose second step is taken or kept, by that step.
    races: Vec<Race>,
    /// For each thread that was stopped while it waited for a lock: the steps that it could have
    /// taken it before.
    rivals: Vec<Vec<u32>>,
    /// What threads did between their steps: starts and joins.
    locals: Vec<Local>,
    /// Some thread of the exploration reads a read-write lock.
    reads_locks: bool,
    /// A thread arrived at a barrier that could have been in an earlier round.
    crowded: bool,
    /// It matters of some value which owner is dropped last.
    drops_matter: bool,
    /// The step of this execution by which reads gave way to a writer.
    gave_way: Option<u32>,
    /// The execution stopped because everything enabled slept.
    cut: bool,
    /// Room for the steps that a new one depends on.
    sources: Vec<u32>,
    sequence: Sequence,
    /// What is to be tried because of the execution that has just ended.
    suspects: Vec<Suspect>,
    /// The objects that some thread had for itself.
    owned: Vec<Owned>,
    symmetry: Symmetry,
    /// The nodes from which other workers may take branches, if there are other workers.
    pool: Option<Arc<Pool<Arc<Shared>>>>,
    /// The worker that began the search lets the shared nodes go.
    root: Option<Root>,
}

impl Strategy for Traces {
    fn begin(&mut self, kernel: &mut Kernel) {
        self.cut = false;
        self.suspects.clear();
        self.owned.clear();
        self.symmetry.begin();
        self.gave_way = None;
        self.crowded = false;
        self.locals.clear();
        self.histories.begin(kernel.epoch);
    }

    #[inline]
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        let depth = kernel.events.taken();
        if depth < self.path.len() {
            let wanted = self.path.step(depth);
            return if kernel.ready(wanted.0) {
                Some(wanted)
            } else {
                self.make_ready(kernel, wanted)
            };
        }
        self.choose_further(kernel, depth)
    }

    fn step(&mut self, kernel: &mut Kernel) {
        let thread = kernel.events.last().0.thread;
        if kernel.thread(thread).alike_to().is_some() {
            self.keep_step(kernel, thread);
        }
        self.record(kernel);
    }

    fn inherit(&mut self, _: &mut Kernel, to: u16, from: u16) {
        self.locals.push(Local::join(to, self.order.taken(to), from));
        self.order.inherit(to, from);
    }

    fn close(&mut self, thread: u16) {
        self.order.close(thread);
    }

    fn inherit_closure(&mut self, to: u16, from: u16) {
        self.order.inherit_closure(to, from);
    }

    fn start(&mut self, kernel: &mut Kernel, child: u16, parent: Option<u16>) {
        self.order.start(child, parent, kernel.thread(child).chain);
        if let Some(parent) = parent {
            self.locals.push(Local::spawn(parent, self.order.taken(parent), child));
            if kernel.thread(parent).alike.is_some() {
                self.symmetry.starts_another(parent, self.order.taken(parent));
            }
        }
        match self.rivals.get_mut(usize::from(child)) {
            Some(rivals) => rivals.clear(),
            None => self.rivals.resize_with(usize::from(child) + 1, Vec::new),
        }
    }

    fn ends(&mut self, kernel: &mut Kernel, object: u32, stays: bool) {
        self.suspect(kernel, object);
        if stays {
            let (thread, at) = (kernel.current, kernel.events.taken() as u32);
            self.owned.push(Owned { object, thread, at });
        }
    }

    fn touches_owned(&mut self, kernel: &mut Kernel, owner: u16, owned: u32) {
        self.suspect_owner(kernel, owner, owned);
    }

    fn probe(&mut self, kernel: &Kernel) -> Option<Probe> {
        self.next_suspect(kernel)
    }

    fn end(&mut self, kernel: &mut Kernel) {
        if self.crowded && !kernel.limits.crowds {
            return kernel.begin_with_crowds();
        }
        let taken = kernel.events.taken();
        self.path.truncate(taken);
        if taken < self.order.len() {
            // It does not even repeat what it was to repeat.
            kernel.diverged("the execution is over".to_owned());
            return;
        }
        self.reverse_races(kernel);
        self.owe_deadlocks(kernel);
    }

    fn give_up(&mut self, kernel: &mut Kernel, len: usize) {
        // They are looked for among the steps of this execution, of which the next one keeps some only.
        self.suspect_later_uses(kernel);
        self.path.give_up(len);
        self.forget_suspects(len);
        self.keep(kernel, len);
    }

    fn again(&mut self, kernel: &mut Kernel) -> bool {
        let len = kernel.events.taken();
        self.path.truncate(len);
        self.keep(kernel, len);
        true
    }

    fn cut(&self) -> bool {
        self.cut
    }

    fn recruit(&mut self, kernel: &mut Kernel, helpers: usize) -> Option<Crew> {
        // What was found out of loops that wait is this kernel's.
        if kernel.limits.polls || kernel.may_stop_threads() {
            return None;
        }
        let pool = Arc::new(Pool::new(helpers + 1));
        self.pool = Some(Arc::clone(&pool));
        self.root = Some(Root::default());
        let helper = || {
            let pool = Some(Arc::clone(&pool));
            let make = || Box::new(Traces { pool, ..Traces::default() }) as Box<dyn Strategy>;
            Box::new(make) as MakeStrategy
        };
        Some(Crew { helpers: (0..helpers).map(|_| helper()).collect(), pool })
    }

    fn explored(&self, kernel: &Kernel) -> Option<f64> {
        // Other workers have parts of the tree.
        let alone = self.pool.is_none();
        alone.then(|| self.path.explored(|depth| step_of(kernel.events.get(depth))))
    }

    fn kept(&self) -> (usize, usize) {
        (self.path.kept(), 0)
    }

    fn next(&mut self, kernel: &mut Kernel) -> bool {
        self.share(kernel);
        let order = &self.order;
        let branch = self.path.backtrack(|depth| taken_at(kernel, order, depth));
        self.keep(kernel, branch.unwrap_or(0));
        branch.is_some() || self.help()
    }
}

impl Traces {
    /// Keeps what is known of the first `len` steps, and forgets the others.
    fn keep(&mut self, kernel: &mut Kernel, len: usize) {
        kernel.events.keep(len);
        self.order.keep(len);
        while self.races.last().is_some_and(|race| race.second as usize >= len) {
            self.races.pop();
        }
    }

    /// Lets another worker have what is owed first, if one waits.
    fn share(&mut self, kernel: &Kernel) {
        let Some(pool) = self.pool.as_ref().filter(|pool| pool.is_wanted()) else { return };
        let (order, pool) = (&self.order, Arc::clone(pool));
        let offer: Offer = Arc::new(move |node| pool.give(node.depth(), node));
        self.path.share(|depth| taken_at(kernel, order, depth), &offer);
        if let Some(Root(root)) = &mut self.root
            && root.is_none()
        {
            *root = self.path.root().cloned();
        }
    }

    /// Goes on with a branch of another worker's node. False if no worker has anything left.
    fn help(&mut self) -> bool {
        let Some(pool) = &self.pool else { return false };
        while let Some(node) = pool.take() {
            if self.path.follow(&node) {
                return true;
            }
        }
        false
    }

    /// Chooses the first step after those that are known.
    #[inline(never)]
    fn choose_further(&mut self, kernel: &mut Kernel, depth: usize) -> Option<(u16, u16)> {
        let last = depth.checked_sub(1).map(|last| step_of(kernel.events.get(last)));
        match self.path.descend(last.as_ref()) {
            Some(wanted) if kernel.ready(wanted.0) => Some(wanted),
            Some(wanted) => self.make_ready(kernel, wanted),
            None => self.choose_freely(kernel, depth),
        }
    }

    /// A step that is wanted of a thread which cannot take it yet: it polls, or this is another program.
    #[cold]
    #[inline(never)]
    fn make_ready(&mut self, kernel: &mut Kernel, wanted: (u16, u16)) -> Option<(u16, u16)> {
        let (thread, _) = wanted;
        if kernel.is_quiet() {
            self.let_pollers_go(kernel);
        } else if usize::from(thread) < kernel.threads.len() {
            kernel.let_go(thread);
        }
        let ready = kernel.ready(thread);
        if !ready && !kernel.now.ending {
            kernel.diverged(format!("thread {thread} cannot take its step"));
        }
        ready.then_some(wanted)
    }

    /// Chooses any step that is enabled and not asleep, the last thread's if possible.
    fn choose_freely(&mut self, kernel: &mut Kernel, depth: usize) -> Option<(u16, u16)> {
        if kernel.now.on_trial.is_some() {
            kernel.end_vain_trial();
        }
        let mut asleep = false;
        let mut awake = |thread: &u16| {
            let ready = kernel.enabled(*thread) && !self.comes_later(kernel, *thread);
            let sleeps = ready && self.path.sleeps(*thread, kernel.first_alternative(*thread));
            asleep |= sleeps;
            ready && !sleeps && !kernel.stops_others(*thread)
        };
        let last = kernel.last_thread();
        // A thread on trial goes on alone.
        let first = kernel.now.on_trial.into_iter().chain([last]).find(&mut awake);
        let found = first.or_else(|| kernel.alive().find(awake));
        match found.or_else(|| self.stopper(kernel, &mut asleep)) {
            Some(thread) => {
                let least = self.least_choice(kernel, thread);
                let alt = least.unwrap_or_else(|| kernel.first_alternative(thread));
                self.path.take(thread, alt);
                kernel.other_alternatives(thread, |alt, footprint| {
                    if least.is_none_or(|least| alt > least) {
                        self.path.owe(Step { thread, alt, footprint });
                    }
                });
                Some((thread, alt))
            }
            None if !asleep && self.let_pollers_go(kernel) => self.choose_freely(kernel, depth),
            None => {
                let late = |thread: u16| kernel.enabled(thread) && self.comes_later(kernel, thread);
                if !asleep && kernel.alive().any(late) {
                    // One that is like others can go on, and they cannot: they are not alike.
                    Self::explore_as_any(kernel);
                }
                self.cut = asleep;
                self.path.truncate(depth);
                None
            }
        }
    }

    /// A thread that may stop others now; notes if one that might is asleep.
    #[cold]
    fn stopper(&self, kernel: &Kernel, asleep: &mut bool) -> Option<u16> {
        let ready = kernel.stoppers();
        let sleeps = |id: &u16| self.path.sleeps(*id, 0);
        *asleep |= ready.iter().any(sleeps);
        ready.into_iter().find(|id| !sleeps(id))
    }

    /// Lets threads go that poll, after everything so far. False if none does, or in vain.
    #[cold]
    fn let_pollers_go(&mut self, kernel: &mut Kernel) -> bool {
        if !kernel.let_pollers_go() {
            return false;
        }
        let started = |id: &u16| kernel.thread(*id).status != Status::Absent;
        for poller in kernel.alive().filter(|id| kernel.polls(*id)) {
            for other in kernel.ids().filter(|id| *id != poller && started(id)) {
                self.order.inherit(poller, other);
            }
            self.order.tidy(poller);
        }
        true
    }
}

/// The step taken at a depth of the execution that has just ended.
fn taken_at(kernel: &Kernel, order: &Order, depth: usize) -> Sleeper {
    Sleeper { step: step_of(kernel.events.get(depth)), nth: order.place(depth).nth }
}

/// An event as a step of a wakeup sequence.
#[inline]
fn step_of(event: &Event) -> Step {
    Step { thread: event.thread, alt: event.alt, footprint: event.footprint }
}
