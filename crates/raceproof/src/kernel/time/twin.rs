//! Whether lengths of time decide anything: executions that are run again with others.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::Nanos;
use crate::kernel::assumption::Assumption;
use crate::kernel::state::Kernel;

/// What is known of the lengths of an exploration.
#[derive(Default)]
pub(crate) struct Twin {
    /// What the execution came to of which this one is the twin.
    first: Option<u64>,
    /// How many lengths that bounds leave open this execution was told.
    told: Nanos,
    /// Whether a twin's later lengths are the shorter ones, for programs that compare two of them.
    falling: bool,
    /// The durations of waits in this execution that are no lengths of its own.
    waits: DefaultHasher,
    /// Some execution was told such a length, and its twin did the same.
    decided_nothing: bool,
    /// Some length was a bound.
    pub(super) bounds: bool,
}

impl Twin {
    /// Another execution begins.
    pub(super) fn begin(&mut self) {
        self.told = 0;
        self.waits = DefaultHasher::default();
    }

    /// One of these lengths.
    pub(super) fn length(&mut self, mut lengths: impl Iterator<Item = Nanos>) -> Nanos {
        self.told += 1;
        let first = lengths.next().expect("some length is possible");
        if self.first.is_none() {
            return first;
        }
        let apart = self.told * if self.falling { -1 } else { 1 };
        lengths.last().map_or(first, |last| (last + apart).max(0))
    }

    /// What a proof assumes of lengths, if it does.
    pub(super) fn assumes(&self) -> Option<Assumption> {
        if self.bounds {
            return Some(Assumption::ExtremeTimes);
        }
        self.decided_nothing.then_some(Assumption::MeasuredTimes)
    }

    /// What it assumes that for.
    pub(crate) fn grounds(&self) -> [bool; 2] {
        [self.decided_nothing, self.bounds]
    }

    /// Some of it has come about in another kernel.
    pub(crate) fn add_grounds(&mut self, [decided_nothing, bounds]: [bool; 2]) {
        self.decided_nothing |= decided_nothing;
        self.bounds |= bounds;
    }

    /// Notes how long a wait lasted.
    pub(super) fn note_wait(&mut self, length: Nanos) {
        length.hash(&mut self.waits);
    }
}

/// What is to come of an execution that is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// It counts.
    Done,
    /// It is to be run again, with other lengths.
    Again,
    /// Its twin did something else, or it fails with lengths that are not possible.
    Differs,
}

impl Kernel {
    /// Whether the execution that is over needs a twin, or is one and differs.
    pub(crate) fn look_again(&mut self) -> Look {
        let twin = &mut self.time.twin;
        if twin.told == 0 && twin.first.is_none() {
            return Look::Done;
        }
        let fails = self.now.fault.is_some() || !self.now.panics.is_empty() || self.now.live > 0;
        if fails && !self.time.tells_what_is_possible() {
            self.time.twin.first = None;
            return Look::Differs;
        }
        let this = self.fingerprint();
        match self.time.twin.first.take() {
            None => {
                let twin = &mut self.time.twin;
                (twin.first, twin.falling) = (Some(this), !twin.falling);
                Look::Again
            }
            Some(first) if first == this => {
                self.time.twin.decided_nothing = true;
                Look::Done
            }
            Some(_) => Look::Differs,
        }
    }

    /// What the execution came to, as far as lengths might have decided it.
    fn fingerprint(&mut self) -> u64 {
        let mut print = std::mem::take(&mut self.time.twin.waits);
        for event in self.events.all() {
            (event.thread, event.alt, event.footprint).hash(&mut print);
            std::mem::discriminant(&event.op).hash(&mut print);
        }
        self.now.outcome.hash(&mut print);
        for note in &self.now.panics {
            (note.thread, note.taken_by, &note.panic.message).hash(&mut print);
        }
        if let Some(fault) = &self.now.fault {
            (fault.kind, &fault.message).hash(&mut print);
        }
        print.finish()
    }
}
