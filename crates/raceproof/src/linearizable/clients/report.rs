//! What the clients of an object come to, in words.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::client::{Call, Client, Size};
use super::engine::{Failing, Total};
use super::history::{History, Precedence};
use super::operation::{Reply, Said};
use super::order::Unexplained;
use super::program::{CLOCK, Program, UNEXPLAINED};
use super::reference::in_words;
use super::{Prepared, Property, written};
use crate::explorer::Explorer;
use crate::kernel::{Assumption, FailureKind};
use crate::telling::failure::Failure;
use crate::telling::lanes::{Page, draw};
use crate::telling::text::{Style, count, duration, wrap};
use crate::telling::trace::{Operation, Step, Trace, Value};

/// What [`Clients`](super::Clients) come to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// How many clients were explored, but for those picked at random.
    pub clients: u64,
    /// How many that were picked at random.
    pub random: u64,
    /// How many executions they have.
    pub executions: u64,
    /// How many different histories, client by client: answers, and which call had returned before which.
    pub histories: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether every interleaving was explored of each client up to the sizes.
    pub is_whole: bool,
    /// What that assumes.
    pub assumptions: Vec<Assumption>,
    /// The smallest client that fails.
    pub counterexample: Option<Counterexample>,
    /// What was covered, in words.
    pub(super) coverage: String,
    /// Whether it was the explorer's limits that ended the search of a client.
    pub(super) is_bounded: bool,
}

/// A client that fails: of those the one with the fewest operations, and then the fewest threads.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// What each thread calls, and what came of it, in words: the main thread before the others, the others, and the
    /// main thread after them.
    pub threads: Vec<Vec<String>>,
    /// How many operations it has.
    pub operations: usize,
    /// Why it fails.
    pub reason: String,
    /// The failing execution. It has the fewest preemptions, as far as that was found out.
    pub failure: Failure,
    /// The client as a test that can be pasted.
    pub test: String,
    /// Its number, by which it can be run again.
    pub(super) number: usize,
}

impl Counterexample {
    /// What is wrong, the client, the reason, and how it comes to that, as lanes.
    pub fn describe(&self, page: Page) -> String {
        let mut text = String::new();
        let head = if self.failure.message == UNEXPLAINED {
            UNEXPLAINED.to_owned()
        } else {
            self.failure.summary()
        };
        let _ = writeln!(text, "{}\n", Style::Bad.paint(page.colour, head));
        let names = self.names();
        let width = names.iter().map(String::len).max().unwrap_or(0);
        for (name, calls) in names.iter().zip(&self.threads).filter(|(_, calls)| !calls.is_empty())
        {
            let _ = writeln!(text, "  {name:width$}  {}", calls.join(", "));
        }
        text.push('\n');
        for line in self.reason.lines().flat_map(|line| wrap(line, page.width)) {
            let _ = writeln!(text, "{line}");
        }
        text.push('\n');
        text += &draw(&self.failure.trace, page);
        text
    }

    fn names(&self) -> Vec<String> {
        let last = self.threads.len() - 1;
        let name = |lane: usize| match lane {
            0 => "before".to_owned(),
            lane if lane == last => "after".to_owned(),
            lane => format!("thread {lane}"),
        };
        (0..=last).map(name).collect()
    }
}

/// As [`describe`](Counterexample::describe), without colours and 100 columns wide, and with the test.
impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nThe client as a test:\n\n{}", self.describe(Page::plain()), self.test)
    }
}

/// What was covered, in a line, and what it assumes; or the counterexample.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(counterexample) = &self.counterexample {
            return write!(f, "{counterexample}");
        }
        let (executions, took) = (count(self.executions, "execution"), duration(self.elapsed));
        write!(f, "{}; {executions}, {took}", self.coverage)?;
        self.assumptions.iter().try_for_each(|it| write!(f, "\n  assuming that {it}"))
    }
}

fn sizes(sizes: &[Size], before: usize) -> String {
    let size = |(at, (threads, length)): (usize, &Size)| {
        if at == 0 {
            format!("{threads} threads x {length}")
        } else {
            format!("{threads} x {length}")
        }
    };
    let sizes: Vec<_> = sizes.iter().enumerate().map(size).collect();
    let before = if before == 0 { String::new() } else { format!(", after up to {before}") };
    sizes.join(" and ") + &before
}

