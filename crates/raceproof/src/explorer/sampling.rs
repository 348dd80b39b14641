//! What is done where a proof is out of reach: schedules at random, and as much as a time allows.

use std::fmt::Display;
use std::time::{Duration, Instant};

use super::run::Failing;
use super::{Exploration, Explorer, Model, Outcome, Search};
use crate::exploration::Sampling;
use crate::kernel::{Assumption, Limits, Memory};
use crate::telling::oracle::Observation;
use crate::telling::text::count;

/// The part of a budget in which a proof is looked for.
const PROOF: f64 = 0.5;

/// The part of the rest in which every schedule with few preemptions is run.
const FEW: f64 = 0.5;

/// How schedules are drawn in the rest, each for as long.
const DRAWN: [Sampling; 3] = [Sampling::Urw, Sampling::Pct { depth: 3 }, Sampling::Pos];

impl Explorer {
    /// Runs so many schedules that are drawn at random, in the place of every inequivalent one: under sequential
    /// consistency, or with [`Sampling::Graphs`] under Rust's memory model. [`model`](Explorer::model) passes if none of
    /// them fails, and says what was done: `passed: 1,000,000 random schedules (PCT, depth 3, seed 42)`. No number of
    /// them is a proof.
    ///
    /// The same [seed](Explorer::seed) draws the same schedules. [`time_limit`](Explorer::time_limit) ends it earlier.
    /// One worker does it all.
    ///
    /// ```
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, Sampling, sync::Arc, thread};
    ///
    /// let sampled = Explorer::new().sample(Sampling::Pct { depth: 2 }, 1_000).seed(42);
    /// sampled.expect_failure("lost update", || {
    ///     let count = Arc::new(AtomicU32::named("count", 0));
    ///     let theirs = Arc::clone(&count);
    ///     let other = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
    ///     count.store(count.load(SeqCst) + 1, SeqCst);
    ///     other.join().unwrap();
    ///     assert_eq!(count.load(SeqCst), 2, "lost update");
    /// });
    /// ```
    pub fn sample(mut self, how: Sampling, executions: u64) -> Self {
        self.search = Search::Sampled(how, executions);
        self.settings.allow_bounded = true;
        self
    }

    /// Draws schedules at random, as many as this explorer's limits allow, or 10,000 if it has none.
    pub(crate) fn sample_as_limited(self, how: Sampling) -> Self {
        let few = if self.time_limit.is_some() { u64::MAX } else { 10_000 };
        let most = self.max_executions.unwrap_or(few);
        self.sample(how, most)
    }

    /// What random schedules are drawn from; 0 unless told otherwise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Does in so much time what can be done, however large the program is. First it looks for a proof, for half of the
    /// time. Then it runs every schedule with no preemption, with at most one, and so on, for a quarter; and
    /// [random](Explorer::sample) ones for the rest, also of Rust's memory model if it makes a difference.
    /// [`model`](Explorer::model) passes if nothing fails, and says what of this was done, and that it is no proof
    /// where it is none. Under [`Memory::C11`] alone it looks for a proof all the time. A limit of
    /// [executions](Explorer::max_executions) is that of each of these searches.
    ///
    /// ```
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, Outcome, sync::Arc, thread};
    /// use std::time::Duration;
    ///
    /// let found = Explorer::new().within(Duration::from_millis(300)).check(|| {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 6].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || (0..4).for_each(|_| drop(count.fetch_add(1, SeqCst))))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    ///     assert_eq!(count.load(SeqCst), 24);
    /// });
    /// let Outcome::Bounded(done) = found.outcome else { panic!("a proof is out of reach") };
    /// assert!(done.ends_with("random schedules (URW; PCT, depth 3; POS, seed 0)"), "{done}");
    /// ```
    pub fn within(mut self, budget: Duration) -> Self {
        self.budget = Some(budget);
        self.settings.allow_bounded = true;
        self
    }

    /// What a sample comes to that finds nothing.
    pub(super) fn sampled(&self, how: impl Display, executions: u64) -> String {
        format!("{} ({how}, seed {})", count(executions, "random schedule"), self.seed)
    }

    /// As [`sampled`](Explorer::sampled), of graphs.
    pub(super) fn drew_graphs(&self, executions: u64) -> String {
        let drawn = count(executions, "random execution");
        format!("{drawn} of Rust's memory model (seed {})", self.seed)
    }

    /// Draws executions of Rust's memory model, for an explorer that is told to. If the program does something that is not
    /// explored under it, there are none, which is the bound.
    pub(super) fn draw_graphs(
        &self,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
    ) -> (Exploration, Option<Failing>) {
        let limits = Limits { memory: Memory::C11, ..self.limits };
        self.search_if_explored(limits, model, seen, begun, &|_| true).unwrap_or_else(|what| {
            let none = format!("{}, which does not explore {what}", self.drew_graphs(0));
            (Exploration { outcome: Outcome::Bounded(none), ..Exploration::nothing() }, None)
        })
    }

    /// How long this explorer does what can be done, if it looks for a proof first.
    pub(super) fn budget(&self) -> Option<Duration> {
        let proves = matches!(self.search, Search::Traces);
        self.budget.filter(|_| proves && self.limits.memory == Memory::Sequential)
    }

    /// This explorer, for so long.
    pub(super) fn lasting(&self, time: Duration) -> Self {
        let limit = self.time_limit.map_or(time, |limit| limit.min(time));
        Explorer { budget: None, ..self.clone() }.time_limit(limit)
    }

    /// This explorer, for the part of its budget in which it looks for a proof.
    pub(super) fn looking_for_a_proof(&self, budget: Duration) -> Self {
        self.lasting(budget.mul_f64(PROOF))
    }

    /// Searches with no preemption, with at most one, and so on.
    pub(super) fn search_bounds(
        &self,
        model: Model<'_>,
        seen: &mut Option<Vec<Observation>>,
        begun: Instant,
    ) -> (Exploration, Option<Failing>) {
        // The limits are those of all searches together.
        let going_on = |run: u64, search| {
            let left = |most: u64| most.saturating_sub(run).max(1);
            Explorer { max_executions: self.max_executions.map(left), search, ..self.clone() }
        };
        let mut run = 0;
        let mut complete = None;
        for preemptions in 0_u64.. {
            let few = going_on(run, Search::Bounded(preemptions as usize));
            let (mut found, failing) = few.search(model, seen, begun, &|_| true);
            run += found.executions;
            let is_limited = few.is_at_limit(found.executions, begun) || found.executions == 0;
            if failing.is_none() && !is_limited && !found.leaves_out {
                return going_on(run, Search::Traces).search_in_parts(model, seen, begun);
            }
            if failing.is_some() || is_limited {
                if let (Outcome::Bounded(bound), Some(most)) = (&mut found.outcome, complete) {
                    let most = count(most, "preemption");
                    *bound = format!(
                        "{}, every schedule with at most {most} among them",
                        count(run, "execution")
                    );
                }
                found.executions = run;
                return (found, failing);
            }
            complete = Some(preemptions);
        }
        unreachable!("some number of preemptions is enough")
    }

    /// What is found in the rest of the budget, of a program for which there was no proof and no failure in the first
    /// part of it.
    pub(super) fn search_on(
        &self,
        model: Model<'_>,
        (budget, begun): (Duration, Instant),
        mut found: Exploration,
    ) -> (Exploration, Option<Failing>) {
        if !self.looking_for_a_proof(budget).is_at_limit(found.executions, begun) {
            // It ended for another reason, which more executions do not mend.
            return (found, None);
        }
        let left = || budget.saturating_sub(begun.elapsed());
        let until = left().mul_f64(FEW);
        let of_few = Instant::now();
        let mut complete = None;
        for preemptions in 0_u64.. {
            let left = until.saturating_sub(of_few.elapsed());
            let few = self.lasting(left).preemption_bound(preemptions as usize);
            let begun = Instant::now();
            let (mut part, failing) = few.search(model, &mut None, begun, &|_| true);
            let is_complete = part.executions > 0 && !few.is_at_limit(part.executions, begun);
            // Known beginnings say nothing of whether the program does the same again.
            part.redundant = 0;
            found.add_part(part);
            if failing.is_some() {
                return (found, failing);
            }
            if !is_complete {
                break;
            }
            complete = Some(preemptions);
        }
        let few = |most| format!("every schedule with at most {}", count(most, "preemption"));
        let mut done: Vec<_> = complete.map(few).into_iter().collect();
        let mut sampled = 0;
        let of_memory = Assumption::SequentialMemory { unexplored: None };
        let draws_graphs = self.rust_memory && found.assumptions.contains(&of_memory);
        let parts = DRAWN.len() + usize::from(draws_graphs);
        for (nth, how) in DRAWN.into_iter().enumerate() {
            let share = left() / (parts - nth) as u32;
            let drawn = self.lasting(share).sample(how, u64::MAX);
            let (part, failing) = drawn.search(model, &mut None, Instant::now(), &|_| true);
            sampled += part.executions;
            found.add_part(part);
            if failing.is_some() {
                return (found, failing);
            }
        }
        let drawn = DRAWN.map(|how| how.to_string()).join("; ");
        done.push(self.sampled(drawn, sampled));
        if draws_graphs {
            let drawn = self.lasting(left()).sample(Sampling::Graphs, u64::MAX);
            let (part, failing) = drawn.draw_graphs(model, &mut None, Instant::now());
            // What was done before assumes as much of memory as it did.
            match &part.outcome {
                Outcome::Bounded(why) if part.executions == 0 => done.push(why.clone()),
                _ => done.push(self.drew_graphs(part.executions)),
            }
            found.add_part(part);
            if failing.is_some() {
                return (found, failing);
            }
        }
        found.outcome = Outcome::Bounded(done.join("; "));
        (found, None)
    }
}
