//! What clients connect to.

use super::{NetError, Stream};
use crate::{
    backend::{Backend, net::Network},
    primitives::NoCapacity,
};
use std::{fmt, time::Duration};

/// Waits for connections.
///
/// As Python's listening `socket` and [`std::net::TcpListener`]. On real threads it listens on a port of
/// the loopback device that the system chooses; under a model checker the network is in memory, and is
/// explored with the program. Unlike those two it can be closed while a thread waits in
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

/// Where a [`Listener`] can be connected to. Any thread may have a copy.
pub struct Address<B: Backend>(<B::Network as Network>::Address);

/// How many bytes a direction in memory has room for, unless said otherwise.
const CAPACITY: usize = 64;

impl<B: Backend> Listener<B> {
    /// Listens; connections in memory have room for 64 bytes each way.
    ///
    /// # Errors
    ///
    /// [`NetError::System`], natively, if the system has no socket or no port to give.
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

    /// As [`new`](Self::new), with a name for traces.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
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

    /// As [`named`](Self::named), with room for `capacity` bytes each way in each connection where the
    /// network is in memory: a write blocks when it is full. Natively the system has its own idea of that,
    /// which is some hundred thousand bytes.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if there would be room for none.
    ///
    /// # Panics
    ///
    /// If the system has no socket to give.
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

    /// Where to connect to.
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

    /// Blocks until a client has connected, and takes its connection. Clients are taken in the order in
    /// which they came, each by one of the threads that accept.
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

    /// As [`accept`](Self::accept), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`NetError::TimedOut`] if nobody came in time; else as [`accept`](Self::accept).
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # use std::time::Duration;
    /// let nobody = Listener::new()?.accept_timeout(Duration::from_millis(1));
    /// assert_eq!(nobody.err(), Some(NetError::TimedOut));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn accept_timeout(&self, timeout: Duration) -> Result<Stream<B>, NetError> {
        B::Network::accept(&self.0, Some(timeout)).map(Stream::new)
    }

    /// Listens no more: threads that accept are let go, later clients are refused, and those that nobody
    /// has accepted are cut off. Connections that were accepted go on. Closing again does nothing, and
    /// dropping the listener closes it.
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
    /// Connects. Does not wait to be accepted: what is written before waits with the connection. (Natively
    /// it blocks when thousands wait to be accepted.)
    ///
    /// # Errors
    ///
    /// [`NetError::Refused`] if nobody listens there any more.
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
