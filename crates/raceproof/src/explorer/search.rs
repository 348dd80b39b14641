//! The search: execution after execution, until there is none, something fails, or a limit is reached.

use std::time::{Duration, Instant};

use super::run::{Failing, work};
use super::{Equivalence, Exploration, Explorer, Model, Outcome, Search};
use crate::execution::{Session, Strategy, execute, misuse, with};
use crate::exploration::{Axioms, Graphs, Sampled, Sampling, Schedules, Traces, along};
use crate::kernel::{Assumption, FailureKind, Fault, Limits, Memory};
use crate::telling::failure::Failure;
use crate::telling::oracle::Observation;
use crate::telling::schedule::Schedule;
use crate::telling::trace::Trace;
use crate::telling::values::Wanted;

/// How long a failure with fewer preemptions is looked for.
const PATIENT: Duration = Duration::from_secs(10);

/// Executions in which a failure is looked for with one number of preemptions.
const TRIES: u64 = 20_000;

/// Executions under Rust's memory model that are tried of a program without limits, or 20 times as many as it
/// has under sequential consistency.
const WEAK_TRIES: u64 = 1_000_000;

/// How much [work] they may be together, which is what they are if they take fifteen steps each; of a loop that was not
/// seen to wait they take many. Or 20 times as much as those under sequential consistency.
///
/// [work]: super::run::work
const WEAK_WORK: u64 = 30_000_000;

/// As [`WEAK_TRIES`], of a search with few preemptions, or as many as that has had.
const BOUNDED_TRIES: u64 = 10_000;

impl Explorer {
    pub(super) fn strategy(&self, limits: Limits) -> Box<dyn Strategy> {
        let Limits { memory, interleavings: sequential, .. } = limits;
        match self.search {
            Search::Traces if memory == Memory::C11 => {
                let by_reads = self.equivalence == Equivalence::ReadsFrom;
                Box::new(Graphs::under(Axioms { sequential, by_reads }))
            }
            Search::Sampled(Sampling::Graphs, most) if memory == Memory::C11 => {
                Box::new(Graphs::drawn(self.seed, most))
            }
            _ if memory == Memory::C11 => misuse(
                "preemptions are bounded, and schedules drawn at random, under sequential consistency only: use \
                 Memory::Sequential, or Sampling::Graphs",
            ),
            Search::Traces => Box::new(Traces::default()),
            Search::Schedules(most) => Box::new(Schedules::every(most.map(|most| most as u32))),
            Search::Bounded(most) => Box::new(Schedules::inequivalent(most as u32)),
            Search::Sampled(Sampling::Graphs, _) => misuse(
                "Sampling::Graphs draws executions of Rust's memory model, and Memory::Sequential asks for others",
            ),
            Search::Iterated => unreachable!("its bounds are searched one after the other"),
            Search::Sampled(how, most) => Box::new(Sampled::new(how, self.seed, most)),
        }
    }

    pub(super) fn explore(
        &self,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
    ) -> Exploration {
        if let Some((_, schedule)) = &self.settings.replay {
            return self.run_again(schedule, model.run);
        }
        let begun = Instant::now();
        let (mut found, failure) = self.search_in_parts(model, seen, begun);
        if let Some(failing) = failure {
            found.outcome = Outcome::Failed(self.told(model.run, failing));
        }
        if self.weaken && matches!(found.outcome, Outcome::Proved) {
            found.weaker = Some(self.weakest(model.run));
        }
        found.elapsed = begun.elapsed();
        found
    }

    /// A failing execution, as it is told.
    pub(super) fn told(&self, model: &dyn Fn(), failing: Failing) -> Failure {
        let Limits { memory, interleavings, .. } = failing.limits;
        let is_weak = memory == Memory::C11 && !interleavings;
        let mut failure = self.explain(model, failing);
        if self.minimise && memory == Memory::Sequential {
            failure = self.fewest_preemptions(model, failure);
        }
        let hangs_on_memory = matches!(
            failure.kind,
            FailureKind::Assertion | FailureKind::DataRace | FailureKind::Deadlock
        );
        if is_weak && hangs_on_memory && !self.limits.keep_going {
            let explorer = Explorer { search: Search::Traces, ..self.by_traces() };
            failure.too_weak = explorer.memory(memory).too_weak(model);
        }
        failure
    }