/// What was covered, in words.
fn coverage<O, S>(prepared: &Prepared<O, S>, total: &Total, picked: &Total) -> String {
    let up_to = sizes(&prepared.sizes, prepared.before);
    let clients = count(total.clients, "client");
    let mut text = match (&total.bounded, total.ended) {
        (None, false) => format!("proved: all {clients} of up to {up_to}, every interleaving"),
        (None, true) => format!(
            "passed, not proved: the limit was reached after {clients} of those of up to {up_to}, the smallest, every \
             interleaving of each"
        ),
        (Some(bound), _) => {
            format!(
                "passed, not proved: {clients} of up to {up_to}, not every interleaving ({bound})"
            )
        }
    };
    if picked.clients > 0 {
        let (_, (threads, length)) = prepared.random.unwrap_or_default();
        let _ = write!(text, "; {} random clients of {threads} x {length}: passed", picked.clients);
    }
    text
}

/// What clients come to.
pub(super) fn checked<O: Send + Sync + 'static, S: 'static>(
    prepared: &Prepared<O, S>,
    mut total: Total,
    picked: &Total,
    elapsed: Duration,
) -> Checked {
    let coverage = coverage(prepared, &total, picked);
    let failing = total.failing.take();
    let mut assumptions = total.assumptions;
    for assumption in &picked.assumptions {
        if !assumptions.contains(assumption) {
            assumptions.push(assumption.clone());
        }
    }
    Checked {
        clients: total.clients,
        random: picked.clients,
        executions: total.executions + picked.executions,
        histories: total.histories + picked.histories,
        elapsed,
        is_bounded: total.bounded.is_some(),
        is_whole: total.bounded.is_none() && !total.ended && failing.is_none(),
        assumptions,
        counterexample: failing.map(|(number, failing)| counterexample(prepared, number, failing)),
        coverage,
    }
}

pub(super) fn counterexample<O: Send + Sync + 'static, S: 'static>(
    prepared: &Prepared<O, S>,
    number: usize,
    failing: Failing,
) -> Counterexample {
    let program = &prepared.engine.program;
    let reason = reason(program, prepared.engine.property, &failing);
    let test = written::test(program, prepared.written.as_ref(), &failing);
    let Failing { client, record, mut failure, .. } = failing;
    failure.trace = told(std::mem::take(&mut failure.trace));
    let threads = lanes(program, &client, &record.history);
    let operations = client.size();
    Counterexample { threads, operations, reason, failure, test, number }
}

/// The calls of each lane with their answers, in words.
fn lanes<O, S>(program: &Program<O, S>, client: &Client, history: &History) -> Vec<Vec<String>> {
    let empty = Vec::new();
    let lane = |(lane, calls): (usize, &[Call])| {
        let entries = history.0.get(lane).unwrap_or(&empty);
        let call = |(nth, call): (usize, &Call)| {
            let came = match entries.get(nth).map(|entry| entry.reply) {
                None => " (not called)".to_owned(),
                Some(None) => " (does not return)".to_owned(),
                Some(Some(reply)) => answered(program, call, reply),
            };
            program.told(call) + &came
        };
        calls.iter().enumerate().map(call).collect()
    };
    client.lanes().enumerate().map(lane).collect()
}

fn answered<O, S>(program: &Program<O, S>, call: &Call, reply: Reply) -> String {
    program.answer(call, reply).map(|answer| format!(" → {answer}")).unwrap_or_default()
}

/// Why a client fails, in words.
fn reason<O, S>(program: &Program<O, S>, property: Property, failing: &Failing) -> String {
    let Failing { client, record, failure, unexplained, .. } = failing;
    let panics = record.panics.iter().map(|(lane, nth, message)| {
        let call = client.lanes().nth(*lane).map(|calls| program.told(&calls[*nth]));
        format!("{} panics: {message}\n", call.unwrap_or_default())
    });
    let text: String = panics.collect();
    match (unexplained, failure.kind) {
        (None, _) if property.is_progress() => text + stopped(property, failure),
        (Some(unexplained), _) => text + &no_order(program, property, failing, unexplained),
        (None, FailureKind::Deadlock | FailureKind::Livelock) => {
            text + "An operation never returns, and nothing says that it may wait."
        }
        (None, _) => text + "It fails whatever the answers are.",
    }
}

/// Why a client fails some of whose threads stop.
fn stopped(property: Property, failure: &Failure) -> &'static str {
    let is_told = failure.message.starts_with("not ");
    match (failure.kind, property) {
        (FailureKind::StepLimit, Property::LockFree) if is_told => {
            "As often as these steps are repeated, no operation of any thread returns. A thread that is not among \
             them has stopped where it is, has returned, or has not begun."
        }
        (FailureKind::StepLimit, _) if is_told => {
            "As often as these steps are repeated, the operation does not return, though no other thread goes on."
        }
        (FailureKind::Deadlock | FailureKind::Livelock, _) => {
            "An operation waits for a thread that has stopped where it is, and so for ever."
        }
        (FailureKind::Assertion, _) if is_told => {
            "If a thread stops when it holds the lock, the operation of the other waits for ever."
        }
        _ => "It fails wherever its threads stop.",
    }
}

