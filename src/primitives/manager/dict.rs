//! Managed dictionaries.

use super::{
    ManagerError,
    table::{Bytes, Reply, Request, Table},
};
use crate::{
    backend::Backend,
    primitives::process::{
        Item,
        kept::Stored,
        remote::{Remote, mismatch},
        wire,
    },
};
use serde::{Deserialize, Serialize};
use std::{fmt, marker::PhantomData};

/// A dictionary that several processes change.
///
/// Like the proxy of Python's `Manager().dict()`. Entries come in the order in which their keys were first inserted. A value cannot be changed in
/// place. Each call is atomic; two calls together are not: `dict.insert(&k, &(dict.get(&k)? - 1))` loses updates. Two keys are equal if their
/// serialised forms are equal, so a key must not be a hashed set or map.
///
/// A value may be, or have in it, a handle of another managed object; as long as the value is in the dictionary, the object is there. (A
/// dictionary that has itself in it is there until the manager ends.)
///
/// ```standalone_crate
/// # use raceproof_suite::{backend::Std, primitives::{manager::*, process}};
/// process::serve(&[]);
/// let manager = Manager::<Std>::start()?;
/// let ages = manager.dict::<String, u32>()?;
/// ages.insert(&"Ann".into(), &30)?;
/// assert_eq!(ages.insert(&"Ann".into(), &31), Ok(Some(30)));
/// assert_eq!(ages.get(&"Bob".into()), Err(ManagerError::NoSuchKey));
/// assert_eq!(ages.get_or_insert(&"Bob".into(), &7), Ok(7));
/// assert_eq!(ages.items()?, [("Ann".into(), 31), ("Bob".into(), 7)]);
///
/// let courses = manager.dict::<String, List<Std, String>>()?;
/// courses.insert(&"Rust".into(), &manager.list()?)?;
/// courses.get(&"Rust".into())?.push(&"Ann".into())?;
/// assert_eq!(courses.get(&"Rust".into())?.to_vec()?, ["Ann"]);
/// # Ok::<(), ManagerError>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Dict<B: Backend, K: Item, V: Item>(Remote<B, Table<B>>, PhantomData<fn(K) -> V>);

impl<B: Backend, K: Item, V: Item> Dict<B, K, V> {
    pub(super) fn new(table: Remote<B, Table<B>>) -> Self {
        Self(table, PhantomData)
    }

    #[track_caller]
    fn value(&self, request: Request) -> Result<Option<V>, ManagerError> {
        match self.0.ask(request)? {
            Reply::Value(value) => Ok(value.map(|value| value.value()).transpose()?),
            _ => mismatch(),
        }
    }

    /// Sets the value of `key`, and returns the old one.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// assert_eq!(stock.insert(&'a', &3), Ok(None));
    /// assert_eq!(stock.insert(&'a', &4), Ok(Some(3)));
    /// # });
    /// ```
    #[track_caller]
    pub fn insert(&self, key: &K, value: &V) -> Result<Option<V>, ManagerError> {
        self.value(Request::Insert(wire::data(key)?, Stored::of(value)?))
    }

    /// The value of `key`, which is set to `value` if it has none (Python's `setdefault`).
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// assert_eq!(stock.get_or_insert(&'a', &3), Ok(3));
    /// assert_eq!(stock.get_or_insert(&'a', &4), Ok(3), "it was there");
    /// # });
    /// ```
    #[track_caller]
    pub fn get_or_insert(&self, key: &K, value: &V) -> Result<V, ManagerError> {
        let request = Request::Default(wire::data(key)?, Stored::of(value)?);
        self.value(request)?.ok_or(ManagerError::NoSuchKey)
    }

    /// The value of `key`.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchKey`] and those of [`insert`](Self::insert).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// assert_eq!(stock.get(&'a'), Err(ManagerError::NoSuchKey));
    /// stock.insert(&'a', &3).unwrap();
    /// assert_eq!(stock.get(&'a'), Ok(3));
    /// # });
    /// ```
    #[track_caller]
    pub fn get(&self, key: &K) -> Result<V, ManagerError> {
        self.value(Request::Get(wire::data(key)?))?.ok_or(ManagerError::NoSuchKey)
    }

    /// Removes the entry of `key`, and returns its value (Python's `pop`).
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchKey`] and those of [`insert`](Self::insert).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// stock.insert(&'a', &3).unwrap();
    /// assert_eq!(stock.remove(&'a'), Ok(3));
    /// assert_eq!(stock.remove(&'a'), Err(ManagerError::NoSuchKey));
    /// # });
    /// ```
    #[track_caller]
    pub fn remove(&self, key: &K) -> Result<V, ManagerError> {
        self.value(Request::Remove(wire::data(key)?))?.ok_or(ManagerError::NoSuchKey)
    }

    /// Whether `key` has a value at this moment.
    ///
    /// # Errors
    ///
    /// Those of [`insert`](Self::insert).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// stock.insert(&'a', &3).unwrap();
    /// assert_eq!([stock.contains(&'a'), stock.contains(&'b')], [Ok(true), Ok(false)]);
    /// # });
    /// ```
    #[track_caller]
    pub fn contains(&self, key: &K) -> Result<bool, ManagerError> {
        Ok(self.value(Request::Get(wire::data(key)?))?.is_some())
    }

    /// The number of entries at this moment.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// stock.insert(&'a', &3).unwrap();
    /// stock.insert(&'a', &4).unwrap();
    /// assert_eq!(stock.len(), Ok(1));
    /// # });
    /// ```
    #[track_caller]
    pub fn len(&self) -> Result<usize, ManagerError> {
        match self.0.ask(Request::Length)? {
            Reply::Length(length) => Ok(length),
            _ => mismatch(),
        }
    }

    /// Whether there are no entries at this moment.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// assert_eq!(stock.is_empty(), Ok(true));
    /// manager.shutdown();
    /// assert_eq!(stock.is_empty(), Err(ManagerError::Gone));
    /// # });
    /// ```
    #[track_caller]
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        Ok(self.len()? == 0)
    }

    /// All entries, as they are at one moment.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// for (product, count) in [('b', 1), ('a', 2), ('b', 3)] {
    ///     stock.insert(&product, &count).unwrap();
    /// }
    /// assert_eq!(stock.items(), Ok(vec![('b', 3), ('a', 2)]), "a key keeps its place");
    /// # });
    /// ```
    #[track_caller]
    pub fn items(&self) -> Result<Vec<(K, V)>, ManagerError> {
        let Reply::Entries(entries) = self.0.ask(Request::Entries)? else { mismatch() };
        let entry = |(key, value): (Bytes, Stored)| Ok((wire::read(&key)?, value.value()?));
        entries.into_iter().map(entry).collect()
    }

    /// Removes all entries.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let stock = manager.dict::<char, u32>().unwrap();
    /// stock.insert(&'a', &3).unwrap();
    /// stock.clear().unwrap();
    /// assert_eq!(stock.items(), Ok(vec![]));
    /// # });
    /// ```
    #[track_caller]
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.value(Request::Clear).map(drop)
    }
}

impl<B: Backend, K: Item, V: Item> Clone for Dict<B, K, V> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<B: Backend, K: Item, V: Item> fmt::Debug for Dict<B, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dict").field(&self.0).finish()
    }
}
