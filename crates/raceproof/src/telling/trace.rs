//! Traces: what one execution did, as plain data.
//!
//! The checker writes them when it runs a failing schedule again. Anything else that watches
//! threads can make one: every field is public.

use std::fmt;

pub use crate::kernel::Place;
use crate::telling::lanes::{Page, draw};
pub use crate::telling::operation::{Operation, Value};
use crate::telling::text::{cut, one_line};

/// How much of what a panic says stands among the steps; the failure has all of it.
const SAID: usize = 60;

/// One step of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// The thread that took it: an index into [`Trace::threads`].
    pub thread: usize,
    /// What it did.
    pub operation: Operation,
    /// The name of what it did that to: an object, or a thread.
    pub object: Option<String>,
    /// The mutex that a wait releases, or takes again at its end.
    pub with: Option<String>,
    /// What it read, wrote or found out.
    pub value: Option<Value>,
    /// The line that asked for it.
    pub place: Option<Place>,
    /// Whether the thread of the step before could have gone on instead.
    pub preemption: bool,
    /// Whether the failure hangs on this step: see [`Trace::mark_decisive`].
    pub decisive: bool,
}

/// A thread that waits for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Blocked {
    /// The thread: an index into [`Trace::threads`].
    pub thread: usize,
    /// The name of what it waits for.
    pub waits_for: String,
    /// The threads that hold that, if it can be held: indices into [`Trace::threads`].
    pub holders: Vec<usize>,
    /// The line where it waits.
    pub place: Option<Place>,
}

/// An execution, step by step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trace {
    /// The threads' names in the order in which they were started; the first is "main". No two are the same.
    pub threads: Vec<String>,
    /// The steps in the order in which they were taken.
    pub steps: Vec<Step>,
    /// The threads that wait for ever, in a deadlock.
    pub blocked: Vec<Blocked>,
}

impl Step {
    /// A step that is about no object, with no value and no place.
    pub fn new(thread: usize, operation: Operation) -> Self {
        Step {
            thread,
            operation,
            object: None,
            with: None,
            value: None,
            place: None,
            preemption: false,
            decisive: false,
        }
    }

    /// What the step did, in words, as in "locks account a" or "reads count: 0". `threads` are
    /// the names of [`Trace::threads`].
    pub fn action(&self, threads: &[String]) -> String {
        use Operation as Op;
        let object = self.object.as_deref().unwrap_or_default();
        let with = self.with.as_deref();
        let verb = self.operation.verb();
        let does = if object.is_empty() { verb.to_owned() } else { format!("{verb} {object}") };
        match (self.operation, &self.value) {
            (Op::Wait, value) => match (with, value) {
                (Some(mutex), Some(value)) => format!("unlocks {mutex}: {value}, then {does}"),
                (Some(mutex), None) => format!("unlocks {mutex}, {does}"),
                (None, _) => does,
            },
            (Op::Wake | Op::TimeOut | Op::SpuriousWake, value) => match (with, value) {
                (Some(mutex), Some(value)) => format!("{does}, locks {mutex}: {value}"),
                (Some(mutex), None) => format!("{does}, locks {mutex}"),
                (None, _) => does,
            },
            (Op::TryLock | Op::TryRead | Op::TryWrite, Some(Value::Flag(taken))) => {
                format!("{does}: {}", if *taken { "locks it" } else { "it is taken" })
            }
            (Op::TryLock | Op::TryRead | Op::TryWrite, Some(value)) => {
                format!("{does}: locks it: {value}")
            }
            (Op::CompareExchange, Some(Value::Text(seen))) => {
                format!("{does}: {seen}, not as expected")
            }
            (Op::NotifyOne | Op::NotifyAll, Some(Value::Threads(woken))) => {
                let names = woken.iter().filter_map(|thread| threads.get(*thread));
                let names: Vec<&str> = names.map(String::as_str).collect();
                if names.is_empty() {
                    format!("{does}: no thread waits")
                } else {
                    format!("{does}: wakes {}", names.join(", "))
                }
            }
            (Op::ParkTimeout, Some(Value::Flag(unparked))) => {
                format!("{does}: {}", if *unparked { "unparked" } else { "times out" })
            }
            (Op::IsFinished, Some(Value::Flag(ended))) => {
                format!("{does}: {}", if *ended { "ended" } else { "not yet" })
            }
            (Op::Panic, Some(Value::Text(said))) => {
                format!("{does}: {}", cut(&one_line(said), SAID))
            }
            (Op::Choose, Some(value)) => format!("{does} {value}"),
            (Op::Accept | Op::Connect | Op::Receive | Op::Send, value) => {
                network(self.operation, object, value.as_ref())
            }
            (_, Some(value)) => format!("{does}: {value}"),
            (_, None) => does,
        }
    }
}

/// What a step on a network did.
fn network(operation: Operation, object: &str, value: Option<&Value>) -> String {
    let bytes = |count: u64| format!("{count} byte{}", if count == 1 { "" } else { "s" });
    match (operation, value) {
        (Operation::Accept, Some(client)) => format!("accepts client {client} of {object}"),
        (Operation::Accept, None) => format!("accepts no client at {object}"),
        (Operation::Connect, Some(Value::Flag(true))) => format!("connects to {object}"),
        (Operation::Connect, _) => format!("cannot connect to {object}"),
        (Operation::Receive, Some(Value::Count(0))) => format!("reads end of file from {object}"),
        (Operation::Receive, Some(Value::Count(n))) => format!("reads {} from {object}", bytes(*n)),
        (Operation::Receive, _) => format!("cannot read from {object}"),
        (_, Some(Value::Count(n))) => format!("writes {} to {object}", bytes(*n)),
        _ => format!("cannot write to {object}"),
    }
}

impl Blocked {
    /// What the thread waits for, in words, as in "waits for account b, held by `x`".
    pub fn wait(&self, threads: &[String]) -> String {
        let mut text = format!("waits for {}", self.waits_for);
        if self.holders == [self.thread] {
            return text + ", which it holds itself";
        }
        for (i, holder) in self.holders.iter().enumerate() {
            text.push_str(if i == 0 { ", held by " } else { " and " });
            text.push_str(&quoted(threads, *holder));
        }
        text
    }
}

fn quoted(threads: &[String], thread: usize) -> String {
    format!("`{}`", threads.get(thread).map_or("?", String::as_str))
}

impl Trace {
    /// How many of the steps preempted another thread.
    pub fn preemptions(&self) -> usize {
        self.steps.iter().filter(|step| step.preemption).count()
    }

    /// Which thread waits for what, in one line: a deadlock in words.
    pub fn circle(&self) -> String {
        let wait = |blocked: &Blocked| {
            format!("{} {}", quoted(&self.threads, blocked.thread), blocked.wait(&self.threads))
        };
        self.blocked.iter().map(wait).collect::<Vec<_>>().join("; ")
    }
}

/// The trace as lanes, without colour, 100 columns wide.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&draw(self, Page::plain()))
    }
}
