//! Running a closure once for each Mazurkiewicz trace.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::execution::{Ended, Kept, Session, Strategy, execute, kernel, misuse, with};
use crate::exploration::{Graphs, Replay, Schedules, Traces};
use crate::kernel::Assumption;
use crate::kernel::{FailureKind, Fault, Limits, Memory, RwLockPolicy};
use crate::settings::Settings;
use crate::telling::failure::Failure;
use crate::telling::oracle::Observation;
use crate::telling::progress::Progress;
use crate::telling::schedule::Schedule;
use crate::telling::text::{count, duration};
use crate::telling::trace::Trace;
use crate::telling::values::Wanted;

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// Executions run to their end.
    pub executions: u64,
    /// Operations done in all of them: the steps, and the spawns and joins, which need none.
    pub steps: u64,
    /// Executions cut short by the sleep sets; always 0 if the exploration is optimal.
    pub redundant: u64,
    /// Executions that failed in any way, the deadlocks among them.
    pub failures: u64,
    /// Executions in which every live thread was blocked.
    pub deadlocks: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What it comes to.
    pub outcome: Outcome,
    /// How many executions that did not fail reported which [`outcome`](crate::outcome).
    pub outcomes: BTreeMap<String, u64>,
    /// What a proof assumes besides what it always does.
    pub assumptions: Vec<Assumption>,
}

/// What an exploration comes to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Every inequivalent interleaving was explored, and none fails.
    Proved,
    /// None that was explored fails, but there may be others: says why.
    Bounded(String),
    /// This execution fails.
    Failed(Failure),
}

/// Explores the inequivalent interleavings of a closure's threads.
#[derive(Clone, Debug)]
pub struct Explorer {
    max_executions: Option<u64>,
    time_limit: Option<Duration>,
    minimise: bool,
    search: Search,
    limits: Limits,
    pub(crate) settings: Settings,
}

/// Which executions are explored.
#[derive(Clone, Copy, Debug)]
enum Search {
    /// One for each trace.
    Traces,
    /// Every schedule.
    Schedules,
    /// Every schedule with at most this many preemptions.
    Bounded(usize),
}

impl Search {
    fn strategy(self, memory: Memory) -> Box<dyn Strategy> {
        match self {
            Search::Traces if memory == Memory::C11 => Box::new(Graphs::default()),
            _ if memory == Memory::C11 => misuse(
                "preemptions are bounded under sequential consistency only: use Memory::Sequential",
            ),
            Search::Traces => Box::new(Traces::default()),
            Search::Schedules => Box::new(Schedules::all()),
            Search::Bounded(preemptions) => Box::new(Schedules::bounded(preemptions as u32)),
        }
    }
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

/// How long a failure with fewer preemptions is looked for.
const PATIENT: Duration = Duration::from_secs(10);

/// Executions in which a failure is looked for with one number of preemptions.
const TRIES: u64 = 20_000;

impl Explorer {
    /// An explorer that explores everything and stops at the first failure.
    pub fn new() -> Self {
        Explorer {
            max_executions: None,
            time_limit: None,
            minimise: false,
            search: Search::Traces,
            limits: Limits::default(),
            settings: Settings::default(),
        }
    }

    /// Stops after this many executions.
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.max_executions = Some(executions);
        self
    }

