//! What can cross to another process.

use serde::{Serialize, de::DeserializeOwned};

/// What can cross to another process: whatever serde can write and read, and the handles of this module.
pub trait Item: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Item for T {}
