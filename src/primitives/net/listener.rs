//! The listening side of connections.

use super::{NetError, Stream};
use crate::{
    backend::{Backend, net::Network},
    primitives::NoCapacity,
};
use std::{fmt, time::Duration};

/// Waits for connections.
///
/// Like Python's listening `socket` and [`std::net::TcpListener`]. On real threads it listens on a port
/// of the loopback device that the system chooses; under a model checker the network is in memory, and
/// is explored with the program. Unlike those two it can be closed while a thread waits in
/// [`accept`](Self::accept), which then returns.
///
/// ```
/// use raceproof_suite::{backend::{Backend, Std}, primitives::{Listener, NetError}};
///
/// let server = Listener::<Std>::new()?;
/// let address = server.address();
/// let client = Std::spawn("client", move || {
///     let stream = address.connect()?;
///     stream.write_all(b"ping")?;
///     stream.shutdown_write()?;
///     stream.read_to_end()
/// });
/// let stream = server.accept()?;
/// assert_eq!(stream.read_to_end()?, b"ping");
/// stream.write_all(b"pong")?;
/// drop(stream);
/// assert_eq!(client.join().unwrap()?, b"pong");
/// # Ok::<(), NetError>(())
/// ```
pub struct Listener<B: Backend>(Raw<B>);

type Raw<B> = <<B as Backend>::Network as Network>::Listener;

/// The address to connect to a [`Listener`]. Any thread may have a copy.
pub struct Address<B: Backend>(<B::Network as Network>::Address);

/// The default capacity of each direction of a connection in memory, in bytes.
const CAPACITY: usize = 64;

impl<B: Backend> Listener<B> {
    /// Listens. Connections in memory have room for 64 bytes each way.
    ///
    /// # Errors
    ///
    /// [`NetError::System`], natively, if the system has no free socket or port.
    ///
    /// ```
    /// # use raceproof_suite::native::Listener;
    /// assert!(Listener::new()?.address().to_string().starts_with("127.0.0.1:"));
    /// # Ok::<(), raceproof_suite::primitives::NetError>(())
    /// ```
    #[track_caller]
    pub fn new() -> Result<Self, NetError> {
        Self::named("server")
    }

    /// Like [`new`](Self::new), with a name for traces.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    ///
    /// ```
    /// # use raceproof_suite::native::Listener;
    /// let echo = Listener::named("echo server")?;
    /// # Ok::<(), raceproof_suite::primitives::NetError>(())
    /// ```
    #[track_caller]
    pub fn named(name: &str) -> Result<Self, NetError> {
        Ok(Self(B::Network::listen(name, CAPACITY)?))
    }

    /// Like [`named`](Self::named), with room for `capacity` bytes each way in each connection where the
    /// network is in memory: a write blocks when it is full. Natively the system chooses the capacity,
    /// usually some hundred thousand bytes.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if `capacity` is zero.
    ///
    /// # Panics
    ///
    /// Panics if the system has no free socket.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NoCapacity};
    /// assert!(Listener::with_capacity("narrow", 1).is_ok());
    /// assert_eq!(Listener::with_capacity("nothing", 0).err(), Some(NoCapacity));
    /// ```
    #[track_caller]
    pub fn with_capacity(name: &str, capacity: usize) -> Result<Self, NoCapacity> {
        if capacity == 0 {
            return Err(NoCapacity);
        }
        Ok(Self(B::Network::listen(name, capacity).expect("the system has a socket")))
    }

    /// The address to connect to.
    ///
    /// ```
    /// # use raceproof_suite::native::Listener;
    /// let server = Listener::new()?;
    /// let client = server.address().connect()?;
    /// let accepted = server.accept()?;
    /// # Ok::<(), raceproof_suite::primitives::NetError>(())
    /// ```
    #[must_use]
    pub fn address(&self) -> Address<B> {
        Address(B::Network::address(&self.0))
    }

    /// Blocks until a client has connected, and returns its connection. Clients are accepted in the
    /// order in which they connected, each by one of the accepting threads.
    ///
    /// # Errors
    ///
    /// [`NetError::Closed`] if the listener is closed, before the call or while it blocks.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::Listener, primitives::NetError};
    /// # use std::sync::Arc;
    /// let server = Arc::new(Listener::new()?);
    /// let theirs = Arc::clone(&server);
    /// let accepting = Std::spawn("accepting", move || theirs.accept().err());
    /// server.close();
    /// assert_eq!(accepting.join(), Ok(Some(NetError::Closed)));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn accept(&self) -> Result<Stream<B>, NetError> {
        B::Network::accept(&self.0, None).map(Stream::new)
    }

    /// Like [`accept`](Self::accept), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`NetError::TimedOut`] if no client came in time; otherwise those of
    /// [`accept`](Self::accept).
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # use std::time::Duration;
    /// let client = Listener::new()?.accept_timeout(Duration::from_millis(1));
    /// assert_eq!(client.err(), Some(NetError::TimedOut));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn accept_timeout(&self, timeout: Duration) -> Result<Stream<B>, NetError> {
        B::Network::accept(&self.0, Some(timeout)).map(Stream::new)
    }

    /// Stops listening: blocked accepts return, later clients are refused, and clients that were not
    /// accepted are disconnected. Accepted connections stay open. Closing again does nothing. Dropping
    /// the listener closes it.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// let server = Listener::new()?;
    /// let early = server.address().connect()?;
    /// server.close();
    /// assert_eq!(server.address().connect().err(), Some(NetError::Refused));
    /// assert_eq!(early.read_to_end(), Err(NetError::Reset));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn close(&self) {
        B::Network::close_listener(&self.0);
    }
}

impl<B: Backend> Address<B> {
    /// Connects. Does not wait to be accepted: data written before that waits in the connection. (Natively
    /// it blocks when thousands of connections wait to be accepted.)
    ///
    /// # Errors
    ///
    /// [`NetError::Refused`] if no listener has this address any more.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// let gone = Listener::new()?.address();
    /// assert_eq!(gone.connect().err(), Some(NetError::Refused));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn connect(&self) -> Result<Stream<B>, NetError> {
        B::Network::connect(&self.0).map(Stream::new)
    }
}

impl<B: Backend> Clone for Address<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend> fmt::Display for Address<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<B: Backend> fmt::Debug for Address<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.0).finish()
    }
}

impl<B: Backend> fmt::Debug for Listener<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0).finish()
    }
}
