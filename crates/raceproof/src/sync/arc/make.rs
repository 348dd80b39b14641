//! Making values with an owner.

use std::mem::MaybeUninit;
use std::panic::Location;
use std::sync::Arc as Std;

use super::{Arc, Weak};
use crate::execution::Owners;
use crate::kernel::owners::Count;

impl<T> Arc<T> {
    /// The owner of a value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::from_std(Std::new(value))
    }

    /// The owner of a value that is made with a weak reference to itself, by which there is nothing yet
    /// while `f` runs.
    ///
    /// ```
    /// use raceproof::sync::{Arc, Weak};
    ///
    /// struct Node(Weak<Node>);
    ///
    /// raceproof::model(|| {
    ///     let node = Arc::new_cyclic(|own| {
    ///         assert!(own.upgrade().is_none());
    ///         Node(own.clone())
    ///     });
    ///     assert!(Arc::ptr_eq(&node.0.upgrade().unwrap(), &node));
    /// });
    /// ```
    #[track_caller]
    pub fn new_cyclic<F: FnOnce(&Weak<T>) -> T>(f: F) -> Self {
        let at = Location::caller();
        let owners = Owners::of_new(0, at);
        let value = Std::new_cyclic(|reference| {
            let reference = Weak::from_parts(reference.clone(), owners);
            let value = f(&reference);
            // It was only lent: it goes uncounted.
            drop(reference.into_parts());
            owners.count(Count::Begin, at);
            value
        });
        Arc::from_parts(value, owners)
    }

    /// The owner of a value that is written later.
    #[must_use]
    #[track_caller]
    pub fn new_uninit() -> Arc<MaybeUninit<T>> {
        Arc::from_std(Std::new_uninit())
    }

    /// As [`Arc::new_uninit`], of bytes that are 0.
    #[must_use]
    #[track_caller]
    pub fn new_zeroed() -> Arc<MaybeUninit<T>> {
        Arc::from_std(Std::new_zeroed())
    }
}

impl<T> Arc<[T]> {
    /// The owner of so many values that are written later.
    #[must_use]
    #[track_caller]
    pub fn new_uninit_slice(len: usize) -> Arc<[MaybeUninit<T>]> {
        Arc::from_std(Std::new_uninit_slice(len))
    }

    /// As [`Arc::new_uninit_slice`], of bytes that are 0.
    #[must_use]
    #[track_caller]
    pub fn new_zeroed_slice(len: usize) -> Arc<[MaybeUninit<T>]> {
        Arc::from_std(Std::new_zeroed_slice(len))
    }
}
