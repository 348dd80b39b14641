//! Managed arrays.

use super::{List, ManagerError, sequence::Sequence};
use crate::{
    backend::Backend,
    primitives::process::{Item, Lock, remote::Remote},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An array of a fixed size that several processes change.
///
/// As Python's `multiprocessing.Array`, with the same remarks as for [`Value`](super::Value).
///
/// ```standalone_crate
/// # use raceproof::{backend::Std, primitives::{manager::*, process}};
/// process::serve(&[]);
/// let manager = Manager::<Std>::start()?;
/// let wins = manager.array(&[0, 0])?;
/// assert_eq!(wins.set(1, &5), Ok(0));
/// assert_eq!(wins.set(2, &5), Err(ManagerError::NoSuchIndex));
/// assert_eq!((wins.len()?, wins.to_vec()?), (2, vec![0, 5]));
/// # Ok::<(), ManagerError>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Array<B: Backend, T: Item> {
    elements: List<B, T>,
    lock: Lock<B>,
}

impl<B: Backend, T: Item> Array<B, T> {
    pub(super) fn new(elements: Remote<B, Sequence<B>>, lock: Lock<B>) -> Self {
        Self { elements: List::new(elements), lock }
    }

    /// The element at `index`.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchIndex`] and [`ManagerError::Gone`].
    #[track_caller]
    pub fn get(&self, index: usize) -> Result<T, ManagerError> {
        self.elements.get(index)
    }

    /// Replaces the element at `index` by `element`; returns the one that was there before.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchIndex`], [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    #[track_caller]
    pub fn set(&self, index: usize, element: &T) -> Result<T, ManagerError> {
        self.elements.set(index, element)
    }

    /// How many elements there are.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    #[track_caller]
    pub fn len(&self) -> Result<usize, ManagerError> {
        self.elements.len()
    }

    /// Whether it has no elements.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    #[track_caller]
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        self.elements.is_empty()
    }

    /// All elements, as they are at one moment.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    #[track_caller]
    pub fn to_vec(&self) -> Result<Vec<T>, ManagerError> {
        self.elements.to_vec()
    }

    /// The lock that comes with the array, for several calls together.
    #[must_use]
    pub fn get_lock(&self) -> &Lock<B> {
        &self.lock
    }
}

impl<B: Backend, T: Item> Clone for Array<B, T> {
    fn clone(&self) -> Self {
        Self { elements: self.elements.clone(), lock: self.lock.clone() }
    }
}

impl<B: Backend, T: Item> fmt::Debug for Array<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Array").field(&self.elements).finish()
    }
}
