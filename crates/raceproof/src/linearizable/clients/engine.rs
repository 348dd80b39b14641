//! Exploring clients, one after the other, the smallest first.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::Property;
use super::client::Client;
use super::history::{History, MOST, Precedence};
use super::order::{Unexplained, explain};
use super::program::{Program, Record, Running};
use super::progress::Line;
use super::reference::Reference;
use crate::explorer::{Exploration, Explorer, Outcome};
use crate::kernel::{Assumption, FailureKind};
use crate::telling::failure::Failure;
use crate::telling::schedule::Schedule;

/// What is looked for, and how.
pub(super) struct Engine<O, S> {
    pub(super) program: Arc<Program<O, S>>,
    pub(super) property: Property,
    pub(super) explorer: Explorer,
}

/// What the executions of one client come to.
#[derive(Default)]
pub(super) struct Explored {
    pub(super) executions: u64,
    pub(super) histories: u64,
    pub(super) assumptions: Vec<Assumption>,
    /// Why they are not all.
    pub(super) bounded: Option<String>,
    pub(super) failing: Option<Failing>,
}

impl Explored {
    /// Adds a search. Returns what fails in it.
    pub(super) fn add(&mut self, found: Exploration) -> Option<Failure> {
        self.executions += found.executions;
        for assumption in found.assumptions {
            if !self.assumptions.contains(&assumption) {
                self.assumptions.push(assumption);
            }
        }
        match found.outcome {
            Outcome::Proved => None,
            Outcome::Bounded(bound) => {
                self.bounded = Some(bound);
                None
            }
            Outcome::Failed(failure) => Some(failure),
        }
    }
}

/// An execution of a client that fails.
pub(super) struct Failing {
    pub(super) client: Arc<Client>,
    pub(super) record: Record,
    pub(super) failure: Failure,
    /// If no order explains its answers: how far one comes.
    pub(super) unexplained: Option<Unexplained>,
    /// Whether one would if it did not count what had returned before what.
    pub(super) is_about_time: bool,
}

impl Failing {
    pub(super) fn of(
        client: Arc<Client>,
        record: Record,
        failure: Failure,
        unexplained: Option<Unexplained>,
    ) -> Self {
        Failing { client, record, failure, unexplained, is_about_time: false }
    }
}

/// What one worker remembers.
pub(super) type Memory<O, S> = Reference<O, S>;

impl<O: Send + Sync + 'static, S: 'static> Engine<O, S> {
    pub(super) fn memory(&self) -> Memory<O, S> {
        Reference::of(&self.program)
    }

    pub(super) fn precedence(&self) -> Option<Precedence> {
        match self.property {
            Property::Linearizable => Some(Precedence::RealTime),
            Property::SequentiallyConsistent => Some(Precedence::Program),
            Property::QuiescentlyConsistent => Some(Precedence::Quiescence),
            Property::Runs | Property::ObstructionFree | Property::LockFree => None,
        }
    }

    fn running(&self, client: &Arc<Client>) -> Running<O, S> {
        let clocked = !matches!(self.precedence(), None | Some(Precedence::Program));
        Running {
            program: Arc::clone(&self.program),
            client: Arc::clone(client),
            clocked,
            record: Arc::new(Mutex::new(Record::default())),
        }
    }

    /// May the calls that wait for ever in this execution do so, as far as is known without the reference?
    fn may_wait(&self, client: &Client, record: &Record) -> bool {
        let lanes: Vec<_> = client.lanes().collect();
        let lanes = record.history.0.iter().zip(lanes);
        let mut waiting = lanes
            .flat_map(|(entries, calls)| entries.iter().zip(calls))
            .filter(|(entry, _)| entry.reply.is_none())
            .peekable();
        waiting.peek().is_some()
            && waiting.all(|(_, call)| self.program.operations[call.operation].rules().waits)
    }

    /// Are there fresh values enough?
    fn look_for_values(&self, client: &Client) -> Result<(), String> {
        for call in client.lanes().flatten() {
            let called = &self.program.operations[call.operation];
            for (parameter, at) in called.parameters().iter().zip(&call.which) {
                if *at >= parameter.texts.len() {
                    return Err(format!(
                        "a client calls for more than {} fresh values of `{}`: give it more, as in `fresh(1..)`",
                        parameter.texts.len(),
                        called.name()
                    ));
                }
            }
        }
        Ok(())
    }

