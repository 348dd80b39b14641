//! A worker's part of a search: execution after execution, until there is none, something fails, or a limit is
//! reached.

use std::ops::ControlFlow::{self, Break, Continue};
use std::time::Instant;

use super::aside::{fair_end, look_often, probe, repeat};
use super::gauges::Gauges;
use super::workers::Together;
use super::{Exploration, Explorer, Model, Outcome, Search, Waiting};
use crate::execution::{Ended, Session, execute, kernel, with};
use crate::exploration::Sampling;
use crate::kernel::{Assumption, FailureKind, Fault, Kernel, Limits, Memory};
use crate::telling::oracle::Observation;
use crate::telling::schedule::Schedule;
use crate::telling::text::{count, duration};

/// Why a search is none of all executions in which it may decide something how many fruitless rounds a loop takes.
const COUNTED: &str = "a few numbers of fruitless rounds of a loop, of which another thread can tell how many there were";

/// Random executions in which loops look as often as it comes, before a proof.
const WALKS: usize = 32;

/// What a worker explores, and has found so far.
pub(super) struct Run<'a> {
    pub(super) explorer: &'a Explorer,
    pub(super) limits: Limits,
    pub(super) model: &'a dyn Fn(),
    pub(super) begun: Instant,
    /// When its first execution began.
    pub(super) started: Instant,
    wanted: &'a dyn Fn(&Fault) -> bool,
    /// The other workers, if there are some.
    pub(super) together: Option<&'a Together>,
    /// The search is over with the first failure in any case.
    pub(super) stops_at_first: bool,
    /// The first failure is known, so none is looked for that does not count.
    pub(super) knows_failure: bool,
    pub(super) found: Exploration,
    pub(super) failure: Option<FailedAs>,
    /// The limit that it has come to.
    pub(super) bound: Option<String>,
    /// The [work] of all executions, also of those that were given up.
    ///
    /// [work]: Explorer::most_work
    work: u64,
    pub(super) gauges: Gauges,
}

/// About how long an execution of so many steps takes, compared with others. A graph is gone through for each of its events.
pub(super) fn work(steps: u64) -> u64 {
    steps * (1 + steps / 10)
}

/// What goes wrong in an execution, its schedule, and perhaps one by which it is told better.
pub(super) struct FailedAs {
    fault: Fault,
    schedule: (Schedule, Option<Schedule>),
    /// It was found in an execution that was tried, and does not count, because an object may end too early.
    pub(super) probed: bool,
}

/// An execution that fails, and the limits that the exploration had by then.
pub(super) struct Failing {
    pub(super) fault: Fault,
    pub(super) schedule: Schedule,
    /// Perhaps the same execution, in an order in which it is told better.
    pub(super) told: Option<Schedule>,
    pub(super) limits: Limits,
}

impl Failing {
    pub(super) fn message(&self) -> &str {
        &self.fault.message
    }
}

/// What a worker has found, once it has ended.
pub(super) struct Part {
    pub(super) found: Exploration,
    pub(super) failing: Option<Failing>,
    pub(super) probed: bool,
    /// The failure is the first that one worker comes to.
    pub(super) is_first: bool,
    pub(super) bound: Option<String>,
    /// What a proof assumes, by what tells it.
    pub(super) assumptions: [Vec<Assumption>; 6],
}

impl Explorer {
    /// As [`Explorer::search`], or else the limits with which it must begin again.
    #[allow(clippy::type_complexity)]
    pub(super) fn search_within(
        &self,
        limits: Limits,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
        wanted: &dyn Fn(&Fault) -> bool,
    ) -> Result<(Exploration, Option<Failing>), Limits> {
        let part = self.explore_within(limits, model, seen, begun, wanted)?;
        let is_first = part.is_first;
        match part.sum_up(self, limits, begun) {
            (found, Some(failing)) if !is_first => {
                let (found, first) = self.first_failure(model.run, begun, (found, failing))?;
                Ok((found, Some(first)))
            }
            found => Ok(found),
        }
    }

    fn explore_within(
        &self,
        limits: Limits,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
        wanted: &dyn Fn(&Fault) -> bool,
    ) -> Result<Part, Limits> {
        let _installed = Session::install(self.strategy(limits), limits);
        with(|session| session.orders.clone_from(&self.orders));
        let mut run = Run::new(self, limits, model.run, begun, wanted);
        run.gauges = Gauges::new(self, limits);
        let shared = model.shared.filter(|_| self.workers > 1 && seen.is_none() && !limits.alone);
        while run.once(seen)?.is_continue() {
            if let Some(model) = shared.filter(|_| run.is_long()) {
                return run.go_on_together(model);
            }
        }
        Ok(run.end())
    }