/// How far an order comes that explains the answers.
fn no_order<O, S>(
    program: &Program<O, S>,
    property: Property,
    failing: &Failing,
    unexplained: &Unexplained,
) -> String {
    let precedence = match property {
        Property::SequentiallyConsistent => "each thread's own order",
        Property::QuiescentlyConsistent => "the order of calls between which none was under way",
        _ => "what had returned when an operation was called comes before it",
    };
    let items = failing.record.history.items(Precedence::RealTime);
    let lanes: Vec<_> = failing.client.lanes().collect();
    let call = |at: usize| &lanes[items[at].lane][items[at].nth];
    let longest = unexplained.longest.iter();
    let done: Vec<_> =
        longest.filter_map(|at| Some((call(*at).clone(), items[*at].reply?))).collect();
    let mut text = format!(
        "No order of these {} operations gives these answers ({precedence}). The longest beginning of one that does \
         has {}: {}.",
        items.len(),
        done.len(),
        in_words(program, &done)
    );
    let instead = unexplained.instead.iter().map(|(at, said)| {
        let of = match items[*at].lane {
            lane if lane == 0 || lane + 1 == lanes.len() => String::new(),
            lane => format!(" of thread {lane}"),
        };
        let came = came_of(program, call(*at), items[*at].reply);
        format!("{}{of} {came}, {}", program.told(call(*at)), should(said))
    });
    let instead: Vec<_> = instead.collect();
    if !instead.is_empty() {
        let _ = write!(text, " After that, {}.", instead.join("; "));
    }
    text
}

/// What came of a call, as a verb.
fn came_of<O, S>(program: &Program<O, S>, call: &Call, reply: Option<Reply>) -> String {
    match reply.map(|reply| program.answer(call, reply)) {
        None => "does not return".to_owned(),
        Some(None) => "returns".to_owned(),
        Some(Some(answer)) => format!("answers {answer}"),
    }
}

/// What should have come of it.
fn should(said: &Said) -> String {
    match said {
        Said::Answers(answer) => format!("where it should answer {answer}"),
        Said::Waits => "where it should wait".to_owned(),
        Said::Panics => "where it should panic".to_owned(),
        Said::Several => "which it must not".to_owned(),
    }
}

/// The trace as a person is to see it: without the clocks, and without the panic at its end.
fn told(trace: Trace) -> Trace {
    let is_told = |step: &Step| {
        let clock = step.object.as_deref().is_some_and(|name| name.starts_with(CLOCK));
        let end = step.operation == Operation::Panic
            && matches!(&step.value, Some(Value::Text(said)) if UNEXPLAINED.starts_with(&**said) || said == UNEXPLAINED);
        !clock && !end
    };
    let kept: Vec<_> = trace.steps.iter().map(is_told).collect();
    let number = |step: usize| kept[..step].iter().filter(|kept| **kept).count();
    let mut preempts = None;
    let mut steps = Vec::new();
    for (mut step, kept) in trace.steps.iter().cloned().zip(&kept) {
        if step.preemption && !kept {
            preempts = Some(step.thread);
        }
        if !kept {
            continue;
        }
        let earlier = preempts.take();
        step.preemption |= earlier == Some(step.thread);
        if let Some(Value::Stale { step: newer, .. }) = &mut step.value {
            *newer = number(*newer);
        }
        steps.push(step);
    }
    let mut trace = Trace { steps, ..trace };
    if trace.steps.iter().all(|step| !step.decisive) {
        trace.mark_decisive();
    }
    trace
}

impl Counterexample {
    /// The client in a line.
    pub(super) fn in_a_line(&self) -> String {
        let told =
            self.names().into_iter().zip(&self.threads).filter(|(_, calls)| !calls.is_empty());
        told.map(|(name, calls)| format!("{name} {}", calls.join(", ")))
            .collect::<Vec<_>>()
            .join(" | ")
    }
}

impl Explorer {
    /// Limits the executions, unless a limit is set.
    pub(super) fn at_most_executions(self, executions: u64) -> Self {
        if self.is_limited() { self } else { self.max_executions(executions) }
    }
}
