//! Connections between threads: real ones over TCP natively, in memory under a model checker.

mod either;
mod memory;
mod recorded;
mod tcp;

pub use self::{either::Either, memory::Memory, recorded::Recorded, tcp::Tcp};

use serde::{Deserialize, Serialize};
use std::{fmt, io, time::Duration};

/// A network that carries bytes between the ends of connections.
///
/// A connection has two independent directions. Bytes arrive once and in order. The number of bytes
/// that one read or write moves is unspecified, but at least one.
///
/// Without a timeout an operation blocks until it can be done, or never can.
pub trait Network: fmt::Debug + 'static {
    /// A listener.
    type Listener: fmt::Debug + Send + Sync + 'static;
    /// One end of a connection. Dropping it closes it.
    type Stream: fmt::Debug + Send + Sync + 'static;
    /// The address of a listener.
    type Address: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static;

    /// A listener, with room for `capacity` bytes in each direction of its connections. `capacity` must
    /// not be zero.
    #[track_caller]
    fn listen(name: &str, capacity: usize) -> Result<Self::Listener, NetError>;
    /// The address on which it listens.
    fn address(listener: &Self::Listener) -> Self::Address;
    /// The next connection.
    #[track_caller]
    fn accept(
        listener: &Self::Listener,
        timeout: Option<Duration>,
    ) -> Result<Self::Stream, NetError>;
    /// Stops listening. Threads that wait in an accept are woken, and connections that were not
    /// accepted are cut off.
    #[track_caller]
    fn close_listener(listener: &Self::Listener);
    /// Connects, without waiting to be accepted.
    #[track_caller]
    fn connect(address: &Self::Address) -> Result<Self::Stream, NetError>;
    /// Reads bytes that have arrived; none if `buffer` is empty or no more will come.
    #[track_caller]
    fn read(
        stream: &Self::Stream,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError>;
    /// Writes the first of these bytes; none if there are none.
    #[track_caller]
    fn write(
        stream: &Self::Stream,
        bytes: &[u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError>;
    /// Shuts down writing.
    #[track_caller]
    fn shutdown_write(stream: &Self::Stream) -> Result<(), NetError>;
    /// Closes both directions, and wakes threads that wait in one of them.
    #[track_caller]
    fn close(stream: &Self::Stream);
}

/// Why an operation on a connection failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum NetError {
    /// No listener has the address.
    #[error("connection refused: no listener has this address")]
    Refused,
    /// This end, or this listener, is closed, before the call or while it blocked.
    #[error("this end is closed")]
    Closed,
    /// The other end is closed and will not read the bytes, or writing was shut down at this end.
    #[error("broken pipe: the other end does not read what is written")]
    BrokenPipe,
    /// The other end was closed with bytes unread, or before it was accepted.
    #[error("connection reset: the other end was closed before it had read everything")]
    Reset,
    /// It could not be done in time.
    #[error("timed out")]
    TimedOut,
    /// The operating system refuses.
    #[error("{1}")]
    System(
        /// It does not cross to another process.
        #[serde(skip, default = "other")]
        io::ErrorKind,
        String,
    ),
}

fn other() -> io::ErrorKind {
    io::ErrorKind::Other
}

impl From<io::Error> for NetError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Self::Reset,
            io::ErrorKind::TimedOut => Self::TimedOut,
            kind => Self::System(kind, error.to_string()),
        }
    }
}

impl From<NetError> for io::Error {
    fn from(error: NetError) -> Self {
        let kind = match error {
            NetError::Refused => io::ErrorKind::ConnectionRefused,
            NetError::Closed => io::ErrorKind::NotConnected,
            NetError::BrokenPipe => io::ErrorKind::BrokenPipe,
            NetError::Reset => io::ErrorKind::ConnectionReset,
            NetError::TimedOut => io::ErrorKind::TimedOut,
            NetError::System(kind, _) => kind,
        };
        Self::new(kind, error)
    }
}
