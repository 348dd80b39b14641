//! What happens once.
//!
//! A `Once` has a part that says whether a closure has run to its end. To look at that is to read it,
//! and only the end of a closure writes it: looks commute with each other and with all else. To call
//! it reads the `Once` if a closure has run, so such calls commute. It writes the `Once` if the
//! closure begins.

use super::{Act, Numbers, Outcome};
use crate::kernel::footprint::Footprint;

/// A closure has run to its end.
pub(crate) const OVER: u32 = 0;
/// The thread is to run its closure, or what it asked for is so.
pub(crate) const RUNS: u32 = 1;
/// The thread is to run its closure; an earlier one has panicked.
pub(crate) const RUNS_AGAIN: u32 = 2;
/// An earlier closure has panicked.
pub(crate) const POISONED: u32 = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    New,
    /// A thread runs its closure.
    Running(u16),
    Poisoned,
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Once {
    first: State,
    now: State,
}

impl Once {
    pub(super) const PARTS: usize = 1;

    /// One whose closure is to run, or has.
    pub(crate) fn new(done: bool) -> Self {
        let first = if done { State::Done } else { State::New };
        Once { first, now: first }
    }

    pub(super) fn anew(self) -> Self {
        Once { now: self.first, ..self }
    }

    pub(super) fn outcome(self, numbers: Numbers<'_>, act: Act) -> Option<Outcome> {
        let (once, end) = (numbers.object, numbers.parts[0]);
        let sees =
            |result| Outcome { acquires: Some(once), ..Outcome::of(Footprint::read(once), result) };
        let begins = |result| Outcome {
            acquires: Some(once),
            ..Outcome::of(Footprint::write(once), result)
        };
        let ends = |footprint| Outcome {
            changed: true,
            releases: Some(once),
            ..Outcome::of(footprint, OVER)
        };
        let outcome = match (act, self.now) {
            (Act::Look, State::Done) => {
                Outcome { acquires: Some(once), ..Outcome::of(Footprint::read(end), RUNS) }
            }
            (Act::Look, _) => Outcome::of(Footprint::read(end), 0),
            (Act::Finish, _) => ends(Footprint::write_both(once, end)),
            (Act::Abandon, _) => ends(Footprint::write(once)),
            (_, State::Done) => sees(OVER),
            (Act::Call | Act::Await, State::Poisoned) => sees(POISONED),
            (Act::Call | Act::Force, State::New) => begins(RUNS),
            (Act::Force, State::Poisoned) => begins(RUNS_AGAIN),
            _ => return None,
        };
        Some(outcome)
    }

    pub(super) fn take(&mut self, thread: u16, act: Act) {
        self.now = match (act, self.now) {
            (Act::Call | Act::Force, State::New) | (Act::Force, State::Poisoned) => {
                State::Running(thread)
            }
            (Act::Finish, _) => State::Done,
            (Act::Abandon, _) => State::Poisoned,
            (_, now) => now,
        };
    }

    /// The thread that runs its closure.
    pub(super) fn runs_in(self) -> Option<u16> {
        match self.now {
            State::Running(thread) => Some(thread),
            _ => None,
        }
    }
}
