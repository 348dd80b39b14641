//! Traces: what a failing execution did, as plain data and as text.

use std::fmt;

/// What a step did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Operation {
    Lock,
    Unlock,
    TryLock,
    /// Gives a mutex back and begins to wait.
    Wait,
    /// A timed wait ends, by a notification or by time.
    Wake,
    /// Takes the mutex again after a wait.
    Relock,
    NotifyOne,
    NotifyAll,
    Load,
    Store,
    /// A read-modify-write.
    Rmw,
    CompareExchange,
    Fence,
    ReadLock,
    WriteLock,
    ReadUnlock,
    WriteUnlock,
    TryRead,
    TryWrite,
    Park,
    ParkTimeout,
    Unpark,
    Spawn,
    Join,
    Choose,
    Yield,
    /// Asks whether a thread has ended.
    IsFinished,
    /// Reads memory that nothing guards.
    PlainRead,
    /// Writes memory that nothing guards.
    PlainWrite,
    /// A thread panics.
    Panic,
    /// A thread ends.
    End,
    /// The daemons are stopped where they are.
    StopDaemons,
    /// A process's threads are stopped where they are.
    Kill,
}

impl Operation {
    /// The operation as a verb: "locks", "waits for".
    pub fn verb(self) -> &'static str {
        match self {
            Operation::Lock => "locks",
            Operation::Unlock => "unlocks",
            Operation::TryLock => "tries to lock",
            Operation::Wait => "waits for",
            Operation::Wake => "ends its wait for",
            Operation::Relock => "locks again",
            Operation::NotifyOne => "notifies one waiter of",
            Operation::NotifyAll => "notifies all waiters of",
            Operation::Load | Operation::PlainRead => "reads",
            Operation::Store | Operation::PlainWrite => "writes",
            Operation::Rmw => "updates",
            Operation::CompareExchange => "compares and swaps",
            Operation::Fence => "fences",
            Operation::ReadLock => "locks for reading",
            Operation::WriteLock => "locks for writing",
            Operation::ReadUnlock => "unlocks from reading",
            Operation::WriteUnlock => "unlocks from writing",
            Operation::TryRead => "tries to lock for reading",
            Operation::TryWrite => "tries to lock for writing",
            Operation::Park => "parks",
            Operation::ParkTimeout => "parks for a time",
            Operation::Unpark => "unparks",
            Operation::Spawn => "spawns",
            Operation::Join => "joins",
            Operation::Choose => "chooses",
            Operation::Yield => "yields",
            Operation::IsFinished => "looks for the end of",
            Operation::Panic => "panics",
            Operation::End => "ends",
            Operation::StopDaemons => "stops the daemons",
            Operation::Kill => "kills",
        }
    }
}

/// One step of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Whose it is: an index into [`Trace::threads`].
    pub thread: usize,
    /// What it did.
    pub operation: Operation,
    /// The name of what it did that to.
    pub object: Option<String>,
    /// The value read or written, `old → new` for both, or what came out.
    pub value: Option<String>,
    /// The source file that asked for it.
    pub file: &'static str,
    /// The line there.
    pub line: u32,
    /// Whether another thread could have gone on instead.
    pub preemption: bool,
}

/// A thread that waits for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocked {
    /// Which one: an index into [`Trace::threads`].
    pub thread: usize,
    /// The name of what it waits for.
    pub waits_for: String,
    /// Who holds that, if it can be held: indices into [`Trace::threads`].
    pub holders: Vec<usize>,
    /// The source file where it waits.
    pub file: &'static str,
    /// The line there.
    pub line: u32,
}

/// An execution, step by step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// The threads' names in the order they were spawned; the root is "main".
    pub threads: Vec<String>,
    /// The steps in the order they were taken.
    pub steps: Vec<Step>,
    /// Who was blocked at the end.
    pub blocked: Vec<Blocked>,
}

impl Trace {
    /// How many of the steps preempted another thread.
    pub fn preemptions(&self) -> usize {
        self.steps.iter().filter(|step| step.preemption).count()
    }

    fn name(&self, thread: usize) -> &str {
        self.threads.get(thread).map_or("?", String::as_str)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = self.threads.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for step in &self.steps {
            let mark = if step.preemption { '>' } else { ' ' };
            write!(f, "{mark} {:wide$}  {}", self.name(step.thread), step.operation.verb())?;
            if let Some(object) = &step.object {
                write!(f, " {object}")?;
            }
            if let Some(value) = &step.value {
                write!(f, ": {value}")?;
            }
            writeln!(f, "  ({}:{})", step.file, step.line)?;
        }
        for blocked in &self.blocked {
            write!(
                f,
                "  {:wide$}  is blocked: waits for {}",
                self.name(blocked.thread),
                blocked.waits_for
            )?;
            for (i, holder) in blocked.holders.iter().enumerate() {
                write!(f, "{}{}", if i == 0 { ", held by " } else { " and " }, self.name(*holder))?;
            }
            writeln!(f, "  ({}:{})", blocked.file, blocked.line)?;
        }
        Ok(())
    }
}