    /// Explores a client: first collects every history, then looks for an order for each of them, and, if there is
    /// one without, for an execution that has such a history.
    pub(super) fn explore(
        &self,
        client: Client,
        memory: &mut Memory<O, S>,
    ) -> Result<Explored, String> {
        if client.size() > MOST {
            return Err(format!("a client has at most {MOST} operations, not {}", client.size()));
        }
        let client = client.with_fresh_values();
        self.look_for_values(&client)?;
        if self.property.is_progress() {
            return self.explore_stopping(client);
        }
        let client = Arc::new(client);
        let histories = Arc::new(Mutex::new(HashSet::new()));
        let collect = {
            let histories = Arc::clone(&histories);
            move |record: &Record| {
                let mut histories = histories.lock().unwrap_or_else(PoisonError::into_inner);
                if !histories.contains(&record.history) {
                    histories.insert(record.history.clone());
                }
                true
            }
        };
        let mut explored = self.search(&client, Arc::new(collect));
        if explored.failing.is_some() {
            return Ok(explored);
        }
        let histories =
            std::mem::take(&mut *histories.lock().unwrap_or_else(PoisonError::into_inner));
        explored.histories = histories.len() as u64;
        let Some(precedence) = self.precedence() else { return Ok(explored) };
        let mut bad = HashSet::new();
        for history in histories {
            if explain(&client, &history, precedence, memory)?.is_some() {
                bad.insert(history);
            }
        }
        if !bad.is_empty() {
            explored.failing = Some(self.find(&client, bad, precedence, memory)?);
        }
        Ok(explored)
    }

    /// An execution with one of these histories, which was seen.
    fn find(
        &self,
        client: &Arc<Client>,
        bad: HashSet<History>,
        precedence: Precedence,
        memory: &mut Memory<O, S>,
    ) -> Result<Failing, String> {
        let good = move |record: &Record| !bad.contains(&record.history);
        let found = self.search(client, Arc::new(good));
        let Some(mut failing) = found.failing else {
            return Err("the object is not deterministic: an execution whose answers no order explains does \
                        not come again"
                .to_owned());
        };
        let history = &failing.record.history;
        failing.unexplained = explain(client, history, precedence, &mut self.memory())?;
        if failing.unexplained.is_none() {
            return Err("the spec is not deterministic: asked again about the same answers, it explains them".to_owned());
        }
        failing.is_about_time = explain(client, history, Precedence::Program, memory)?.is_none();
        Ok(failing)
    }

    /// Explores a client until an execution fails, or has a record that `judge` does not accept.
    fn search(
        &self,
        client: &Arc<Client>,
        judge: Arc<dyn Fn(&Record) -> bool + Send + Sync>,
    ) -> Explored {
        let running = self.running(client);
        let waiting = {
            let (running, judge) = (running.clone(), Arc::clone(&judge));
            let (program, client) = (Arc::clone(&self.program), Arc::clone(client));
            let engine = Engine { program, property: self.property, explorer: Explorer::new() };
            move || {
                let record = running.record().clone();
                engine.may_wait(&client, &record) && judge(&record)
            }
        };
        let explorer = self.explorer.clone().minimise().accept_waiting(waiting);
        let model = || running.run(&*judge);
        let mut explored = Explored::default();
        if let Some(failure) = explored.add(explorer.check(model)) {
            explorer.run_again(&failure.schedule, model);
            let record = running.record().clone();
            let client = Arc::clone(client);
            explored.failing = Some(Failing::of(client, record, failure, None));
        }
        explored
    }

