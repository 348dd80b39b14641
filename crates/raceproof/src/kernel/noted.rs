//! What is noted of objects by the places where they are made, which outlives executions.

use std::panic::Location;

/// A note for each of some places. There are few, and they stay.
#[derive(Debug)]
pub(crate) struct Noted<T: 'static>(Option<&'static Note<T>>);

/// A note, in front of those that were made before it.
#[derive(Debug)]
struct Note<T: 'static> {
    at: &'static Location<'static>,
    what: T,
    others: Noted<T>,
}

impl<T> Clone for Noted<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Noted<T> {}

impl<T> Default for Noted<T> {
    fn default() -> Self {
        Noted(None)
    }
}

impl<T: Copy> Noted<T> {
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_none()
    }

    /// The last note of what is made here.
    #[inline]
    pub(crate) fn of(self, at: &'static Location<'static>) -> Option<T> {
        let mut notes = std::iter::successors(self.0, |note| note.others.0);
        notes.find(|note| note.at == at).map(|note| note.what)
    }

    pub(crate) fn note(&mut self, at: &'static Location<'static>, what: T) {
        self.0 = Some(Box::leak(Box::new(Note { at, what, others: *self })));
    }
}