    /// Is all that is wrong with an execution that threads wait for ever, and may they?
    fn may_wait(&self, ended: &Ended) -> bool {
        let waits =
            |fault: &Fault| matches!(fault.kind, FailureKind::Deadlock | FailureKind::Livelock);
        let waits = !ended.given_up && !ended.cut && ended.fault.as_ref().is_some_and(waits);
        waits && self.waiting.as_ref().is_some_and(|Waiting(is_right)| is_right())
    }

    /// Why the search is no proof if it stops here, or is to stop though there is more.
    pub(super) fn bound_reached(
        &self,
        memory: Memory,
        more: bool,
        (executions, redundant): (u64, u64),
        begun: Instant,
    ) -> Option<String> {
        match self.search {
            Search::Bounded(bound) if !more && executions > 0 => {
                Some(format!("at most {bound} preemptions"))
            }
            // Under C11 an execution may wait in vain.
            _ if !more && redundant > 0 && memory != Memory::C11 => Some(format!(
                "{redundant} executions had to be cut short, so the program does not do the same when it is \
                 run again: look for locks and reference counts of std, for statics that keep \
                 their value, for time and randomness"
            )),
            // Nothing is proved of executions of which none came to its end.
            _ if !more && executions == 0 => {
                Some("no execution: each was stopped before its end".to_owned())
            }
            Search::Schedules(Some(bound)) if !more => Some(format!("at most {bound} preemptions")),
            Search::Sampled(Sampling::Graphs, _)
                if !more || self.is_at_limit(executions, begun) =>
            {
                Some(self.drew_graphs(executions))
            }
            Search::Sampled(how, _) if !more => Some(self.sampled(how, executions)),
            _ if !more => None,
            Search::Sampled(how, _) if self.is_at_limit(executions, begun) => {
                Some(self.sampled(how, executions))
            }
            _ if self.max_executions.is_some_and(|max| executions >= max) => {
                Some(count(executions, "execution"))
            }
            _ if self.is_at_limit(executions, begun) => Some(duration(begun.elapsed())),
            _ => None,
        }
    }

    pub(super) fn is_at_limit(&self, executions: u64, begun: Instant) -> bool {
        self.max_executions.is_some_and(|max| executions >= max)
            || self.time_limit.is_some_and(|limit| begun.elapsed() >= limit)
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
        explorer: &'a Explorer,
        limits: Limits,
        model: &'a dyn Fn(),
        begun: Instant,
        wanted: &'a dyn Fn(&Fault) -> bool,
    ) -> Self {
        Run {
            explorer,
            limits,
            model,
            begun,
            started: Instant::now(),
            wanted,
            together: None,
            stops_at_first: false,
            knows_failure: false,
            found: Exploration::nothing(),
            failure: None,
            bound: None,
            work: 0,
            gauges: Gauges::quiet(explorer),
        }
    }

