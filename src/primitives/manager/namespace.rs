//! Managed namespaces.

use super::{Dict, ManagerError, table::Table};
use crate::{
    backend::Backend,
    primitives::process::{Item, kept::Stored, remote::Remote},
};
use serde::{Deserialize, Serialize};
use std::{any::type_name, fmt};

/// Named values of any type that several processes change.
///
/// Like the proxy of Python's `Manager().Namespace()`, whose attributes are these names. A value is read as
/// the type that it was set as.
///
/// ```standalone_crate
/// # use raceproof_suite::{backend::Std, primitives::{manager::*, process}};
/// process::serve(&[]);
/// let manager = Manager::<Std>::start()?;
/// let settings = manager.namespace()?;
/// settings.set("width", &80)?;
/// settings.set("title", &"Report".to_string())?;
/// assert_eq!(settings.get("width"), Ok(80));
/// assert_eq!(settings.get::<String>("width"), Err(ManagerError::WrongType));
/// settings.delete("width")?;
/// assert_eq!(settings.get::<i32>("width"), Err(ManagerError::NoSuchKey));
/// assert_eq!(settings.names()?, ["title"]);
/// # Ok::<(), ManagerError>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Namespace<B: Backend>(
    /// For each name, the name of its value's type, and the value.
    Dict<B, String, (String, Stored)>,
);

impl<B: Backend> Namespace<B> {
    pub(super) fn new(table: Remote<B, Table<B>>) -> Self {
        Self(Dict::new(table))
    }

    /// The value called `name`.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchKey`], [`ManagerError::WrongType`] and [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let settings = manager.namespace().unwrap();
    /// settings.set("width", &80).unwrap();
    /// assert_eq!(settings.get("width"), Ok(80));
    /// assert_eq!(settings.get::<String>("width"), Err(ManagerError::WrongType));
    /// assert_eq!(settings.get::<i32>("height"), Err(ManagerError::NoSuchKey));
    /// # });
    /// ```
    #[track_caller]
    pub fn get<T: Item>(&self, name: &str) -> Result<T, ManagerError> {
        let (kind, value) = self.0.get(&name.into())?;
        if kind != type_name::<T>() {
            return Err(ManagerError::WrongType);
        }
        Ok(value.value()?)
    }

    /// Sets the value called `name`.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`] and [`ManagerError::Unsendable`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let settings = manager.namespace().unwrap();
    /// settings.set("width", &80).unwrap();
    /// settings.set("width", &"wide".to_string()).unwrap();
    /// assert_eq!(settings.get::<String>("width").as_deref(), Ok("wide"));
    /// # });
    /// ```
    #[track_caller]
    pub fn set<T: Item>(&self, name: &str, value: &T) -> Result<(), ManagerError> {
        let value = (type_name::<T>().into(), Stored::of(value)?);
        self.0.insert(&name.into(), &value).map(drop)
    }

    /// Removes the value called `name`.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoSuchKey`] and [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let settings = manager.namespace().unwrap();
    /// settings.set("width", &80).unwrap();
    /// settings.delete("width").unwrap();
    /// assert_eq!(settings.delete("width"), Err(ManagerError::NoSuchKey));
    /// # });
    /// ```
    #[track_caller]
    pub fn delete(&self, name: &str) -> Result<(), ManagerError> {
        self.0.remove(&name.into()).map(drop)
    }

    /// The names, as they are at one moment, in the order in which they were first set.
    ///
    /// # Errors
    ///
    /// [`ManagerError::Gone`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::manager::{Manager, ManagerError}};
    /// # model(|| {
    /// # let manager = Manager::<Dpor>::start().unwrap();
    /// let settings = manager.namespace().unwrap();
    /// settings.set("width", &80).unwrap();
    /// settings.set("height", &25).unwrap();
    /// assert_eq!(settings.names().unwrap(), ["width", "height"]);
    /// # });
    /// ```
    #[track_caller]
    pub fn names(&self) -> Result<Vec<String>, ManagerError> {
        Ok(self.0.items()?.into_iter().map(|(name, _)| name).collect())
    }
}

impl<B: Backend> Clone for Namespace<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend> fmt::Debug for Namespace<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Namespace").field(&self.0).finish()
    }
}