    /// Fails an execution that takes more steps than this; 10,000 unless told otherwise.
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.limits.steps = steps;
        self
    }

    /// Stops after this much time, at the end of the execution under way.
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.time_limit = Some(time);
        self
    }

    /// Explores every schedule with at most this many preemptions, and no other.
    ///
    /// This enumerates schedules, not traces: reduction and a bound do not go together
    /// without missing executions that the bound allows.
    pub fn preemption_bound(mut self, preemptions: usize) -> Self {
        self.search = Search::Bounded(preemptions);
        self
    }

    /// Under which memory model: sequential consistency unless told otherwise. A program whose
    /// atomics are all `SeqCst` and that has no data race cannot tell the difference.
    ///
    /// Under [`Memory::C11`] not everything is explored yet: an execution that uses what is not
    /// fails as a [misuse](FailureKind::Misuse) that says so.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use raceproof::{Explorer, Memory, thread};
    ///
    /// let failure = Explorer::new().memory(Memory::C11).expect_failure("stale", || {
    ///     let data = Arc::new(AtomicU32::named("data", 0));
    ///     let ready = Arc::new(AtomicU32::named("ready", 0));
    ///     let (theirs, flag) = (Arc::clone(&data), Arc::clone(&ready));
    ///     thread::spawn(move || {
    ///         theirs.store(1, Relaxed);
    ///         flag.store(1, Relaxed);
    ///     });
    ///     if ready.load(Relaxed) == 1 {
    ///         assert_eq!(data.load(Relaxed), 1, "stale");
    ///     }
    /// });
    /// assert!(failure.message.contains("stale"));
    /// ```
    pub fn memory(mut self, memory: Memory) -> Self {
        self.limits.memory = memory;
        self
    }

    /// Whether what std lets happen for no reason does: a wait for a condition variable or a
    /// [`park`](crate::thread::park) wakes, a `compare_exchange_weak` fails though it finds the value
    /// that it expects. Off unless told otherwise; then a proof of a program that does one of these
    /// [assumes](crate::Assumption::NoSpuriousWakeups) that it has a reason.
    ///
    /// Once it has happened, it does not happen again to the same thread's waits for the same condition
    /// variable, its parks, or its weak exchanges of the same atomic, until one of them has ended for a
    /// reason other than the time. So loops around them end.
    ///
    /// ```
    /// use raceproof::Explorer;
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicBool, Ordering::SeqCst};
    /// use raceproof::thread;
    ///
    /// Explorer::new().spurious_wakeups(true).expect_failure("not yet", || {
    ///     let ready = Arc::new(AtomicBool::named("ready", false));
    ///     let (theirs, main) = (Arc::clone(&ready), thread::current());
    ///     thread::spawn(move || {
    ///         theirs.store(true, SeqCst);
    ///         main.unpark();
    ///     });
    ///     thread::park(); // without a loop
    ///     assert!(ready.load(SeqCst), "not yet");
    /// });
    /// ```
    pub fn spurious_wakeups(mut self, wanted: bool) -> Self {
        self.limits.spurious = wanted;
        self
    }

    /// Whether it is a [data race](FailureKind::DataRace) if a thread drops a cell, or has it for itself,
    /// and no synchronisation orders that after another thread's access. Otherwise it is a failure
    /// only if some interleaving comes to it in the wrong order, which finds no ordering that is too weak.
    ///
    /// Not so unless told otherwise: a std `Arc` orders the end of what it holds by a count that the
    /// explorer does not see, and is reported.
    ///
    /// ```
    /// use raceproof::sync::atomic::{AtomicUsize, Ordering};
    /// use raceproof::{Explorer, cell::UnsafeCell, thread};
    ///
    /// struct Shared {
    ///     owners: AtomicUsize,
    ///     data: UnsafeCell<u32>,
    /// }
    ///
    /// /// Reads the data and drops it if this was the last owner.
    /// fn leave(shared: usize) {
    ///     let shared = std::ptr::with_exposed_provenance_mut::<Shared>(shared);
    ///     // SAFETY: there is an owner left until the count is 0.
    ///     let Shared { owners, data } = unsafe { &*shared };
    ///     data.read();
    ///     // It should be `AcqRel`.
    ///     if owners.fetch_sub(1, Ordering::Release) == 1 {
    ///         // SAFETY: no other owner is left.
    ///         drop(unsafe { Box::from_raw(shared) });
    ///     }
    /// }
    ///
    /// Explorer::new().strict_ends(true).expect_failure("nothing orders them", || {
    ///     let shared = Shared { owners: AtomicUsize::new(2), data: UnsafeCell::new(0) };
    ///     let shared = Box::into_raw(Box::new(shared)).expose_provenance();
    ///     thread::spawn(move || leave(shared));
    ///     leave(shared);
    /// });
    /// ```
    pub fn strict_ends(mut self, wanted: bool) -> Self {
        self.limits.strict_ends = wanted;
        self
    }

    /// Whether a read of a read-write lock waits behind a thread that waits to write:
    /// [either](RwLockPolicy::Any) unless told otherwise. See [`RwLock`](crate::sync::RwLock).
    pub fn rwlock_policy(mut self, policy: RwLockPolicy) -> Self {
        self.limits.rwlock = policy;
        self
    }

    /// Takes it for a livelock if every thread that can go on has gone round its loop in vain this many
    /// times, nothing changing; 200 times unless told otherwise.
    pub fn livelock_after(mut self, rounds: u32) -> Self {
        self.limits.patience = rounds;
        self
    }

    /// Counts failures instead of stopping at the first.
    pub fn keep_going(mut self) -> Self {
        self.limits.keep_going = true;
        self
    }

    /// Looks for the same failure with the fewest preemptions, once one is found.
    pub fn minimise(mut self) -> Self {
        self.minimise = true;
        self
    }

    /// Explores every interleaving instead of one for each trace: for tests of the
    /// explorer, and for nothing else.
    #[doc(hidden)]
    pub fn every_interleaving(mut self) -> Self {
        self.search = Search::Schedules;
        self
    }

    /// Runs `model` once for each Mazurkiewicz trace.
    pub fn check<F: Fn()>(&self, model: F) -> Exploration {
        self.explore(&model, &mut None)
    }

    /// As [`Explorer::check`], and shows each execution to `see`.
    #[doc(hidden)]
    pub fn observe<F: Fn()>(&self, model: F, see: impl FnMut(Observation)) -> Exploration {
        let mut seen = Some(Vec::new());
        let found = self.explore(&model, &mut seen);
        seen.into_iter().flatten().for_each(see);
        found
    }

    /// Runs exactly the execution of `schedule` again.
    pub fn replay<F: Fn()>(schedule: &Schedule, model: F) -> Exploration {
        Explorer::new().run_again(schedule, &model)
    }

    /// As [`Explorer::replay`], under this explorer's limits.
    pub fn run_again<F: Fn()>(&self, schedule: &Schedule, model: F) -> Exploration {
        let begun = Instant::now();
        let (mut found, fault, trace) = self.follow(schedule, &model);
        if let Some(fault) = fault {
            found.outcome = Outcome::Failed(fault.with(trace, schedule.clone()));
        }
        found.elapsed = begun.elapsed();
        found
    }

    fn explore(&self, model: &dyn Fn(), seen: &mut Option<Vec<Observation>>) -> Exploration {
        if let Some((_, schedule)) = &self.settings.replay {
            return self.run_again(schedule, model);
        }
        let begun = Instant::now();
        let (mut found, failure) = self.search(model, seen, begun, &|_| true);
        if let Some(failing) = failure {
            let mut failure = self.explain(model, failing);
            if self.minimise && self.limits.memory == Memory::Sequential {
                failure = self.fewest_preemptions(model, failure);
            }
            found.outcome = Outcome::Failed(failure);
        }
        found.elapsed = begun.elapsed();
        found
    }

    /// Explores until everything is explored, something fails as wanted, or a limit is reached.
    /// Begins again when the program turns out to need other limits.
    fn search(
        &self,
        model: &dyn Fn(),
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
        wanted: &dyn Fn(&Fault) -> bool,
    ) -> (Exploration, Option<Failing>) {
        let mut limits = self.limits;
        loop {
            if let Some(seen) = seen {
                seen.clear();
            }
            match self.search_within(limits, model, seen, begun, wanted) {
                Ok(found) => return found,
                Err(others) => limits = others,
            }
        }
    }

    /// As [`Explorer::search`], or else the limits with which it must begin again.
    #[allow(clippy::type_complexity)]
    fn search_within(
        &self,
        limits: Limits,
        model: &dyn Fn(),
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
        wanted: &dyn Fn(&Fault) -> bool,
    ) -> Result<(Exploration, Option<Failing>), Limits> {
        let _installed = Session::install(self.search.strategy(limits.memory), limits);
        let progress = Progress::begin(self.settings.progress);
        let mut found = Exploration::nothing();
        let mut failure = None;
        loop {
            let mut ended = execute(model, seen.is_some());
            if let Some(others) = ended.restart {
                return Err(others);
            }
            let first = failure.is_none();
            let schedule = || kernel(|kernel| Schedule::of(kernel));
            let schedule = (first && ended.fault.is_some()).then(schedule);
            let over = ended.fault.is_some() && !limits.keep_going;
            let probed = if first && !over { probe(model)? } else { None };
            if let Some((fault, schedule)) = probed.filter(|(fault, _)| wanted(fault)) {
                found.failures += 1;
                failure = Some((fault, schedule));
                if !limits.keep_going {
                    break;
                }
            }
            if ended.given_up {
                continue;
            }
            if let (Some(seen), Some(observation)) = (seen.as_mut(), ended.observation.take()) {
                seen.push(observation);
            }
            found.add(&ended);
            progress.show(found.executions);
            if let Some(fault) = ended.fault.filter(wanted) {
                let stop = !limits.keep_going || fault.kind == FailureKind::Nondeterminism;
                failure = failure.or(schedule.map(|schedule| (fault, schedule)));
                if stop {
                    break;
                }
            }
            let more = with(Session::plan);
            let bound = self.bound_reached(more, &found, begun);
            if bound.is_some() || !more {
                found.outcome = bound.map_or(Outcome::Proved, Outcome::Bounded);
                break;
            }
        }
        kernel(|kernel| {
            found.assumptions.extend(kernel.assumes_polls());
            found.assumptions.extend(kernel.assumes_reasons());
            found.assumptions.extend(kernel.assumes_of_time());
            found.assumptions.extend(kernel.assumes_that_readers_pass());
        });
        if limits.memory == Memory::C11 {
            found.assumptions.push(Assumption::NoLoadBuffering);
        }
        let failing = failure.map(|(fault, schedule)| Failing { fault, schedule, limits });
        Ok((found, failing))
    }

    /// Why the search is no proof if it stops here, or is to stop though there is more.
    fn bound_reached(&self, more: bool, found: &Exploration, begun: Instant) -> Option<String> {
        let executions = found.executions;
        match self.search {
            _ if !more && found.redundant > 0 => Some(format!(
                "{} executions had to be cut short, so the program does not do the same when it is \
                 run again: look for locks and reference counts of std, for statics that keep \
                 their value, for time and randomness",
                found.redundant
            )),
            Search::Bounded(bound) if !more => Some(format!("at most {bound} preemptions")),
            _ if !more => None,
            _ if self.max_executions.is_some_and(|max| executions >= max) => {
                Some(count(executions, "execution"))
            }
            _ if self.time_limit.is_some_and(|limit| begun.elapsed() >= limit) => {
                Some(duration(begun.elapsed()))
            }
            _ => None,
        }
    }

    /// Runs a failing execution again to write down its trace.
    fn explain(&self, model: &dyn Fn(), failing: Failing) -> Failure {
        let Failing { fault, schedule, limits } = failing;
        // The rounds of a livelock repeat: two of them tell as much as all.
        let mut brief = Explorer { limits, ..self.clone() };
        if fault.kind == FailureKind::Livelock {
            brief.limits.patience = brief.limits.patience.min(2);
        }
        let (_, again, trace) = brief.follow(&schedule, model);
        match again {
            // What is watched is known only to the search.
            Some(again) if again.kind == FailureKind::Livelock && fault.kind == again.kind => {
                fault.with(trace, schedule)
            }
            Some(again) if again.kind == fault.kind => again.with(trace, schedule),
            again => {
                let again = again.map_or("ends well".to_owned(), |fault| {
                    format!("{}: {}", fault.kind, fault.message)
                });
                let message = match fault.kind {
                    FailureKind::Nondeterminism => fault.message,
                    kind => format!(
                        "{kind}: {}, but run again the same schedule {again}",
                        fault.message
                    ),
                };
                let kind = FailureKind::Nondeterminism;
                Fault::new(kind, message).with(trace, schedule)
            }
        }
    }

    /// Looks for the same failure with fewer preemptions, by every schedule with none,
    /// then one, and so on. Each number has its share of tries.
    fn fewest_preemptions(&self, model: &dyn Fn(), failure: Failure) -> Failure {
        let begun = Instant::now();
        for preemptions in 0..failure.trace.preemptions() {
            let left = PATIENT.saturating_sub(begun.elapsed());
            let fewer = self.clone().preemption_bound(preemptions);
            let mut fewer = fewer.max_executions(TRIES).time_limit(left);
            fewer.limits.keep_going = false;
            let same = |fault: &Fault| fault.is(&failure);
            let (_, found) = fewer.search(model, &mut None, Instant::now(), &same);
            if let Some(failing) = found {
                return self.explain(model, failing);
            }
        }
        failure
    }

    /// Runs one execution along a schedule and records it.
    pub(crate) fn follow(
        &self,
        schedule: &Schedule,
        model: &dyn Fn(),
    ) -> (Exploration, Option<Fault>, Trace) {
        let arrivals = schedule.has_arrivals();
        let limits = Limits { keep_going: false, arrivals, ..self.limits };
        let followed = Self::follow_within(limits, schedule, model);
        let strays = |fault: &Fault| fault.kind == FailureKind::Nondeterminism;
        if limits.poison || !followed.1.as_ref().is_some_and(strays) {
            return followed;
        }
        // The schedule may have been made with poison as steps.
        let again = Self::follow_within(Limits { poison: true, ..limits }, schedule, model);
        if again.1.as_ref().is_some_and(strays) { followed } else { again }
    }

    fn follow_within(
        mut limits: Limits,
        schedule: &Schedule,
        model: &dyn Fn(),
    ) -> (Exploration, Option<Fault>, Trace) {
        loop {
            let strategy: Box<dyn Strategy> = match limits.memory {
                Memory::Sequential => Box::new(Replay::new(schedule.steps.clone())),
                Memory::C11 => Box::new(Graphs::along(schedule.steps.clone())),
            };
            let installed = Session::install(strategy, limits);
            with(|session| session.recorder = Some(Box::default()));
            let wanted = Wanted::begin();
            let ended = execute(model, false);
            drop((installed, wanted));
            if let Some(others) = ended.restart {
                limits = others;
                continue;
            }
            let mut found = Exploration::nothing();
            found.add(&ended);
            found.outcome = Outcome::Bounded("one execution, run again".to_owned());
            return (found, ended.fault, ended.trace.unwrap_or_default());
        }
    }
}

