//! Objects that several processes change: dictionaries, lists, values.
//!
//! Unlike [`process::Queue`](super::process::Queue) and its like they are not passed through but kept. A
//! [`Manager`] is natively a process of its own that has them; everywhere else a handle is a proxy, as
//! in Python. Every single operation is atomic, and no two are together: whoever reads a value and writes one
//! that was computed from it needs a [`Lock`](super::process::Lock).
//!
//! Natively every call blocks until the manager's process has answered; none waits for what another process is
//! to do, but for the [lock](Value::get_lock) of a value.
//!
//! What they hold are copies. A handle of another object is no data and is refused.

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
