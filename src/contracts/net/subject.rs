//! What the contracts of connections are about.

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

/// What the contracts ask of a listener; meanings as for [`Listener`].
pub trait Subject: Send + Sync + 'static {
    /// The type of an end of a connection.
    type Stream: Connection;
    /// Where to connect to.
    type Address: Clone + Send + Sync + 'static;
    /// One whose connections have room for so many bytes each way.
    fn new(capacity: usize) -> Self;
    /// Where to connect to.
    fn address(&self) -> Self::Address;
    /// Connects.
    fn connect(address: &Self::Address) -> Result<Self::Stream, NetError>;
    /// Blocks until a client has connected.
    fn accept(&self) -> Result<Self::Stream, NetError>;
    /// As [`accept`](Self::accept), but gives up after a while.
    fn accept_timeout(&self) -> Result<Self::Stream, NetError>;
    /// Listens no more.
    fn close(&self);
}

/// What the contracts ask of an end of a connection; meanings as for [`Stream`].
pub trait Connection: Send + Sync + 'static {
    /// Blocks until there are bytes, or none will come.
    fn read(&self, buffer: &mut [u8]) -> Result<usize, NetError>;
    /// As [`read`](Self::read), but gives up after a while.
    fn read_timeout(&self, buffer: &mut [u8]) -> Result<usize, NetError>;
    /// Blocks until there is room, or nobody will read it.
    fn write(&self, bytes: &[u8]) -> Result<usize, NetError>;
    /// Writes no more.
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

/// Long enough for real threads to do something, short enough to run out of.
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
