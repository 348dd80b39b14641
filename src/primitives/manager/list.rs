//! Managed lists.

use super::{
    ManagerError,
    sequence::{Reply, Request, Sequence},
};
use crate::{
    backend::Backend,
    primitives::process::{
        Item,
        kept::Stored,
        remote::{Remote, mismatch},
    },
};
use serde::{Deserialize, Serialize};
use std::{fmt, marker::PhantomData};

/// A list that several processes change.
///
/// Like the proxy of Python's `Manager().list()`, without negative indices. Each call is atomic; two calls
/// together are not. An element may be a handle of another managed object, as in a [`Dict`](super::Dict).
///
/// ```standalone_crate
/// # use raceproof_suite::{backend::Std, primitives::{manager::*, process}};
/// process::serve(&[]);
/// let manager = Manager::<Std>::start()?;
/// let steps = manager.list()?;
/// steps.extend(&["wash".to_string(), "rinse".into()])?;
/// steps.push(&"repeat".into())?;
/// assert_eq!(steps.pop(), Ok("repeat".into()));
/// assert_eq!(steps.get(2), Err(ManagerError::NoSuchIndex));
/// assert_eq!(steps.to_vec()?, ["wash", "rinse"]);
/// # Ok::<(), ManagerError>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct List<B: Backend, T: Item>(Remote<B, Sequence<B>>, PhantomData<fn(T) -> T>);

impl<B: Backend, T: Item> List<B, T> {
    pub(super) fn new(sequence: Remote<B, Sequence<B>>) -> Self {
        Self(sequence, PhantomData)
    }

    #[track_caller]
    fn element(&self, request: Request) -> Result<T, ManagerError> {
        match self.0.ask(request)? {
            Reply::Element(Some(element)) => Ok(element.value()?),
            Reply::Element(None) => Err(ManagerError::NoSuchIndex),
            _ => mismatch(),
        }
    }

    #[track_caller]
    fn change(&self, request: Request) -> Result<(), ManagerError> {
        match self.0.ask(request)? {
            Reply::Done => Ok(()),
            _ => mismatch(),
        }
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
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.push(&7).unwrap();
    /// assert_eq!([steps.get(0), steps.get(1)], [Ok(7), Err(ManagerError::NoSuchIndex)]);
    /// # });
    /// ```
    #[track_caller]
    pub fn get(&self, index: usize) -> Result<T, ManagerError> {
        self.element(Request::Get(index))
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
    /// let steps = manager.list::<u32>().unwrap();
    /// assert_eq!(steps.set(0, &7), Err(ManagerError::NoSuchIndex), "it never grows");
    /// steps.push(&7).unwrap();
    /// assert_eq!(steps.set(0, &8), Ok(7));
    /// # });
    /// ```
    #[track_caller]
    pub fn set(&self, index: usize, element: &T) -> Result<T, ManagerError> {
        self.element(Request::Set(index, Stored::of(element)?))
    }

    /// Appends `element` (Python's `append`).
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.push(&1).unwrap();
    /// steps.push(&2).unwrap();
    /// assert_eq!(steps.to_vec(), Ok(vec![1, 2]));
    /// # });
    /// ```
    #[track_caller]
    pub fn push(&self, element: &T) -> Result<(), ManagerError> {
        self.change(Request::Push(Stored::of(element)?))
    }

    /// Appends all of `elements` in one step.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.extend(&[1, 2, 3]).unwrap();
    /// assert_eq!(steps.len(), Ok(3));
    /// # });
    /// ```
    #[track_caller]
    pub fn extend(&self, elements: &[T]) -> Result<(), ManagerError> {
        let elements = elements.iter().map(Stored::of).collect::<Result<_, _>>()?;
        self.change(Request::Extend(elements))
    }

    /// Inserts `element` before the one at `index`, or at the end if there is none.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.insert(5, &2).unwrap();
    /// steps.insert(0, &1).unwrap();
    /// assert_eq!(steps.to_vec(), Ok(vec![1, 2]));
    /// # });
    /// ```
    #[track_caller]
    pub fn insert(&self, index: usize, element: &T) -> Result<(), ManagerError> {
        self.change(Request::Insert(index, Stored::of(element)?))
    }

    /// Removes the last element, and returns it.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchIndex`] and [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.extend(&[1, 2]).unwrap();
    /// assert_eq!([steps.pop(), steps.pop()], [Ok(2), Ok(1)]);
    /// assert_eq!(steps.pop(), Err(ManagerError::NoSuchIndex));
    /// # });
    /// ```
    #[track_caller]
    pub fn pop(&self) -> Result<T, ManagerError> {
        self.element(Request::Pop)
    }

    /// Removes the element at `index`, and returns it (Python's `pop(index)`).
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchIndex`] and [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.extend(&[1, 2]).unwrap();
    /// assert_eq!(steps.remove(0), Ok(1));
    /// assert_eq!(steps.remove(1), Err(ManagerError::NoSuchIndex));
    /// # });
    /// ```
    #[track_caller]
    pub fn remove(&self, index: usize) -> Result<T, ManagerError> {
        self.element(Request::Remove(index))
    }

    /// The number of elements at this moment.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.push(&1).unwrap();
    /// assert_eq!(steps.len(), Ok(1));
    /// # });
    /// ```
    #[track_caller]
    pub fn len(&self) -> Result<usize, ManagerError> {
        match self.0.ask(Request::Length)? {
            Reply::Length(length) => Ok(length),
            _ => mismatch(),
        }
    }

    /// Whether there are no elements at this moment.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// assert_eq!(steps.is_empty(), Ok(true));
    /// manager.shutdown();
    /// assert_eq!(steps.is_empty(), Err(ManagerError::Gone));
    /// # });
    /// ```
    #[track_caller]
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        Ok(self.len()? == 0)
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
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.extend(&[1, 2]).unwrap();
    /// let copy = steps.to_vec();
    /// steps.push(&3).unwrap();
    /// assert_eq!(copy, Ok(vec![1, 2]));
    /// # });
    /// ```
    #[track_caller]
    pub fn to_vec(&self) -> Result<Vec<T>, ManagerError> {
        let Reply::Elements(elements) = self.0.ask(Request::Elements)? else { mismatch() };
        elements.iter().map(|element| Ok(element.value()?)).collect()
    }

    /// Removes all elements.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let steps = manager.list::<u32>().unwrap();
    /// steps.extend(&[1, 2]).unwrap();
    /// steps.clear().unwrap();
    /// assert_eq!(steps.to_vec(), Ok(vec![]));
    /// # });
    /// ```
    #[track_caller]
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.change(Request::Clear)
    }
}

impl<B: Backend, T: Item> Clone for List<B, T> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<B: Backend, T: Item> fmt::Debug for List<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("List").field(&self.0).finish()
    }
}
