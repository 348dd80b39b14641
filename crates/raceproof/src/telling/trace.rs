//! Traces: what one execution did, as plain data.
//!
//! The checker writes them when it runs a failing schedule again. Anything else that watches
//! threads can make one: every field is public.

use std::fmt;

pub use crate::kernel::Place;
use crate::telling::lanes::{Page, draw};
pub use crate::telling::operation::{Operation, Value};

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
    /// The threads behind which it waits to read, which wait to write that.
    pub behind: Vec<WaitingWriter>,
    /// The line where it waits.
    pub place: Option<Place>,
}

/// A thread that waits to write a read-write lock and keeps others from reading it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WaitingWriter {
    /// The thread: an index into [`Trace::threads`].
    pub thread: usize,
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
}

impl Blocked {
    /// What the thread waits for, in words, as in "waits for account b, held by `x`".
    pub fn wait(&self, threads: &[String]) -> String {
        if !self.behind.is_empty() {
            return self.wait_behind(threads);
        }
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

impl Blocked {
    fn wait_behind(&self, threads: &[String]) -> String {
        let mut text = format!("waits to read {}, behind", self.waits_for);
        for (i, writer) in self.behind.iter().enumerate() {
            let place = writer.place.as_ref().map(|place| format!(" ({})", place.short()));
            let and = if i == 0 { " " } else { " and " };
            text +=
                &format!("{and}{}{}", quoted(threads, writer.thread), place.unwrap_or_default());
        }
        let wait = if self.behind.len() == 1 { "waits" } else { "wait" };
        text + &format!(", which {wait} to write it")
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