    /// Runs an execution and plans the next. `Break`: that was the last.
    pub(super) fn once(
        &mut self,
        seen: &mut Option<Vec<Observation>>,
    ) -> Result<ControlFlow<()>, Limits> {
        if self.together.is_some_and(Together::is_over) {
            return Ok(Break(()));
        }
        let mut ended = execute(self.model, seen.is_some());
        if let Some(others) = ended.restart {
            return Err(others);
        }
        if !ended.given_up && with(|session| session.is_passing()) {
            return Ok(if with(Session::plan) { Continue(()) } else { Break(()) });
        }
        self.work += work(ended.steps as u64);
        let ended_well = ended.fault.is_none() && !ended.stutters && !ended.cut;
        if self.explorer.may_wait(&ended) {
            ended.fault = None;
        }
        if self.together.is_some() && kernel(needs_one_worker) {
            return Err(Limits { alone: true, ..kernel(|kernel| kernel.limits) });
        }
        // What is not explored is told in the place of anything else; so is an execution of a weak memory model that does
        // not end, because the waiting of its loops was not seen.
        let endless = self.limits.memory == Memory::C11
            && ended.fault.as_ref().is_some_and(|fault| fault.kind == FailureKind::StepLimit);
        let unexplored = endless || kernel(|kernel| kernel.limits.unexplored.is_some());
        let schedule = self.schedule_of(&ended, unexplored);
        // Executions that are tried leave other steps behind.
        let may_be_first = ended_well && !ended.given_up && self.executions() == 0;
        let first = may_be_first.then(|| kernel(|kernel| Schedule::of(kernel)));
        if self.probe(&ended)?.is_break() {
            return Ok(Break(()));
        }
        if ended.given_up {
            // What is found out about loops that wait takes its time, too.
            let limit = self.explorer.time_limit;
            let over = limit.is_some_and(|limit| self.begun.elapsed() >= limit);
            self.bound = over.then(|| duration(self.begun.elapsed())).or_else(|| self.overworked());
            return Ok(if self.bound.is_some() { Break(()) } else { Continue(()) });
        }
        if ended.repeats && self.end_fairly()?.is_break() {
            return Ok(Break(()));
        }
        if let (Some(seen), Some(observation)) = (seen.as_mut(), ended.observation.take()) {
            seen.push(observation);
        }
        let Some(executions) = self.count(&ended) else { return Ok(Break(())) };
        let first = first.filter(|_| executions == 1);
        if let Some(fault) = ended.fault.filter(self.wanted) {
            let stop =
                unexplored || self.stops_at_failures() || fault.kind == FailureKind::Nondeterminism;
            if let Some(schedule) = schedule {
                self.failure = Some(FailedAs { fault, schedule, probed: false });
            }
            if stop {
                return Ok(Break(()));
            }
        }
        let more = with(Session::plan);
        if let Some(schedule) = first.filter(|_| more)
            && let Some(fault) = repeat(&schedule, self.model)
            && (self.wanted)(&fault)
        {
            self.found.failures += 1;
            self.failure = Some(FailedAs { fault, schedule: (schedule, None), probed: true });
            return Ok(Break(()));
        }
        if more {
            let counts = (executions, 0);
            let Run { limits, begun, .. } = *self;
            self.bound = self.explorer.bound_reached(limits.memory, more, counts, begun);
            self.bound = self.bound.take().or_else(|| self.overworked());
            self.look_around(executions);
        } else {
            self.look_often()?;
        }
        Ok(if more && self.bound.is_none() { Continue(()) } else { Break(()) })
    }

    /// What it has come to, if that was more work than it may be.
    fn overworked(&self) -> Option<String> {
        let most = self.explorer.most_work?;
        (self.work >= most).then(|| count(self.found.executions, "execution"))
    }

    /// Goes on fairly with an execution that repeats itself. If it never ends so, the search begins again without such
    /// executions being stopped; if it fails, that is a failure as any other.
    fn end_fairly(&mut self) -> Result<ControlFlow<()>, Limits> {
        let (fault, schedule) = fair_end(self.model)?;
        let Some(fault) = fault else { return Ok(Continue(())) };
        if goes_on(&fault) {
            return Err(Limits { repeats: false, ..kernel(|kernel| kernel.limits) });
        }
        if self.is_first_known() || !self.stops_at_failures() || !self.is_wrong_aside(&fault) {
            return Ok(Continue(()));
        }
        self.found.failures += 1;
        self.failure = Some(FailedAs { fault, schedule: (schedule, None), probed: true });
        Ok(Break(()))
    }

    /// Is this a failure of the program, found in an execution at random?
    fn is_wrong_aside(&self, fault: &Fault) -> bool {
        let may_wait = fault.kind == FailureKind::Deadlock && self.explorer.waiting.is_some();
        !goes_on(fault) && !may_wait && (self.wanted)(fault)
    }

    /// A proof is to assume that the number of fruitless rounds of a loop decides nothing: looks whether that is so, in
    /// some executions at random.
    fn look_often(&mut self) -> Result<(), Limits> {
        let proves = matches!(self.explorer.search, Search::Traces)
            && self.limits.memory == Memory::Sequential
            && self.together.is_none();
        if !proves || self.is_first_known() || kernel(|kernel| kernel.assumes_polls()).is_none() {
            return Ok(());
        }
        for nth in 0..WALKS {
            let (fault, schedule) = look_often(nth, self.model)?;
            if let Some(fault) = fault.filter(|fault| self.is_wrong_aside(fault)) {
                self.found.failures += 1;
                self.failure = Some(FailedAs { fault, schedule: (schedule, None), probed: true });
                break;
            }
        }
        Ok(())
    }

    /// Is the failure known that is told?
    pub(super) fn is_first_known(&self) -> bool {
        self.knows_failure || self.failure.is_some()
    }

    fn stops_at_failures(&self) -> bool {
        !self.limits.keep_going || self.stops_at_first
    }

    /// The schedule of an execution that fails, if it may be the one to be told.
    fn schedule_of(&self, ended: &Ended, unexplored: bool) -> Option<(Schedule, Option<Schedule>)> {
        let first = !self.is_first_known();
        let wanted = (first || unexplored) && ended.fault.is_some();
        wanted.then(|| {
            let told = with(|session| session.in_telling_order());
            let memory = self.limits.memory;
            (kernel(|kernel| Schedule::of(kernel)), told.map(|steps| Schedule { memory, steps }))
        })
    }