    /// Runs one execution of a client again, if it fits: what fails in it.
    pub(super) fn again(
        &self,
        client: Client,
        schedule: &Schedule,
        memory: &mut Memory<O, S>,
    ) -> Result<Option<Failing>, String> {
        if self.property.is_progress() {
            return Ok(self.again_stopping(client, schedule));
        }
        let client = Arc::new(client.with_fresh_values());
        let running = self.running(&client);
        let found = self.explorer.run_again(schedule, || running.run(&|_| true));
        let record = running.record().clone();
        let unexplained = |memory: &mut Memory<O, S>| match self.precedence() {
            Some(precedence) => explain(&client, &record.history, precedence, memory),
            None => Ok(None),
        };
        match found.outcome {
            Outcome::Failed(failure) if failure.kind == FailureKind::Nondeterminism => Ok(None),
            Outcome::Failed(failure) => {
                let waits = matches!(failure.kind, FailureKind::Deadlock | FailureKind::Livelock);
                let unexplained = if waits && self.may_wait(&client, &record) {
                    unexplained(memory)?
                } else {
                    None
                };
                if waits && self.may_wait(&client, &record) && unexplained.is_none() {
                    return Ok(None);
                }
                Ok(Some(Failing::of(client, record, failure, unexplained)))
            }
            _ => {
                let Some(unexplained) = unexplained(memory)? else { return Ok(None) };
                let again = self.explorer.run_again(schedule, || running.run(&|_| false));
                let Outcome::Failed(failure) = again.outcome else { return Ok(None) };
                Ok(Some(Failing::of(client, record, failure, Some(unexplained))))
            }
        }
    }
}

/// What many clients come to.
#[derive(Default)]
pub(super) struct Total {
    pub(super) clients: u64,
    pub(super) executions: u64,
    pub(super) histories: u64,
    pub(super) assumptions: Vec<Assumption>,
    pub(super) bounded: Option<String>,
    /// The first that fails, by its place.
    pub(super) failing: Option<(usize, Failing)>,
    /// Whether there was no time for all.
    pub(super) ended: bool,
}

impl Total {
    pub(super) fn add(&mut self, at: usize, explored: Explored) {
        self.clients += 1;
        self.executions += explored.executions;
        self.histories += explored.histories;
        for assumption in explored.assumptions {
            if !self.assumptions.contains(&assumption) {
                self.assumptions.push(assumption);
            }
        }
        self.bounded = self.bounded.take().or(explored.bounded);
        if let Some(failing) = explored.failing
            && self.failing.as_ref().is_none_or(|(first, _)| at < *first)
        {
            self.failing = Some((at, failing));
        }
    }
}

impl<O: Send + Sync + 'static, S: 'static> Engine<O, S> {
    /// Explores these clients, on as many threads as there are memories, until one fails or time is over. Of those
    /// that fail the first is told.
    pub(super) fn explore_all(
        &self,
        clients: Vec<Client>,
        memories: &mut [Memory<O, S>],
        until: Option<Instant>,
        line: &Line,
    ) -> Result<Total, String> {
        let next = AtomicUsize::new(0);
        // No client from this one on need be explored.
        let end = AtomicUsize::new(clients.len());
        let total = Mutex::new(Ok(Total::default()));
        let work = |memory: &mut Memory<O, S>| {
            loop {
                let at = next.fetch_add(1, SeqCst);
                if at >= end.load(SeqCst) {
                    return;
                }
                if until.is_some_and(|until| Instant::now() >= until) {
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Ok(total) = &mut *total {
                        total.ended = true;
                    }
                    return;
                }
                let explored = self.explore(clients[at].clone(), memory);
                let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                match (explored, &mut *total) {
                    (Ok(explored), Ok(total)) => {
                        line.show(explored.executions);
                        if explored.failing.is_some() {
                            end.fetch_min(at, SeqCst);
                        }
                        total.add(at, explored);
                    }
                    (Err(error), total) => {
                        *total = Err(error);
                        end.store(0, SeqCst);
                    }
                    (_, Err(_)) => {}
                }
            }
        };
        match memories {
            [memory] => work(memory),
            memories => std::thread::scope(|scope| {
                memories.iter_mut().for_each(|memory| _ = scope.spawn(|| work(memory)));
            }),
        }
        total.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Total {
    /// Adds what the clients from this number on come to.
    pub(super) fn join(&mut self, first: usize, mut other: Total) {
        self.ended |= other.ended;
        let failing = other.failing.take();
        let found = Explored {
            executions: other.executions,
            histories: other.histories,
            assumptions: other.assumptions,
            bounded: other.bounded,
            failing: None,
        };
        self.add(0, found);
        self.clients = self.clients + other.clients - 1;
        self.failing = self.failing.take().or(failing.map(|(at, failing)| (first + at, failing)));
    }
}
