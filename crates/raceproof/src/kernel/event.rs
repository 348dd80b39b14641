//! Steps taken, as data.

use super::footprint::Footprint;
use super::op::Op;
use super::polling::Round;

/// One step taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) thread: u16,
    /// Which of the step's alternatives: the waiter that is notified, the choice made.
    pub(crate) alt: u16,
    pub(crate) op: Op,
    pub(crate) footprint: Footprint,
    /// What came of it.
    pub(crate) detail: Detail,
    /// Whether it leaves an object other than it was, as far as a polling thread can see.
    pub(crate) changed: bool,
    /// How many loops that wait led to it, one by the other; 0 for what is no round of a loop.
    pub(crate) generation: u8,
}

/// What came of a step, for those steps of which that is not the same every time.
// As for `Op`.
#[repr(u64)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Detail {
    /// Nothing to be told.
    None,
    /// An atomic's value before the step, and the one that a compare-and-swap expects.
    Atomic { old: u64, expected: u64 },
    /// Whether a try took the lock, and whether a writer held it then.
    Try { taken: bool, writer: bool },
    /// The notification by which a timed wait ended; none: by time.
    Wake { by: Option<u32> },
    /// Whether the token was there.
    Token(bool),
    /// How many owners and weak references there were before, how many owners there are more,
    /// whether it did what it tries, and whether there are not so many owners any more.
    Count { owners: u32, weaks: u32, more: i32, succeeded: bool, outdated: bool },
    /// The round that a yield ends.
    Poll(Round),
    /// What a machine told.
    Act { result: u32 },
}

impl Event {
    /// Did it do what it tried: take the lock, get the token, swap the value, wake by a
    /// notification? Of a yield: does it write what it looked at? Of an act on a machine: does it write
    /// any of it?
    pub(crate) fn succeeded(&self) -> bool {
        match self.detail {
            Detail::Try { taken, .. } => taken,
            Detail::Wake { by } => by.is_some(),
            Detail::Token(there) => there,
            Detail::Count { succeeded, .. } => succeeded,
            Detail::Atomic { .. } | Detail::Poll(_) | Detail::Act { .. } => {
                let mut written = false;
                self.footprint.each_access(|_, write| written |= write);
                written
            }
            Detail::None => false,
        }
    }

    /// Is it a try that did not take the lock?
    #[inline]
    pub(crate) fn is_failed_try(&self) -> bool {
        matches!(self.detail, Detail::Try { taken: false, .. })
    }
}

/// The steps of the execution under way, and those of the one before that it may repeat.
///
/// An exploration runs executions that begin alike. The steps that this one has in common with
/// the one before are kept, so that a strategy keeps what it has worked out about them.
#[derive(Default)]
pub(crate) struct Events {
    /// The first of them, as many as are kept, were taken in the execution before.
    all: Vec<Event>,
    taken: usize,
    /// How many of `all` this execution repeats.
    kept: usize,
}

/// What became of a step that was added to the others.
pub(super) enum Added {
    /// It is new.
    New,
    /// It is the kept one.
    Repeated,
    /// A kept one, this operation, stood in its place.
    Differs(Op),
}

impl Events {
    /// Starts from the first step again.
    pub(crate) fn rewind(&mut self) {
        self.all.truncate(self.kept);
        self.taken = 0;
    }

    /// Keeps the first `len` steps for the next execution and forgets the others.
    pub(crate) fn keep(&mut self, len: usize) {
        self.all.truncate(len);
        self.kept = len;
    }

    /// Steps of this execution so far.
    #[inline]
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// Adds a step.
    #[inline(always)]
    pub(super) fn add(&mut self, event: Event) -> Added {
        let index = self.taken;
        self.taken += 1;
        if index >= self.kept {
            debug_assert_eq!(self.all.len(), index);
            self.all.push(event);
            return Added::New;
        }
        let kept = &mut self.all[index];
        let same = kept.thread == event.thread
            && std::mem::discriminant(&kept.op) == std::mem::discriminant(&event.op)
            && kept.footprint == event.footprint;
        kept.detail = event.detail;
        if same { Added::Repeated } else { Added::Differs(kept.op) }
    }

    /// The step taken last, and whether it is new and not one that was kept.
    #[inline]
    pub(crate) fn last(&self) -> (&Event, bool) {
        (&self.all[self.taken - 1], self.taken > self.kept)
    }

    /// Was this step taken in the execution before, too?
    pub(crate) fn is_kept(&self, index: usize) -> bool {
        index < self.kept
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> &Event {
        &self.all[index]
    }

    #[inline]
    pub(crate) fn all(&self) -> &[Event] {
        &self.all[..self.taken]
    }
}
