//! A weak reference.

use std::fmt;
use std::panic::Location;
use std::sync::Weak as Std;

use super::Arc;
use crate::execution::{Owners, misuse};
use crate::kernel::owners::Count;

/// A reference to a value that does not keep it alive, as `std::sync::Weak`. See [`Arc`].
pub struct Weak<T: ?Sized> {
    /// There until it is dropped or taken apart.
    reference: Option<Std<T>>,
    owners: Owners,
}

impl<T> Weak<T> {
    /// A reference to nothing.
    #[must_use]
    pub const fn new() -> Self {
        Weak { reference: Some(Std::new()), owners: Owners::NONE }
    }
}

impl<T: ?Sized> Weak<T> {
    pub(super) fn from_parts(reference: Std<T>, owners: Owners) -> Self {
        Weak { reference: Some(reference), owners }
    }

    /// Takes it apart. It counts on.
    pub(super) fn into_parts(mut self) -> (Std<T>, Owners) {
        let reference = self.reference.take().expect("it is taken apart once");
        (reference, self.owners)
    }

    pub(super) fn std(&self) -> &Std<T> {
        self.reference.as_ref().expect("it has not been taken apart")
    }

    pub(super) fn owners(&self) -> Owners {
        self.owners
    }

    /// Asks for a count. A value that is gone stays so, whichever execution it was of.
    #[track_caller]
    fn ask(&self, how: Count) -> Option<usize> {
        let (at, owners) = (Location::caller(), self.owners);
        let asks = self.std().strong_count() > 0 || !owners.is_none();
        asks.then(|| owners.ask(how, at)).flatten()
    }

    /// The same reference to a value of another type: `f` coerces the `Weak` of std that it is made of.
    ///
    /// # Panics
    ///
    /// If `f` returns another `Weak`.
    #[track_caller]
    pub fn coerce<U: ?Sized>(self, f: impl FnOnce(Std<T>) -> Std<U>) -> Weak<U> {
        let (reference, owners) = self.into_parts();
        let before = reference.as_ptr().addr();
        let reference = f(reference);
        if reference.as_ptr().addr() != before {
            misuse("Weak::coerce takes a function that coerces the Weak that it is given");
        }
        Weak { reference: Some(reference), owners }
    }

    /// An owner of the value, if it still has one.
    #[must_use = "this returns a new `Arc`, without modifying the original weak pointer"]
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        if self.ask(Count::Upgrade).is_some() {
            return None;
        }
        self.std().upgrade().map(|value| Arc::from_parts(value, self.owners))
    }

    /// How many owners the value has.
    #[must_use]
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        self.ask(Count::Owners).unwrap_or_else(|| self.std().strong_count())
    }

    /// How many weak references there are to the value; 0 if it has no owner.
    #[must_use]
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        match self.ask(Count::Weaks) {
            Some(0) => 0,
            _ => self.std().weak_count(),
        }
    }

    /// Whether both refer to one value, or both to nothing.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.std().ptr_eq(other.std())
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.owners.count(Count::AddWeak, Location::caller());
        Weak { reference: self.reference.clone(), owners: self.owners }
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        let Some(reference) = self.reference.take() else { return };
        self.owners.count(Count::DropWeak, Location::caller());
        drop(reference);
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
