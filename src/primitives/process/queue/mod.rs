//! Queues between processes.

pub(in crate::primitives) mod items;
mod joinable;
mod plain;

pub use self::{joinable::JoinableQueue, plain::Queue};
