//! Connections that carry bytes: listeners and streams.
//!
//! Unlike a [`Pipe`](super::Pipe) a stream carries bytes, not messages, and a listener creates one
//! connection for each client.

mod listener;
mod stream;

pub use self::{
    listener::{Address, Listener},
    stream::Stream,
};
pub use crate::backend::net::NetError;

#[cfg(test)]
mod tests;
