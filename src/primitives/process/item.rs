//! Values that can cross to another process.

use serde::{Serialize, de::DeserializeOwned};

/// A value that can cross to another process: everything that serde can serialise and deserialise, and
/// the handles of this module.
pub trait Item: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Item for T {}
