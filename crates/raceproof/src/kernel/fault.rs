//! What can go wrong in an execution.

use std::fmt;

use super::place::Place;

/// What kind of thing went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FailureKind {
    /// A thread panicked and no thread took its panic with `join`.
    Assertion,
    /// Some thread waits for ever: every thread that has not ended is blocked.
    Deadlock,
    /// Two threads accessed plain memory, one of them writing, with nothing to order them.
    DataRace,
    /// A thread dropped a cell, an atomic, a lock or a condition variable while another thread was in
    /// an operation on it, or one was used or dropped after its end.
    ///
    /// The former is found if any interleaving leads to it, before memory is freed. Whether the orderings
    /// of atomics are strong enough to order an end after a use is checked only by
    /// [`Explorer::strict_ends`](crate::Explorer::strict_ends); under
    /// [`Memory::C11`](crate::Memory::C11) no interleaving is looked for that leads to it. The latter is found as long as the
    /// object's memory holds what its end left there: always, if
    /// [`Quarantine`](crate::Quarantine) is the allocator. Without it, such a program has undefined
    /// behaviour when it is checked, too.
    UseAfterFree,
    /// A thread accessed plain memory inside of its own access of the same memory, one of the two
    /// a write.
    Overlap,
    /// A value is kept alive by an [`Arc`](crate::sync::Arc) when every thread has ended: see
    /// [`Explorer::leaks`](crate::Explorer::leaks).
    Leak,
    /// An execution took more steps than allowed.
    StepLimit,
    /// Every thread that can go on only looks, again and again, and nothing changes.
    Livelock,
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
            FailureKind::UseAfterFree => "use after free",
            FailureKind::Overlap => "overlap",
            FailureKind::Leak => "leak",
            FailureKind::StepLimit => "step limit",
            FailureKind::Livelock => "livelock",
            FailureKind::Misuse => "misuse",
            FailureKind::Nondeterminism => "nondeterminism",
        })
    }
}

/// A failure as it is noted when it happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    /// Where a thread panicked.
    pub(crate) location: Option<Place>,
    pub(crate) notes: Vec<Note>,
}

/// A panic while the threads of a failed execution were unwound, in a destructor say: a second failure,
/// or a consequence of the first. By then operations do not wait, and may return values that no
/// execution gives.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Note {
    /// What kind of failure it would be.
    pub kind: FailureKind,
    /// The name of the thread that panicked.
    pub thread: String,
    /// What the panic said.
    pub message: String,
    /// Where.
    pub location: Option<Place>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note { kind, thread, message, location } = self;
        write!(
            f,
            "while the failed execution was unwound, `{thread}` panicked: {kind}: {message}"
        )?;
        location.iter().try_for_each(|place| write!(f, ", at {place}"))
    }
}

impl Fault {
    pub(crate) fn new(kind: FailureKind, message: String) -> Self {
        Fault { kind, message, location: None, notes: Vec::new() }
    }
}

/// A panic, in words.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    pub(crate) message: String,
    /// Where.
    pub(crate) location: Option<Place>,
    /// The model checker is used in a way that has no meaning.
    pub(crate) misuse: bool,
}

impl Panic {
    /// What kind of failure it is.
    pub(crate) fn kind(&self) -> FailureKind {
        if self.misuse { FailureKind::Misuse } else { FailureKind::Assertion }
    }
}
