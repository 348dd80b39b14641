//! Obstruction freedom and lock freedom: whether the operations of some threads end if all others stop for ever.
//!
//! Of a client, which has finitely many operations, each execution is finite if its object is lock free: as long as some thread
//! takes steps, an operation returns sooner or later, until none is left. So those that take steps without end, while the
//! others have stopped somewhere, refute lock freedom; and so does a thread that waits for one that has stopped.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

use super::Property;
use super::client::Client;
use super::counted;
use super::endless::{Prolonged, brief, prolonged};
use super::engine::{Engine, Explored, Failing};
use super::history::{Entry, History};
use super::program::{Record, Running};
use crate::execution;
use crate::explorer::{Explorer, Outcome};
use crate::kernel::FailureKind;
use crate::telling::failure::Failure;
use crate::telling::schedule::Schedule;
use crate::telling::trace::Operation;
use crate::thread::{self, Builder};

/// How long executions may be at first. A search that meets one that never ends meets it soon then, and shows a short one.
const SHORT: usize = 120;

/// How many times as long they may be in the next search.
const LONGER: usize = 4;

/// Preemptions, where any number of them would make executions that never end, and yet refute nothing.
const FEW: usize = 2;

impl<O: Send + Sync + 'static, S: 'static> Engine<O, S> {
    /// Has some threads of a client go on, while the others stop at any of their steps: in turn each alone or, for lock
    /// freedom, every set of them.
    pub(super) fn explore_stopping(&self, client: Client) -> Result<Explored, String> {
        let client = Arc::new(client);
        let mut explored = Explored::default();
        for going in self.going(&client) {
            let running = self.stopping(&client);
            if let Some(failure) = self.search_stopping(&running, &going, &mut explored) {
                let record = running.record().clone();
                explored.failing = Some(Failing::of(client, record, failure, None));
                return Ok(explored);
            }
        }
        Ok(explored)
    }

    fn stopping(&self, client: &Arc<Client>) -> Running<O, S> {
        Running {
            program: Arc::clone(&self.program),
            client: Arc::clone(client),
            clocked: false,
            record: Arc::new(Mutex::new(Record::default())),
        }
    }

    /// The threads that go on, in each of the searches.
    fn going(&self, client: &Client) -> Vec<Vec<usize>> {
        let threads = client.threads.len();
        if self.property == Property::ObstructionFree {
            return (0..threads).map(|thread| vec![thread]).collect();
        }
        let set = |mask: usize| (0..threads).filter(|at| mask >> at & 1 == 1).collect::<Vec<_>>();
        let mut sets: Vec<_> = (1..1 << threads).map(set).collect();
        // At first all of them, so that what they do to each other is shown without threads that stop.
        sets.sort_by_key(|set| (set.len() < threads, set.len()));
        sets
    }

    /// An execution in which these threads do not end. Its record is that of `running` then.
    fn search_stopping(
        &self,
        running: &Running<O, S>,
        going: &[usize],
        explored: &mut Explored,
    ) -> Option<Failure> {
        let model = || running.run_stopping(going, self.property);
        // Unfair executions count: one that repeats itself is not stopped because a fair one would end.
        let mut explorer = self.explorer.clone().with_unfair_repeats();
        let most = explorer.most_steps();
        let mut steps = SHORT.min(most);
        loop {
            let found = explorer.clone().max_steps(steps).check(model);
            let Outcome::Failed(failure) = &found.outcome else { return explored.add(found) };
            if failure.kind != FailureKind::StepLimit {
                // The same with few preemptions.
                let fewest = explorer.clone().minimise().max_steps(steps).check(model);
                let failure = explored.add(fewest)?;
                explorer.run_again(&failure.schedule, model);
                return Some(self.told(failure));
            }
            match running.endless(&explorer, &failure.schedule, model) {
                Some(endless) if self.is_refuted_by(&endless) => {
                    explored.add(found);
                    return Some(self.brief(&explorer, &endless, model));
                }
                // Threads that undo each other's steps, none of which goes on alone.
                Some(_) if !explorer.bounds_preemptions() => {
                    explorer = explorer.preemption_bound(FEW);
                    steps = SHORT.min(most);
                }
                _ if steps == most => return explored.add(found),
                _ => steps = (steps * LONGER).min(most),
            }
        }
    }

    /// Does an execution without end in which no operation returns refute the property?
    fn is_refuted_by(&self, endless: &Prolonged) -> bool {
        self.property == Property::LockFree || endless.by_one
    }

