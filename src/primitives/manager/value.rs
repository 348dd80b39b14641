//! Managed values.

use super::{List, ManagerError, sequence::Sequence};
use crate::{
    backend::Backend,
    primitives::process::{Item, Lock, remote::Remote},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A variable that several processes change.
///
/// Like Python's `multiprocessing.Value`: every access is locked, but an increment is two accesses. Hold
/// its [lock](Self::get_lock) for accesses that belong together. Unlike in Python an access does not take
/// that lock itself, so the lock excludes only callers that take it; and it is not reentrant, and need not
/// be. (A manager keeps the value; it is not in shared memory.)
///
/// ```standalone_crate
/// # use raceproof_suite::{backend::Std, primitives::{manager::*, process}};
/// process::serve(&[]);
/// let manager = Manager::<Std>::start()?;
/// let count = manager.value(&40)?;
/// let held = count.get_lock().lock().expect("the manager is there");
/// count.set(&(count.get()? + 2))?;
/// drop(held);
/// assert_eq!(count.get(), Ok(42));
/// # Ok::<(), ManagerError>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Value<B: Backend, T: Item> {
    /// The value is its only element.
    cell: List<B, T>,
    lock: Lock<B>,
}

impl<B: Backend, T: Item> Value<B, T> {
    pub(super) fn new(cell: Remote<B, Sequence<B>>, lock: Lock<B>) -> Self {
        Self { cell: List::new(cell), lock }
    }

    /// The current value.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let count = manager.value(&40).unwrap();
    /// assert_eq!(count.get(), Ok(40));
    /// manager.shutdown();
    /// assert_eq!(count.get(), Err(ManagerError::Gone));
    /// # });
    /// ```
    #[track_caller]
    pub fn get(&self) -> Result<T, ManagerError> {
        self.cell.get(0)
    }

    /// Replaces the value by `value`, and returns the old one.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let count = manager.value(&40).unwrap();
    /// assert_eq!(count.set(&42), Ok(40));
    /// assert_eq!(count.get(), Ok(42));
    /// # });
    /// ```
    #[track_caller]
    pub fn set(&self, value: &T) -> Result<T, ManagerError> {
        self.cell.set(0, value)
    }

    /// The lock that belongs to the value, for several accesses together.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let count = manager.value(&40).unwrap();
    /// let held = count.get_lock().lock().unwrap();
    /// count.set(&(count.get().unwrap() + 2)).unwrap();
    /// assert_eq!(count.get_lock().try_acquire(), Ok(false), "others wait");
    /// drop(held);
    /// assert_eq!(count.get(), Ok(42));
    /// # });
    /// ```
    #[must_use]
    pub fn get_lock(&self) -> &Lock<B> {
        &self.lock
    }
}

impl<B: Backend, T: Item> Clone for Value<B, T> {
    fn clone(&self) -> Self {
        Self { cell: self.cell.clone(), lock: self.lock.clone() }
    }
}

impl<B: Backend, T: Item> fmt::Debug for Value<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Value").field(&self.cell).finish()
    }
}