    /// Tries executions like the one that has just ended in which an object may end too early, unless a failure is
    /// known.
    fn probe(&mut self, ended: &Ended) -> Result<ControlFlow<()>, Limits> {
        let over = ended.fault.is_some() && !self.limits.keep_going;
        if self.is_first_known() || over {
            return Ok(Continue(()));
        }
        let probed = probe(self.model)?.filter(|(fault, _)| (self.wanted)(fault));
        let Some((fault, schedule)) = probed else { return Ok(Continue(())) };
        // Where there are several workers, one that searches alone counts it.
        self.found.failures += u64::from(self.together.is_none());
        self.failure = Some(FailedAs { fault, schedule: (schedule, None), probed: true });
        Ok(if self.stops_at_failures() { Break(()) } else { Continue(()) })
    }

    /// How many executions have been run by now, of all workers.
    pub(super) fn executions(&self) -> u64 {
        self.together.map_or(self.found.executions, Together::executions)
    }

    /// Counts an execution; returns how many there are by now, of all workers. None: they have run as many as they may.
    fn count(&mut self, ended: &Ended) -> Option<u64> {
        let counts = !ended.stutters && !ended.cut;
        let executions = match self.together {
            Some(together) => {
                let counted = together.count(counts);
                if counted.is_none() {
                    self.bound = self.explorer.max_executions.map(|most| count(most, "execution"));
                }
                counted?
            }
            None => self.found.executions + u64::from(counts),
        };
        self.found.add(ended);
        Some(executions)
    }

    /// What was found.
    pub(super) fn end(mut self) -> Part {
        self.found.estimate = self.estimate();
        self.found.leaves_out = with(|session| session.leaves_out());
        let Run { limits, found, failure, bound, .. } = self;
        let limits = Limits { unexplored: kernel(|kernel| kernel.limits.unexplored), ..limits };
        let counted = kernel(|kernel| kernel.rounds_are_counted());
        let bound = bound.or_else(|| counted.then(|| COUNTED.to_owned()));
        let assumptions = kernel(assumptions);
        let probed = failure.as_ref().is_some_and(|failure| failure.probed);
        let failing = failure.map(|FailedAs { fault, schedule: (schedule, told), .. }| Failing {
            fault,
            schedule,
            told,
            limits,
        });
        Part { found, failing, probed, is_first: true, bound, assumptions }
    }
}

impl Part {
    /// What a search comes to of which this is all.
    pub(super) fn sum_up(
        self,
        explorer: &Explorer,
        limits: Limits,
        begun: Instant,
    ) -> (Exploration, Option<Failing>) {
        let Part { mut found, failing, bound, assumptions, .. } = self;
        let counts = (found.executions, found.redundant);
        let bound = bound.or_else(|| explorer.bound_reached(limits.memory, false, counts, begun));
        found.outcome = bound.map_or(Outcome::Proved, Outcome::Bounded);
        let is_limited = failing.is_none() && matches!(found.outcome, Outcome::Bounded(_));
        found.estimate = found.estimate.filter(|_| is_limited);
        found.assumptions = assumptions.into_iter().flatten().collect();
        if limits.memory == Memory::C11 {
            let of_memory = (!limits.interleavings).then_some(Assumption::NoLoadBuffering);
            found.assumptions.extend(of_memory.into_iter().chain([Assumption::EndsAfterUses]));
        }
        (found, failing)
    }
}

/// Is what goes wrong that a random execution does not end, or is not the one of before?
fn goes_on(fault: &Fault) -> bool {
    let kinds = [FailureKind::StepLimit, FailureKind::Livelock, FailureKind::Nondeterminism];
    kinds.contains(&fault.kind)
}

/// What the executions so far assume, by what tells it.
pub(super) fn assumptions(kernel: &mut Kernel) -> [Vec<Assumption>; 6] {
    [
        kernel.assumes_of_memory().into_iter().collect(),
        kernel.assumes_polls().into_iter().collect(),
        kernel.assumes_short_exchanges().into_iter().collect(),
        kernel.assumes_reasons().into_iter().collect::<Vec<_>>(),
        kernel.assumes_of_time().collect(),
        kernel.assumes_that_readers_pass().into_iter().chain(kernel.assumes_of_alike()).collect(),
    ]
}

/// Does the program do something that one worker alone explores? How many rounds it takes to find out that a loop waits is
/// one worker's knowledge.
pub(super) fn needs_one_worker(kernel: &mut Kernel) -> bool {
    kernel.assumes_polls().is_some() || kernel.may_stop_threads()
}
