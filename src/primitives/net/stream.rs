//! One end of a connection.

use super::NetError;
use crate::backend::{Backend, net::Network};
use std::{
    fmt,
    io::{self, Read, Write},
    time::Duration,
};

/// One end of a connection. Dropping it closes it.
///
/// Like Python's connected `socket` and [`std::net::TcpStream`]; like the latter it implements [`Read`] and
/// [`Write`], also for `&Stream`. Threads may share one, to read in one and write in another; if two
/// threads read the same end, each gets some of the bytes. Unlike both, a [`close`](Self::close) wakes
/// calls blocked in other threads, and each call has its own time limit.
///
/// In memory a read takes everything that is there and fits, and a write as much as there is room for; TCP
/// may take less of either. In memory a write after the other end was closed is refused at once, while TCP
/// may accept it, and report the error at the next write.
///
/// There is no way to shut down the read half alone: systems disagree on what that does.
pub struct Stream<B: Backend>(<B::Network as Network>::Stream);

/// The number of bytes that [`Stream::read_to_end`] asks for at a time.
const CHUNK: usize = 4096;

impl<B: Backend> Stream<B> {
    pub(super) fn new(raw: <B::Network as Network>::Stream) -> Self {
        Self(raw)
    }

    /// Blocks until there are bytes, moves those that fit into `buffer`, and returns their number.
    /// Zero, unless the buffer is empty, is the end of file: the other end writes no more.
    ///
    /// # Errors
    ///
    /// [`NetError::Closed`] if this end is closed; [`NetError::Reset`] if the other end was closed with
    /// unread bytes, or was never accepted (natively this may look like the end of file).
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # let server = Listener::new()?;
    /// # let client = server.address().connect()?;
    /// # let server = server.accept()?;
    /// client.write_all(b"hello")?;
    /// let mut buffer = [0; 16];
    /// let count = server.read(&mut buffer)?;
    /// assert!((1..=5).contains(&count));
    /// drop(client);
    /// assert_eq!([&buffer[..count], &server.read_to_end()?].concat(), b"hello");
    /// assert_eq!(server.read(&mut buffer), Ok(0));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn read(&self, buffer: &mut [u8]) -> Result<usize, NetError> {
        B::Network::read(&self.0, buffer, None)
    }

    /// Like [`read`](Self::read), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`NetError::TimedOut`] if there were no bytes in time; otherwise those of
    /// [`read`](Self::read).
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # use std::time::Duration;
    /// # let server = Listener::new()?;
    /// # let client = server.address().connect()?;
    /// let nothing = client.read_timeout(&mut [0], Duration::from_millis(1));
    /// assert_eq!(nothing, Err(NetError::TimedOut));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn read_timeout(&self, buffer: &mut [u8], timeout: Duration) -> Result<usize, NetError> {
        B::Network::read(&self.0, buffer, Some(timeout))
    }

    /// Reads all bytes up to the end of file. Blocks until then.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read); bytes read before the error are lost.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # let server = Listener::new()?;
    /// # let client = server.address().connect()?;
    /// # let server = server.accept()?;
    /// client.write_all(b"all of ")?;
    /// client.write_all(b"this")?;
    /// client.shutdown_write()?;
    /// assert_eq!(server.read_to_end()?, b"all of this");
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn read_to_end(&self) -> Result<Vec<u8>, NetError> {
        let (mut bytes, mut buffer) = (Vec::new(), [0; CHUNK]);
        loop {
            match self.read(&mut buffer)? {
                0 => return Ok(bytes),
                count => bytes.extend(&buffer[..count]),
            }
        }
    }

    /// Blocks until there is room, writes the first of these bytes, and returns their number: at least
    /// one, unless `bytes` is empty.
    ///
    /// # Errors
    ///
    /// [`NetError::BrokenPipe`] if the other end is closed, or after a
    /// [`shutdown_write`](Self::shutdown_write); [`NetError::Closed`] if this end is closed.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # let server = Listener::new()?;
    /// # let client = server.address().connect()?;
    /// assert!((1..=5).contains(&client.write(b"hello")?));
    /// client.shutdown_write()?;
    /// assert_eq!(client.write(b"more"), Err(NetError::BrokenPipe));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn write(&self, bytes: &[u8]) -> Result<usize, NetError> {
        B::Network::write(&self.0, bytes, None)
    }

    /// Like [`write`](Self::write), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`NetError::TimedOut`] if there was no room in time; otherwise those of
    /// [`write`](Self::write).
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # use std::time::Duration;
    /// # let server = Listener::new()?;
    /// let never_read = server.address().connect()?;
    /// let full = loop {
    ///     if let Err(error) = never_read.write_timeout(&[0; 4096], Duration::from_millis(1)) {
    ///         break error;
    ///     }
    /// };
    /// assert_eq!(full, NetError::TimedOut);
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn write_timeout(&self, bytes: &[u8], timeout: Duration) -> Result<usize, NetError> {
        B::Network::write(&self.0, bytes, Some(timeout))
    }

    /// Writes all of these bytes. Blocks until there was room for the last one. The bytes of two threads
    /// that write at the same time may be interleaved.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write); some of the bytes may have been written.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # let server = Listener::new()?;
    /// let client = server.address().connect()?;
    /// client.write_all(b"")?;
    /// client.close();
    /// assert_eq!(client.write_all(b"too late"), Err(NetError::Closed));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn write_all(&self, mut bytes: &[u8]) -> Result<(), NetError> {
        while !bytes.is_empty() {
            bytes = &bytes[self.write(bytes)?..];
        }
        Ok(())
    }

    /// Ends writing at this end: the other end reads what was written, and then the end of file. Reading
    /// goes on. A second call does nothing.
    ///
    /// # Errors
    ///
    /// [`NetError::Closed`] if this end is closed.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # let server = Listener::new()?;
    /// # let client = server.address().connect()?;
    /// # let server = server.accept()?;
    /// client.shutdown_write()?;
    /// assert_eq!(server.read_to_end()?, b"");
    /// server.write_all(b"still here")?;
    /// drop(server);
    /// assert_eq!(client.read_to_end()?, b"still here");
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn shutdown_write(&self) -> Result<(), NetError> {
        B::Network::shutdown_write(&self.0)
    }

    /// Closes this end, in both directions. The other end reads what was written, and then the end of
    /// file, or an error if this end left bytes unread; its writes are refused. Threads that wait at
    /// either end are woken. Closing again does nothing.
    ///
    /// ```
    /// # use raceproof_suite::{native::Listener, primitives::NetError};
    /// # let server = Listener::new()?;
    /// # let client = server.address().connect()?;
    /// # let server = server.accept()?;
    /// client.close();
    /// assert_eq!(client.read(&mut [0]), Err(NetError::Closed));
    /// assert_eq!(server.read(&mut [0]), Ok(0));
    /// # Ok::<(), NetError>(())
    /// ```
    #[track_caller]
    pub fn close(&self) {
        B::Network::close(&self.0);
    }
}

impl<B: Backend> Read for &Stream<B> {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(Stream::read(self, buffer)?)
    }
}

impl<B: Backend> Write for &Stream<B> {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(Stream::write(self, bytes)?)
    }

    /// Nothing is buffered, so there is nothing to do.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<B: Backend> Read for Stream<B> {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(Stream::read(self, buffer)?)
    }
}

impl<B: Backend> Write for Stream<B> {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(Stream::write(self, bytes)?)
    }

    /// Nothing is buffered, so there is nothing to do.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<B: Backend> fmt::Debug for Stream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.0).finish()
    }
}
