//! Objects that several processes change: dictionaries, lists, values.
//!
//! Unlike a [`process::Queue`](super::process::Queue) they keep values instead of passing them on. Natively a
//! [`Manager`] is a process of its own that holds the objects; in all other processes a handle is a proxy, as
//! in Python. Every single operation is atomic, and two together are not: a process that reads a value and
//! writes one computed from it needs a [`Lock`](super::process::Lock).
//!
//! Natively every call blocks until the manager's process has answered. No call waits for another process to
//! act, except for the [lock](Value::get_lock) of a value.
//!
//! The objects hold copies. A handle of another object is not data, and is refused.

mod array;
mod dict;
mod error;
mod list;
mod namespace;
mod root;
mod sequence;
mod server;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use self::{
    array::Array, dict::Dict, error::ManagerError, list::List, namespace::Namespace,
    server::Manager, value::Value,
};

pub(in crate::primitives) use self::server::entries;
