//! Queues between processes.

mod items;
mod joinable;
mod plain;

pub use self::{joinable::JoinableQueue, plain::Queue};
