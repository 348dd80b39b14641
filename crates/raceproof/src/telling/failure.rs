//! What can go wrong in an execution, and how it is told.

use std::fmt;

use crate::kernel::{FailureKind, Fault, Note};
use crate::telling::lanes::{Page, draw};
use crate::telling::schedule::Schedule;
use crate::telling::text::{Style, one_line};
use crate::telling::trace::{Operation, Place, Trace};

/// An access of an atomic, or a fence, whose memory ordering is too weak.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TooWeak {
    /// What it does.
    pub operation: Operation,
    /// The name of the atomic; none for a fence.
    pub object: Option<String>,
    /// The line that asks for it.
    pub place: Place,
    /// The ordering that it needs, by its name in `std::sync::atomic::Ordering`.
    pub ordering: String,
}

/// In words, as in "`ready` is read with Acquire at a.rs:12".
impl fmt::Display for TooWeak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooWeak { operation, object, place, ordering } = self;
        let place = place.short();
        let Some(object) = object else {
            return write!(f, "the fence at {place} is {ordering}");
        };
        let does = match operation {
            Operation::Load => "read",
            Operation::Store => "written",
            Operation::CompareExchange => "compared and swapped",
            _ => "changed",
        };
        write!(f, "{object} is {does} with {ordering} at {place}")
    }
}

/// A failing execution.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What happened, in a line or two: an assertion's own message.
    pub message: String,
    /// Where a thread panicked, if one did.
    pub location: Option<Place>,
    /// Every step of the execution.
    pub trace: Trace,
    /// What went wrong after it, while the execution's threads were unwound.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub notes: Vec<Note>,
    /// Under [`Memory::C11`](crate::Memory::C11): accesses of atomics, and fences, that together keep the
    /// program from failing if they are so strong, and no weaker. Empty if the program fails
    /// whatever its orderings, or if that was not found out within 2 seconds and 10,000 executions for
    /// each choice of them.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub too_weak: Vec<TooWeak>,
    /// Runs the same execution again: see [`Explorer::replay`](crate::Explorer::replay).
    pub schedule: Schedule,
}

impl Failure {
    /// What is wrong, in one line.
    pub fn summary(&self) -> String {
        let mut text = format!("{}: {}", self.kind, one_line(&self.message));
        if let Some(place) = &self.location {
            text += &format!(", at {place}");
        }
        text
    }

    /// What is wrong, in one line, what else went wrong after that, and how it comes to it, as lanes.
    pub fn describe(&self, page: Page) -> String {
        let summary = Style::Bad.paint(page.colour, self.summary());
        let note = |note: &Note| format!("note: {}\n", one_line(&note.to_string()));
        let notes: String = self.notes.iter().map(note).collect();
        format!("{summary}\n{notes}{}\n{}", self.remedy(), draw(&self.trace, page))
    }

    /// Which orderings would keep the program from failing, if that is known.
    fn remedy(&self) -> String {
        let needs = self.too_weak.iter().map(ToString::to_string).collect::<Vec<_>>();
        match needs.split_last() {
            None => String::new(),
            Some((one, [])) => format!("the program does not fail if {one}\n"),
            Some((last, others)) => {
                format!("the program does not fail if {} and {last}\n", others.join(", "))
            }
        }
    }
}

/// As [`Failure::describe`], without colours and 100 columns wide, and with the schedule.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\nschedule: {}", self.describe(Page::plain()), self.schedule)
    }
}

impl Fault {
    /// Is it this failure, whatever led to it?
    pub(crate) fn is(&self, failure: &Failure) -> bool {
        (self.kind, &self.message, &self.location)
            == (failure.kind, &failure.message, &failure.location)
    }

    /// Is it what went wrong there, if the same execution is run in another order? The two accesses of a
    /// data race may come the other way round then.
    pub(crate) fn is_like(&self, other: &Fault) -> bool {
        self.kind == other.kind
            && (self.message == other.message || self.kind == FailureKind::DataRace)
    }

    /// The failure that it is.
    pub(crate) fn with(self, mut trace: Trace, schedule: Schedule) -> Failure {
        let Fault { kind, message, location, notes } = self;
        match kind {
            FailureKind::DataRace => trace.mark_race(),
            FailureKind::UseAfterFree => trace.mark_end(),
            _ => {}
        }
        Failure { kind, message, location, trace, notes, too_weak: Vec::new(), schedule }
    }
}
