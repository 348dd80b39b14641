//! Objects that several processes change: dictionaries, lists, values.
//!
//! Unlike a [`process::Queue`](super::process::Queue) they keep values instead of passing them on. Natively a
//! [`Manager`] is a process of its own that holds the objects; in all other processes a handle is a proxy, as
//! in Python. Every single operation is atomic, and two together are not: a process that reads a value and
//! writes one computed from it needs a [`Lock`](super::process::Lock).
//!
//! There are also objects at which processes wait, as [queues](Queue) and [locks](Manager::lock), and objects of types of
//! one's [own](Managed).
//!
//! Natively every call blocks until the manager's process has answered. Calls of several clients run at the same time: one
//! that waits delays no other. A client that is killed in a call leaves nothing behind: it gets no item and no permit.
//! What it holds stays held, as with a [`process::Lock`](super::process::Lock).
//!
//! The objects hold copies. A handle of another object, of this manager or not, stays a handle, and keeps its object; so a
//! managed dictionary can have managed lists in it. Only an end of a pipe is refused, as it has one owner.

mod array;
mod class;
mod dict;
mod error;
mod list;
mod namespace;
mod objects;
mod proxy;
mod queue;
mod root;
mod sequence;
mod server;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use self::{
    array::Array,
    class::{Managed, Methods, class},
    dict::Dict,
    error::ManagerError,
    list::List,
    namespace::Namespace,
    proxy::Proxy,
    queue::Queue,
    server::Manager,
    value::Value,
};

pub(in crate::primitives) use self::{class::Make, server::entries};