    /// An execution without end, as a person is to see it. It is run again, so the record is that of its beginning.
    fn brief(&self, explorer: &Explorer, endless: &Prolonged, model: impl Fn()) -> Failure {
        let steps = endless.begin.steps.len();
        let again = explorer.clone().max_steps(steps).run_again(&endless.begin, model);
        let Outcome::Failed(failure) = again.outcome else {
            unreachable!("it was longer when it was tried")
        };
        brief(failure, explorer.most_steps(), self.property.name())
    }

    /// What fails, without the line of the checker that says so.
    fn told(&self, mut failure: Failure) -> Failure {
        let is_own = failure.message.starts_with(&format!("not {}", self.property.name()));
        failure.location = failure.location.filter(|_| !is_own);
        let steps = &mut failure.trace.steps;
        steps.pop_if(|last| is_own && last.operation == Operation::Panic);
        failure
    }

    /// Runs one execution again in which threads stop: what fails in it.
    pub(super) fn again_stopping(&self, client: Client, schedule: &Schedule) -> Option<Failing> {
        let client = Arc::new(client.with_fresh_values());
        let explorer = self.explorer.clone().with_unfair_repeats();
        for going in self.going(&client) {
            let running = self.stopping(&client);
            let model = || running.run_stopping(&going, self.property);
            let endless = running.endless(&explorer, schedule, model);
            if let Some(endless) = endless.filter(|endless| self.is_refuted_by(endless)) {
                let failure = self.brief(&explorer, &endless, model);
                let record = running.record().clone();
                return Some(Failing::of(client, record, failure, None));
            }
            match explorer.run_again(schedule, model).outcome {
                Outcome::Failed(failure) if failure.kind != FailureKind::Nondeterminism => {
                    let record = running.record().clone();
                    return Some(Failing::of(client, record, self.told(failure), None));
                }
                _ => {}
            }
        }
        None
    }
}

impl<O: Send + Sync + 'static, S: 'static> Running<O, S> {
    /// How many operations have returned.
    fn returned(&self) -> usize {
        let entries = |lane: &Vec<Entry>| lane.iter().filter(|it| it.reply.is_some()).count();
        self.record().history.0.iter().map(entries).sum()
    }

    /// An execution that begins with this schedule, or most of it, and goes on as that ends for as long as one may be, while
    /// no operation returns. That is tried.
    fn endless(
        &self,
        explorer: &Explorer,
        schedule: &Schedule,
        model: impl Fn(),
    ) -> Option<Prolonged> {
        let found = prolonged(schedule, explorer.most_steps())?;
        let steps = found.begin.steps.len();
        explorer.clone().max_steps(steps).run_again(&found.begin, &model);
        let returned = self.returned();
        let Outcome::Failed(failure) = explorer.run_again(&found.whole, &model).outcome else {
            return None;
        };
        let goes_on = matches!(failure.kind, FailureKind::StepLimit | FailureKind::Livelock);
        (goes_on && self.returned() == returned).then_some(found)
    }

    /// One execution in which these threads go on, and the others stop.
    fn run_stopping(&self, going: &[usize], property: Property) {
        let threads = self.client.threads.len();
        *self.record() =
            Record { history: History(vec![Vec::new(); threads + 2]), ..Record::default() };
        // What stops drops nothing.
        let _ = counted::end();
        let object = Arc::new((self.program.make)());
        self.call_all(&object, 0, None);
        let start = |me: usize| {
            let (this, object) = (self.clone(), Arc::clone(&object));
            let builder = Builder::new().named(format!("thread {}", me + 1));
            let builder = if going.contains(&me) { builder } else { builder.process() };
            builder.spawn(move || this.call_all(&object, me + 1, None)).expect("a thread")
        };
        let started: Vec<_> = (0..threads).map(start).collect();
        let mut go_on = Vec::new();
        for (me, thread) in started.into_iter().enumerate() {
            if going.contains(&me) {
                go_on.push(thread);
            } else {
                thread::kill(thread.thread());
            }
        }
        for thread in go_on {
            thread.join().unwrap_or_else(|payload| resume_unwind(payload));
        }
        if let Some(lock) = self.shared_lock() {
            panic!(
                "not {}: two threads take {lock}, which one of them may hold when it stops",
                property.name()
            );
        }
    }
}

impl<O, S> Running<O, S> {
    /// A lock that two of the threads have waited for or taken in this execution, by its name.
    fn shared_lock(&self) -> Option<String> {
        execution::kernel(|kernel| {
            let mut taken = BTreeSet::new();
            for event in kernel.events.all().iter().filter(|event| event.thread != 0) {
                if let Some(lock) = event.op.acquires() {
                    taken.insert((lock, event.thread));
                }
            }
            let locks: Vec<_> = taken.into_iter().map(|(lock, _)| lock).collect();
            let shared = locks.windows(2).find(|pair| pair[0] == pair[1])?;
            Some(kernel.object_name(shared[0]))
        })
    }
}