    /// Explores under sequential consistency or the memory model that was asked for, and then under Rust's; of a program
    /// that is too large for its budget, what that allows.
    pub(super) fn search_in_parts(
        &self,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
    ) -> (Exploration, Option<Failing>) {
        if matches!(self.search, Search::Iterated) {
            return self.search_bounds(model, seen, begun);
        }
        if matches!(self.search, Search::Sampled(Sampling::Graphs, _)) && self.rust_memory {
            return self.draw_graphs(model, seen, begun);
        }
        let Some(budget) = self.budget() else {
            let (found, failure) = self.search(model, seen, begun, &|_| true);
            let is_whole = matches!(found.outcome, Outcome::Proved) || self.bounds_preemptions();
            if seen.is_none() && failure.is_none() && is_whole {
                return self.search_weak(model, found, begun);
            }
            return (found, failure);
        };
        let (found, failure) =
            self.looking_for_a_proof(budget).search(model, seen, begun, &|_| true);
        match &found.outcome {
            _ if failure.is_some() || seen.is_some() => (found, failure),
            Outcome::Proved => self.lasting(budget).search_weak(model, found, begun),
            _ => self.search_on(model, (budget, begun), found),
        }
    }

    /// Explores until everything is explored, something fails as wanted, or a limit is reached.
    /// Begins again when the program turns out to need other limits.
    pub(super) fn search(
        &self,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
        wanted: &dyn Fn(&Fault) -> bool,
    ) -> (Exploration, Option<Failing>) {
        if self.goes_by_graphs() {
            let found = self.search_graphs(model, seen, begun, wanted);
            return found.unwrap_or_else(|| self.by_traces().search(model, seen, begun, wanted));
        }
        let proves = matches!(self.search, Search::Traces);
        let memory = self.limits.memory;
        let mut limits = Limits { symmetry: proves, ..self.limits };
        loop {
            if let Some(seen) = seen {
                seen.clear();
            }
            match self.search_within(limits, model, seen, begun, wanted) {
                Ok((found, None)) if found.is_full && proves && memory == Memory::Sequential => {
                    // Graphs take longer, and little memory.
                    let graphs = self.search_graphs(model, seen, begun, wanted);
                    return graphs.unwrap_or((found, None));
                }
                Ok(found) => return found,
                Err(others) => limits = others,
            }
        }
    }

    pub(crate) fn bounds_preemptions(&self) -> bool {
        matches!(self.search, Search::Bounded(_))
    }

