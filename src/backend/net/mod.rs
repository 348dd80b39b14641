//! Connections between threads: real ones over TCP natively, in memory under a model checker.

mod memory;
mod recorded;
mod tcp;

pub use self::{memory::Memory, recorded::Recorded, tcp::Tcp};

use std::{fmt, io, time::Duration};

/// What carries bytes from one end of a connection to the other.
///
/// A connection has two directions that do not hold each other up. Bytes arrive once and in order. How
/// many of them one read or write takes is not promised, but at least one.
///
/// Where there is no timeout an operation blocks until it can be done, or never can.
pub trait Network: fmt::Debug + 'static {
    /// What waits for connections.
    type Listener: fmt::Debug + Send + Sync + 'static;
    /// One end of a connection. Dropping it closes it.
    type Stream: fmt::Debug + Send + Sync + 'static;
    /// Where to connect to.
    type Address: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static;

    /// A listener, with room for `capacity` bytes in each direction of its connections, which must not be
    /// zero.
    #[track_caller]
    fn listen(name: &str, capacity: usize) -> Result<Self::Listener, NetError>;
    /// Where it listens.
    fn address(listener: &Self::Listener) -> Self::Address;
    /// The next connection.
    #[track_caller]
    fn accept(
        listener: &Self::Listener,
        timeout: Option<Duration>,
    ) -> Result<Self::Stream, NetError>;
    /// Ends the listening: who waits in an accept is let go, and who has not been accepted is cut off.
    #[track_caller]
    fn close_listener(listener: &Self::Listener);
    /// Connects, without waiting to be accepted.
    #[track_caller]
    fn connect(address: &Self::Address) -> Result<Self::Stream, NetError>;
    /// Takes bytes that have arrived; none if `buffer` is empty or no more will come.
    #[track_caller]
    fn read(
        stream: &Self::Stream,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError>;
    /// Sends the first of these bytes; none if there are none.
    #[track_caller]
    fn write(
        stream: &Self::Stream,
        bytes: &[u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError>;
    /// Says that no more will be written.
    #[track_caller]
    fn shutdown_write(stream: &Self::Stream) -> Result<(), NetError>;
    /// Closes both directions; who waits in one of them is let go.
    #[track_caller]
    fn close(stream: &Self::Stream);
}

/// Why an operation on a connection could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Nobody listens at the address.
    #[error("connection refused: nobody listens there")]
    Refused,
    /// This end, or this listener, is closed, before the call or while it blocked.
    #[error("this end is closed")]
    Closed,
    /// The other end is closed and will not read what was to be written, or this one has said that it
    /// writes no more.
    #[error("broken pipe: nobody reads what is written")]
    BrokenPipe,
    /// The other end was closed with bytes unread, or before it was accepted.
    #[error("connection reset: the other end was closed before it had read everything")]
    Reset,
    /// It could not be done in time.
    #[error("timed out")]
    TimedOut,
    /// The operating system cannot do it.
    #[error("{1}")]
    System(io::ErrorKind, String),
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
