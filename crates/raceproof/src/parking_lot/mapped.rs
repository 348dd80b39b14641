//! Guards for a part of what a lock holds.
#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::execution::note_effect;

/// A guard of any lock.
trait Held {}

impl<G> Held for G {}

/// A part of what a guard guards, and the guard.
pub(super) struct Part<'a, T: ?Sized> {
    data: NonNull<T>,
    held: Box<dyn Held + 'a>,
}

impl<'a, T: ?Sized> Part<'a, T> {
    /// What `f` finds in what a guard guards; or else the guard again. The guard is one of a lock of this crate: what
    /// it guards stays where it is when the guard moves, and nothing else reaches it while there is the guard.
    pub(super) fn of<G: DerefMut + 'a>(
        mut guard: G,
        f: impl FnOnce(&mut G::Target) -> Option<&mut T>,
    ) -> Result<Self, G> {
        match f(&mut guard).map(NonNull::from) {
            Some(data) => Ok(Part { data, held: Box::new(guard) }),
            None => Err(guard),
        }
    }

    /// As [`Part::of`], of a guard that gives shared access.
    pub(super) fn shared<G: Deref + 'a>(
        guard: G,
        f: impl FnOnce(&G::Target) -> Option<&T>,
    ) -> Result<Self, G> {
        match f(&guard).map(NonNull::from) {
            Some(data) => Ok(Part { data, held: Box::new(guard) }),
            None => Err(guard),
        }
    }

    /// A part of this part; or else this again.
    fn part<U: ?Sized>(
        self,
        f: impl FnOnce(NonNull<T>) -> Option<NonNull<U>>,
    ) -> Result<Part<'a, U>, Self> {
        match f(self.data) {
            Some(data) => Ok(Part { data, held: self.held }),
            None => Err(self),
        }
    }
}

macro_rules! mapped {
    ($(#[$attr:meta])* $name:ident, $reference:ty) => {
        $(#[$attr])*
        #[must_use = "the lock is given back as soon as the guard is dropped"]
        pub struct $name<'a, T: ?Sized>(Part<'a, T>, PhantomData<$reference>);

        impl<'a, T: ?Sized> $name<'a, T> {
            pub(super) fn new(part: Part<'a, T>) -> Self {
                $name(part, PhantomData)
            }
        }

        impl<T: ?Sized> Deref for $name<'_, T> {
            type Target = T;

            fn deref(&self) -> &T {
                // SAFETY: the guard that `Part` holds guards the data, which is where it was when the part was made.
                unsafe { self.0.data.as_ref() }
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

mapped!(
    /// Access to a part of a mutex's data: see [`MutexGuard::map`](super::MutexGuard::map).
    MappedMutexGuard, &'a mut T
);
mapped!(
    /// Shared access to a part of a lock's data: see [`RwLockReadGuard::map`](super::RwLockReadGuard::map).
    MappedRwLockReadGuard, &'a T
);
mapped!(
    /// Exclusive access to a part of a lock's data: see [`RwLockWriteGuard::map`](super::RwLockWriteGuard::map).
    MappedRwLockWriteGuard, &'a mut T
);

macro_rules! exclusive {
    ($name:ident) => {
        impl<T: ?Sized> DerefMut for $name<'_, T> {
            fn deref_mut(&mut self) -> &mut T {
                note_effect();
                // SAFETY: as of `deref`; the guard gives exclusive access.
                unsafe { self.0.data.as_mut() }
            }
        }

        impl<'a, T: ?Sized> $name<'a, T> {
            /// A guard for a part of the part.
            pub fn map<U: ?Sized>(guard: Self, f: impl FnOnce(&mut T) -> &mut U) -> $name<'a, U> {
                match Self::try_map(guard, |data| Some(f(data))) {
                    Ok(mapped) => mapped,
                    Err(_) => unreachable!("there is always a part"),
                }
            }

            /// A guard for a part of the part, if there is one.
            ///
            /// # Errors
            ///
            /// The guard again, if there is none.
            pub fn try_map<U: ?Sized>(
                guard: Self,
                f: impl FnOnce(&mut T) -> Option<&mut U>,
            ) -> Result<$name<'a, U>, Self> {
                note_effect();
                // SAFETY: as of `deref_mut`.
                let part = guard.0.part(|mut data| f(unsafe { data.as_mut() }).map(NonNull::from));
                part.map($name::new).map_err($name::new)
            }
        }
    };
}

exclusive!(MappedMutexGuard);
exclusive!(MappedRwLockWriteGuard);

impl<'a, T: ?Sized> MappedRwLockReadGuard<'a, T> {
    /// A guard for a part of the part.
    pub fn map<U: ?Sized>(guard: Self, f: impl FnOnce(&T) -> &U) -> MappedRwLockReadGuard<'a, U> {
        match Self::try_map(guard, |data| Some(f(data))) {
            Ok(mapped) => mapped,
            Err(_) => unreachable!("there is always a part"),
        }
    }

    /// A guard for a part of the part, if there is one.
    ///
    /// # Errors
    ///
    /// The guard again, if there is none.
    pub fn try_map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRwLockReadGuard<'a, U>, Self> {
        // SAFETY: as of `deref`.
        let part = guard.0.part(|data| f(unsafe { data.as_ref() }).map(NonNull::from));
        part.map(MappedRwLockReadGuard::new).map_err(MappedRwLockReadGuard::new)
    }
}