    /// Explores a program under Rust's memory model that did not fail under sequential consistency, if it can tell
    /// the difference and nobody has asked for one of them. What was found by then stands if it does something that
    /// is not explored. A search with few preemptions stays one, though this one has any number of them.
    fn search_weak(
        &self,
        model: Model<'_>,
        mut proved: Exploration,
        begun: Instant,
    ) -> (Exploration, Option<Failing>) {
        let of_memory = Assumption::SequentialMemory { unexplored: None };
        let explores = matches!(self.search, Search::Traces | Search::Bounded(_));
        if !self.rust_memory || !explores || !proved.assumptions.contains(&of_memory) {
            return (proved, None);
        }
        let begins = Limits { memory: Memory::C11, tentative: true, ..self.limits };
        let mut limits = begins;
        let is_limited = self.max_executions.is_some() || self.time_limit.is_some();
        let mut explorer = Explorer { search: Search::Traces, ..self.clone() };
        let tries = match self.search {
            Search::Bounded(_) => BOUNDED_TRIES.max(proved.executions),
            _ => WEAK_TRIES.max(proved.executions * 20),
        };
        if !is_limited {
            explorer.max_executions = Some(tries);
        }
        if self.time_limit.is_none() {
            let average = work(proved.steps / proved.executions.max(1));
            explorer.most_work = Some(WEAK_WORK.max(20 * average * proved.executions));
        }
        let unexplored = loop {
            match explorer.search_within(limits, model, &mut None, begun, &|_| true) {
                Ok((_, Some(Failing { fault, .. }))) if fault.kind == FailureKind::StepLimit => {
                    break "an execution that takes too many steps";
                }
                Ok((
                    Exploration {
                        outcome: Outcome::Bounded(_), executions, is_full: false, ..
                    },
                    None,
                )) if !self.is_at_limit(executions, begun) => {
                    break "more executions than are tried unless Memory::C11 is asked for";
                }
                Ok((Exploration { outcome: Outcome::Bounded(_), .. }, None))
                    if self.bounds_preemptions() =>
                {
                    return (proved, None);
                }
                Ok((mut found, failure)) => {
                    if let Outcome::Bounded(bound) = &mut found.outcome {
                        let proof = "proved for sequentially consistent memory; for Rust's, ";
                        bound.insert_str(0, proof);
                    }
                    proved.assumptions.retain(|assumption| *assumption != of_memory);
                    for assumption in std::mem::take(&mut proved.assumptions) {
                        if !found.assumptions.contains(&assumption) {
                            found.assumptions.push(assumption);
                        }
                    }
                    if failure.is_none() && self.bounds_preemptions() {
                        let assumptions = found.assumptions;
                        return (Exploration { assumptions, ..proved }, None);
                    }
                    return (found, failure);
                }
                Err(Limits { unexplored: Some(_), .. }) if explorer.goes_by_graphs() => {
                    explorer = explorer.by_traces();
                    limits = begins;
                }
                Err(Limits { unexplored: Some(what), .. }) => break what,
                Err(others) => limits = others,
            }
        };
        for assumption in &mut proved.assumptions {
            if *assumption == of_memory {
                *assumption = Assumption::SequentialMemory { unexplored: Some(unexplored) };
            }
        }
        (proved, None)
    }

    /// Runs a failing execution again to write down its trace.
    fn explain(&self, model: &dyn Fn(), failing: Failing) -> Failure {
        let Failing { fault, schedule, told, limits } = failing;
        // The rounds of a livelock repeat: two of them tell as much as all.
        let mut brief = Explorer { limits, ..self.clone() };
        if fault.kind == FailureKind::Livelock {
            brief.limits.patience = brief.limits.patience.min(2);
        }
        let told = told.map(|told| (brief.follow(&told, model), told));
        let told =
            told.filter(|((_, again, _), _)| again.as_ref().is_some_and(|it| it.is_like(&fault)));
        let ((_, again, trace), schedule) =
            told.unwrap_or_else(|| (brief.follow(&schedule, model), schedule));
        match again {
            // What is watched is known only to the search.
            Some(again) if again.kind == FailureKind::Livelock && fault.kind == again.kind => {
                fault.with(trace, schedule)
            }
            Some(again) if again.kind == fault.kind => again.with(trace, schedule),
            // Something else may come before what is not explored.
            _ if limits.unexplored.is_some() => fault.with(trace, schedule),
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
            let (_, found) = fewer.search(Model::alone(model), &mut None, Instant::now(), &same);
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
        let memory = match schedule.memory {
            Memory::Sequential => self.limits.memory,
            Memory::C11 => Memory::C11,
        };
        let limits = Limits { keep_going: false, arrivals, memory, ..self.limits };
        let followed = Self::follow_within(limits, schedule, model);
        let strays = |fault: &Fault| fault.kind == FailureKind::Nondeterminism;
        // The schedule may have been made with poison, with receivers that wait, or with results that are left, as steps.
        for steps in 1..8 {
            if !followed.1.as_ref().is_some_and(strays) {
                break;
            }
            let more = Limits {
                poison: limits.poison | (steps & 1 != 0),
                handovers: limits.handovers | (steps & 2 != 0),
                results: limits.results | (steps & 4 != 0),
                ..limits
            };
            let again = Self::follow_within(more, schedule, model);
            if !again.1.as_ref().is_some_and(strays) {
                return again;
            }
        }
        followed
    }

    fn follow_within(
        mut limits: Limits,
        schedule: &Schedule,
        model: &dyn Fn(),
    ) -> (Exploration, Option<Fault>, Trace) {
        loop {
            let strategy = along(limits.memory, schedule.steps.clone());
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
