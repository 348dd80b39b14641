//! The primitives under contract: connections.

use crate::{
    backend::Backend,
    primitives::{Address, Listener, NetError, Stream},
};
use std::{fmt, time::Duration};

/// Names a listener type.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Listener`].
pub trait Subject: Send + Sync + 'static {
    /// The type of an end of a connection.
    type Stream: Connection;
    /// The address to connect to.
    type Address: Clone + Send + Sync + 'static;
    /// A listener whose connections have room for `capacity` bytes each way.
    fn new(capacity: usize) -> Self;
    /// The address to connect to.
    fn address(&self) -> Self::Address;
    /// Connects.
    fn connect(address: &Self::Address) -> Result<Self::Stream, NetError>;
    /// Blocks until a client has connected.
    fn accept(&self) -> Result<Self::Stream, NetError>;
    /// Like [`accept`](Self::accept), but gives up after a short time.
    fn accept_timeout(&self) -> Result<Self::Stream, NetError>;
    /// Stops listening.
    fn close(&self);
}

/// The methods that the contracts call; meanings as for [`Stream`].
pub trait Connection: Send + Sync + 'static {
    /// Blocks until there are bytes, or none will come.
    fn read(&self, buffer: &mut [u8]) -> Result<usize, NetError>;
    /// Like [`read`](Self::read), but gives up after a short time.
    fn read_timeout(&self, buffer: &mut [u8]) -> Result<usize, NetError>;
    /// Blocks until there is room, or the bytes will never be read.
    fn write(&self, bytes: &[u8]) -> Result<usize, NetError>;
    /// Shuts down writing.
    fn shutdown_write(&self);
    /// Closes this end.
    fn close(&self);
}

/// Names [`Listener`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Listener<B>;
}

/// Long enough for real threads to do something, short enough to pass.
const MOMENT: Duration = Duration::from_micros(20);

impl<B: Backend> Subject for Listener<B> {
    type Stream = Stream<B>;
    type Address = Address<B>;

    fn new(capacity: usize) -> Self {
        Self::with_capacity("server", capacity).expect("there is room")
    }
    fn address(&self) -> Address<B> {
        self.address()
    }
    fn connect(address: &Address<B>) -> Result<Stream<B>, NetError> {
        address.connect()
    }
    fn accept(&self) -> Result<Stream<B>, NetError> {
        self.accept()
    }
    fn accept_timeout(&self) -> Result<Stream<B>, NetError> {
        self.accept_timeout(MOMENT)
    }
    fn close(&self) {
        self.close();
    }
}

impl<B: Backend> Connection for Stream<B> {
    fn read(&self, buffer: &mut [u8]) -> Result<usize, NetError> {
        self.read(buffer)
    }
    fn read_timeout(&self, buffer: &mut [u8]) -> Result<usize, NetError> {
        self.read_timeout(buffer, MOMENT)
    }
    fn write(&self, bytes: &[u8]) -> Result<usize, NetError> {
        self.write(bytes)
    }
    fn shutdown_write(&self) {
        self.shutdown_write().expect("not closed");
    }
    fn close(&self) {
        self.close();
    }
}
