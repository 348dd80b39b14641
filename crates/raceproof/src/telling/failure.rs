//! What can go wrong in an execution, and how it is told.

use std::fmt;

use crate::kernel::{FailureKind, Fault, Note};
use crate::telling::lanes::{Page, draw};
use crate::telling::schedule::Schedule;
use crate::telling::text::{Style, one_line};
use crate::telling::trace::{Place, Trace};

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
        format!("{summary}\n{notes}\n{}", draw(&self.trace, page))
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

    /// The failure that it is.
    pub(crate) fn with(self, mut trace: Trace, schedule: Schedule) -> Failure {
        let Fault { kind, message, location, notes } = self;
        match kind {
            FailureKind::DataRace => trace.mark_race(),
            FailureKind::UseAfterFree => trace.mark_end(),
            _ => {}
        }
        Failure { kind, message, location, trace, notes, schedule }
    }
}
