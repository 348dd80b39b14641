//! Connections that carry bytes: a listener, and the streams that come of it.
//!
//! Unlike a [`Pipe`](super::Pipe) a stream has no messages, only bytes, and a listener makes as many
//! connections as there are clients.

mod listener;
mod stream;

pub use self::{
    listener::{Address, Listener},
    stream::Stream,
};
pub use crate::backend::net::NetError;

#[cfg(test)]
mod tests;
