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
/// Like Python's `multiprocessing.Array`, with the same remarks as for [`Value`](super::Value).
///
/// ```standalone_crate
/// # use raceproof_suite::{backend::Std, primitives::{manager::*, process}};
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
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let wins = manager.array(&[3, 5]).unwrap();
    /// assert_eq!([wins.get(1), wins.get(2)], [Ok(5), Err(ManagerError::NoSuchIndex)]);
    /// # });
    /// ```
    #[track_caller]
    pub fn get(&self, index: usize) -> Result<T, ManagerError> {
        self.elements.get(index)
    }

    /// Replaces the element at `index` by `element`, and returns the old one.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchIndex`], [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let wins = manager.array(&[3, 5]).unwrap();
    /// assert_eq!([wins.set(1, &6), wins.set(2, &1)], [Ok(5), Err(ManagerError::NoSuchIndex)]);
    /// # });
    /// ```
    #[track_caller]
    pub fn set(&self, index: usize, element: &T) -> Result<T, ManagerError> {
        self.elements.set(index, element)
    }

    /// The number of elements.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let wins = manager.array(&[3, 5]).unwrap();
    /// assert_eq!(wins.len(), Ok(2));
    /// # });
    /// ```
    #[track_caller]
    pub fn len(&self) -> Result<usize, ManagerError> {
        self.elements.len()
    }

    /// Whether it has no elements.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let wins = manager.array::<u32>(&[]).unwrap();
    /// assert_eq!(wins.is_empty(), Ok(true));
    /// # });
    /// ```
    #[track_caller]
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        self.elements.is_empty()
    }

    /// All elements, as they are at one moment.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let wins = manager.array(&[3, 5]).unwrap();
    /// wins.set(0, &4).unwrap();
    /// assert_eq!(wins.to_vec(), Ok(vec![4, 5]));
    /// # });
    /// ```
    #[track_caller]
    pub fn to_vec(&self) -> Result<Vec<T>, ManagerError> {
        self.elements.to_vec()
    }

    /// The lock that belongs to the array, for several calls together.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let wins = manager.array(&[3, 5]).unwrap();
    /// let held = wins.get_lock().lock().unwrap();
    /// let first = wins.set(0, &wins.get(1).unwrap()).unwrap();
    /// wins.set(1, &first).unwrap();
    /// drop(held);
    /// assert_eq!(wins.to_vec(), Ok(vec![5, 3]));
    /// # });
    /// ```
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
