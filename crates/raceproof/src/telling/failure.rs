//! What can go wrong in an execution, and how it is told.

use std::fmt;

use crate::telling::schedule::Schedule;
use crate::telling::trace::Trace;

/// What kind of thing went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FailureKind {
    /// A thread panicked and nobody took its panic with `join`.
    Assertion,
    /// Some thread waits for ever: every thread that has not ended is blocked.
    Deadlock,
    /// Two threads accessed plain memory, one of them writing, with nothing to order them.
    DataRace,
    /// An execution took more steps than allowed, or only spun: a livelock.
    StepLimit,
    /// The model checker's own types were used in a way that has no meaning.
    Misuse,
    /// The program did something else when the same schedule was run again.
    Nondeterminism,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FailureKind::Assertion => "assertion",
            FailureKind::Deadlock => "deadlock",
            FailureKind::DataRace => "data race",
            FailureKind::StepLimit => "step limit",
            FailureKind::Misuse => "misuse",
            FailureKind::Nondeterminism => "nondeterminism",
        })
    }
}

/// A failing execution.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What happened, in a line or two: an assertion's own message.
    pub message: String,
    /// Where a thread panicked, as `file:line`, if one did.
    pub location: Option<String>,
    /// Every step of the execution.
    pub trace: Trace,
    /// Runs the same execution again: see [`Explorer::replay`](super::Explorer::replay).
    pub schedule: Schedule,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        if let Some(at) = &self.location {
            write!(f, " (at {at})")?;
        }
        write!(f, "\n\n{}\nschedule: {}\n", self.trace, self.schedule)
    }
}

/// A failure without its trace, as the kernel notes it when it happens.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) location: Option<String>,
}

impl Fault {
    /// Is it this failure, whatever led to it?
    pub(crate) fn is(&self, failure: &Failure) -> bool {
        (self.kind, &self.message, &self.location)
            == (failure.kind, &failure.message, &failure.location)
    }

    /// The failure that it is.
    pub(crate) fn with(self, trace: Trace, schedule: Schedule) -> Failure {
        let Fault { kind, message, location } = self;
        Failure { kind, message, location, trace, schedule }
    }
}
