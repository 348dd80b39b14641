//! The errors of a pipe's ends.

use serde::{Deserialize, Serialize};

/// A pipe must have room for at least one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pipe needs room for at least one message")]
pub struct NoCapacity;

/// Why a message could not be sent. The error returns the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum SendError<T> {
    /// The other end is closed, before the send or while it blocked.
    #[error("the other end of the pipe is closed")]
    BrokenPipe(T),
    /// This end is closed, before the send or while it blocked.
    #[error("this end of the pipe is closed")]
    Closed(T),
    /// This end only receives.
    #[error("this end of the pipe is read-only")]
    ReadOnly(T),
    /// There is no room, or none came free in time.
    #[error("the pipe is full")]
    Full(T),
}

impl<T> SendError<T> {
    /// The message that was not sent.
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::SendError};
    /// let (left, right) = Pipe::duplex(1)?;
    /// drop(right);
    /// let message = left.send("a letter").map_err(SendError::into_inner);
    /// assert_eq!(message, Err("a letter"));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::BrokenPipe(message)
            | Self::Closed(message)
            | Self::ReadOnly(message)
            | Self::Full(message) => message,
        }
    }
}

/// Why no message could be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum RecvError {
    /// Every message has been received, and the other end is closed.
    #[error("end of file: the other end of the pipe is closed")]
    EndOfFile,
    /// This end is closed, before the receive or while it blocked.
    #[error("this end of the pipe is closed")]
    Closed,
    /// This end only sends.
    #[error("this end of the pipe is write-only")]
    WriteOnly,
    /// There is no message, or none came in time.
    #[error("the pipe is empty")]
    Empty,
}