/// An execution that fails, and the limits that the exploration had by then.
struct Failing {
    fault: Fault,
    schedule: Schedule,
    limits: Limits,
}

/// Tries the executions that the strategy wants to be tried: what goes wrong in one of them because
/// of a use of an object that has ended, or else the limits with which the search must begin again.
fn probe(model: &dyn Fn()) -> Result<Option<(Fault, Schedule)>, Limits> {
    while let Some(probe) = with(Session::probe) {
        let kept = Kept::new(Box::new(Replay::from(probe)));
        let kept = with(|session| session.exchange(kept));
        let ended = execute(model, false);
        let schedule = kernel(|kernel| Schedule::of(kernel));
        with(|session| session.exchange(kept));
        if let Some(others) = ended.restart {
            return Err(others);
        }
        let uses =
            |fault: &Fault| matches!(fault.kind, FailureKind::UseAfterFree | FailureKind::DataRace);
        if let Some(fault) = ended.fault.filter(uses) {
            return Ok(Some((fault, schedule)));
        }
    }
    Ok(None)
}

impl Exploration {
    fn nothing() -> Self {
        Exploration {
            executions: 0,
            steps: 0,
            redundant: 0,
            failures: 0,
            deadlocks: 0,
            elapsed: Duration::ZERO,
            outcome: Outcome::Proved,
            outcomes: BTreeMap::new(),
            assumptions: Vec::new(),
        }
    }

    fn add(&mut self, ended: &Ended) {
        if ended.stutters {
            return;
        }
        self.steps += ended.steps as u64;
        if ended.cut {
            self.redundant += 1;
            return;
        }
        self.executions += 1;
        if let Some(fault) = &ended.fault {
            self.failures += 1;
            self.deadlocks += u64::from(fault.kind == FailureKind::Deadlock);
        }
        if let Some(outcome) = &ended.outcome {
            match self.outcomes.get_mut(outcome) {
                Some(count) => *count += 1,
                None => {
                    self.outcomes.insert(outcome.clone(), 1);
                }
            }
        }
    }
}
