//! What happens for no reason: std lets a wait and a park wake, and a weak compare-and-swap fail,
//! with nothing that causes it.
//!
//! It does so on demand only: see [`Limits::spurious`](super::Limits::spurious). Otherwise a proof
//! assumes that it does not.
//!
//! **The bound.** Once an operation of a thread on an object has ended for no reason, none does so
//! again until one of them has ended for a reason that is not the time: by a notification, by the
//! token, by the value that it found. So a loop around them ends.
//!
//! **The steps.** A wait that wakes for no reason is an alternative of the step by which it begins.
//! It never is among the waiters, so no notification is lost on it. A park begins with a step of its
//! own, which touches nothing: the token stays where it is. Of a weak compare-and-swap there is a
//! second alternative wherever it would write. It counts as a write, too: where a step is
//! independent of another, so are its alternatives.
//! Under a weak memory model it is a load then: it has the ordering of a failure, and [another alternative](fails_weakly).

use super::assumption::Assumption;
use super::memory::Memory;
use super::object::Object;
use super::owners::Turn;
use super::state::Kernel;
use super::trials::Yields;

/// The alternative by which a step comes to nothing, or is over, for no reason.
pub(crate) const FOR_NO_REASON: u16 = 1;

/// The alternative by which a weak compare-and-swap fails for no reason under a weak memory model, where that says how many
/// writes come `later` than the one that is read.
pub(crate) fn fails_weakly(later: u16) -> u16 {
    FAILS + later.min(Turn::FIRST - FAILS - 1)
}

/// How many writes come later, of such an alternative.
pub(crate) fn later_if_it_fails(alternative: u16) -> Option<u16> {
    (FAILS..Turn::FIRST).contains(&alternative).then(|| alternative - FAILS)
}

/// The first of these alternatives. (Others say that so many writes come later.)
const FAILS: u16 = 0x8000;

/// The alternative of [`Op::BeginPark`](super::Op::BeginPark) by which the thread waits for its
/// token. Not 0: a schedule tells a park with this step from one without by it.
pub(crate) const WAITS: u16 = 2;

impl Kernel {
    /// Might an operation of the thread on this object end for no reason now?
    pub(crate) fn may_be_spurious(&self, thread: u16, object: u32) -> bool {
        let Object { spurious, reasons, .. } = self.objects[object as usize];
        let wanted = (self.limits.spurious || spurious) && !reasons;
        wanted && !self.thread(thread).spurious.contains(&object)
    }

    /// Notes that an operation of a thread on this object ends for a reason, or for none.
    pub(crate) fn note_spurious(&mut self, thread: u16, object: u32, spurious: bool) {
        let last = &mut self.threads[usize::from(thread)].spurious;
        if spurious {
            last.push(object);
            self.spared_reasons = true;
        } else if !last.is_empty() {
            last.retain(|other| *other != object);
        }
    }

    /// Does a park of the running thread begin with a step that may end it for no reason?
    pub(crate) fn begins_to_park(&mut self) -> bool {
        let token = self.me().token;
        self.begins_to_wait(token)
    }

    /// Does a wait of the running thread for a token begin with such a step?
    pub(crate) fn begins_to_wait(&mut self, token: u32) -> bool {
        self.scripted_to_begin().unwrap_or_else(|| {
            self.presumes_reasons |= !self.limits.spurious;
            self.may_be_spurious(self.current, token)
        })
    }

    /// Does a wait of the running thread for a signal begin with such a step?
    pub(crate) fn begins_to_listen(&mut self, token: u32) -> bool {
        self.scripted_to_begin().unwrap_or_else(|| self.may_be_spurious(self.current, token))
    }

    /// The same in an execution that is run again.
    fn scripted_to_begin(&self) -> Option<bool> {
        let alternative = self.scripted(self.current)?;
        Some(matches!(alternative, FOR_NO_REASON | WAITS))
    }

    /// Is a weak compare-and-swap of the running thread one that may fail for no reason?
    pub(crate) fn is_weak(&mut self) -> bool {
        self.presumes_reasons |= !self.limits.spurious;
        let told = self.scripted(self.current).is_some_and(|told| self.fails_by(told));
        self.limits.spurious || told
    }

    /// Has the weak compare-and-swap that the running thread has done failed for no reason?
    pub(crate) fn fails_for_no_reason(&self) -> bool {
        self.fails_by(self.alt)
    }

    /// Is this the alternative by which a weak compare-and-swap fails for no reason?
    fn fails_by(&self, alternative: u16) -> bool {
        match self.limits.memory {
            Memory::Sequential => alternative == FOR_NO_REASON,
            Memory::C11 => later_if_it_fails(alternative).is_some(),
        }
    }

    /// Where memory is weak: may a weak compare-and-swap of the running thread fail for no reason now? If not, it will have a
    /// reason for what it comes to.
    pub(crate) fn may_fail(&mut self, atomic: u32) -> bool {
        let may = match self.scripted(self.current) {
            Some(alternative) => self.fails_by(alternative),
            None => self.may_be_spurious(self.current, atomic),
        };
        if !may {
            self.note_spurious(self.current, atomic, false);
        }
        may
    }

    /// Whether the chosen step of a weak compare-and-swap, which finds the value that it expects or
    /// not, writes.
    pub(crate) fn swaps(&mut self, atomic: u32, expected: bool) -> bool {
        if !expected {
            // It has a reason.
            self.alt = 0;
        }
        let spurious = self.alt == FOR_NO_REASON;
        self.note_spurious(self.current, atomic, spurious);
        expected && !spurious
    }

    /// The alternative of a thread's next step in an execution that is run again.
    fn scripted(&self, thread: u16) -> Option<u16> {
        let Yields::Scripted(steps) = &self.yields else {
            return None;
        };
        let mut rest = steps.iter().skip(self.events.taken());
        Some(rest.find(|step| step.0 == thread).map_or(0, |step| step.1))
    }

    /// What a proof assumes because nothing happened for no reason, if something might have.
    pub(crate) fn assumes_reasons(&self) -> Option<Assumption> {
        let rare = self.spared_reasons.then_some(Assumption::RareSpuriousWakeups);
        self.presumes_reasons.then_some(Assumption::NoSpuriousWakeups).or(rare)
    }
}
