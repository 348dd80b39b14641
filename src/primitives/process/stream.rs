//! Connections that processes hand on.

use super::{
    Unreachable,
    patience::{Client, Patience},
    remote::{Object, Remote, mismatch},
};
use crate::{
    backend::Backend,
    primitives::{self, NetError},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// One end of a connection, which can be sent to another process.
///
/// Like a connected `socket` that Python hands to a `multiprocessing.Process`, as a server does that starts a process for
/// each client. Sending it (in a [`Task`](super::Task), in a message) moves it. It is closed when it is dropped, and when
/// its process dies. The connection itself is in the process that accepted it, which passes the bytes on.
///
/// ```
/// use raceproof_suite::{backend::Std, native::Listener, primitives::process::Stream};
///
/// let listener = Listener::new()?;
/// let client = listener.address().connect()?;
/// let server = Stream::<Std>::new(listener.accept()?);
/// client.write_all(b"hello")?;
/// client.shutdown_write()?;
/// server.write_all(&server.read_to_end()?)?;
/// drop(server);
/// assert_eq!(client.read_to_end()?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Stream<B: Backend> {
    remote: Remote<B, End<B>>,
    /// Whether it was written for another process, which has it now or never will.
    moved: AtomicBool,
}

/// Why an operation on a [`Stream`] failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The connection refuses it.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The connection cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// The number of bytes that are asked for at a time.
const CHUNK: usize = 4096;

/// The end, in the process that owns it.
struct End<B: Backend>(primitives::Stream<B>);

#[derive(Serialize, Deserialize)]
enum Request {
    /// At most so many bytes.
    Read(usize),
    Write(Vec<u8>),
    ShutdownWrite,
    Close,
}

#[derive(Serialize, Deserialize)]
enum Reply {
    Read(Result<Vec<u8>, NetError>),
    Written(Result<usize, NetError>),
    Done(Result<(), NetError>),
}

impl<B: Backend> Object for End<B> {
    type Request = Request;
    type Reply = Reply;

    const NOT_KEPT: Option<&str> = Some("an end of a connection cannot be kept");

    #[track_caller]
    fn perform(&self, request: Request, client: &Client<'_>) -> Reply {
        match request {
            Request::Read(most) => {
                let mut bytes = vec![0; most.min(CHUNK)];
                let read = waiting(client, |patience| match patience {
                    Patience::For(slice) => self.0.read_timeout(&mut bytes, slice),
                    _ => self.0.read(&mut bytes),
                });
                Reply::Read(read.map(|count| {
                    bytes.truncate(count);
                    bytes
                }))
            }
            Request::Write(bytes) => Reply::Written(waiting(client, |patience| match patience {
                Patience::For(slice) => self.0.write_timeout(&bytes, slice),
                _ => self.0.write(&bytes),
            })),
            Request::ShutdownWrite => Reply::Done(self.0.shutdown_write()),
            Request::Close => {
                self.0.close();
                Reply::Done(Ok(()))
            }
        }
    }

    fn abandoned(&self, last: bool) {
        // It may have been passed on.
        if last {
            self.0.close();
        }
    }
}

/// Attempts an operation until it is done, fails, or the client is gone.
fn waiting(
    client: &Client<'_>,
    attempt: impl FnMut(Patience) -> Result<usize, NetError>,
) -> Result<usize, NetError> {
    client.wait(Patience::Endless, attempt, |result| *result == Err(NetError::TimedOut))
}

impl<B: Backend> Stream<B> {
    /// An end that can be sent to another process.
    ///
    /// ```
    /// # use raceproof_suite::native::{Listener, process::Stream};
    /// # let listener = Listener::new()?;
    /// let client = Stream::new(listener.address().connect()?);
    /// assert!(format!("{client:?}").contains("Stream"));
    /// # Ok::<(), raceproof_suite::primitives::NetError>(())
    /// ```
    #[must_use]
    pub fn new(stream: primitives::Stream<B>) -> Self {
        Self { remote: Remote::new(End(stream)), moved: AtomicBool::new(false) }
    }

    /// Blocks until there are bytes, and returns some of them; none is the end of file.
    ///
    /// # Errors
    ///
    /// [`StreamError::Net`] with the errors of a [stream](crate::primitives::Stream::read).
    ///
    /// ```
    /// # use raceproof_suite::native::{Listener, process::Stream};
    /// # let listener = Listener::new()?;
    /// # let client = listener.address().connect()?;
    /// let server = Stream::new(listener.accept()?);
    /// client.write_all(b"h")?;
    /// assert_eq!(server.read()?, b"h");
    /// drop(client);
    /// assert_eq!(server.read()?, b"");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn read(&self) -> Result<Vec<u8>, StreamError> {
        match self.remote.ask(Request::Read(CHUNK))? {
            Reply::Read(bytes) => Ok(bytes?),
            _ => mismatch(),
        }
    }

    /// Reads all bytes up to the end of file. Blocks until then.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read); bytes read before the error are lost.
    ///
    /// ```
    /// # use raceproof_suite::native::{Listener, process::Stream};
    /// # let listener = Listener::new()?;
    /// # let client = listener.address().connect()?;
    /// let server = Stream::new(listener.accept()?);
    /// client.write_all(b"all of this")?;
    /// drop(client);
    /// assert_eq!(server.read_to_end()?, b"all of this");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn read_to_end(&self) -> Result<Vec<u8>, StreamError> {
        let mut all = Vec::new();
        loop {
            match self.read()? {
                bytes if bytes.is_empty() => return Ok(all),
                bytes => all.extend(bytes),
            }
        }
    }

    /// Writes all of these bytes. Blocks until there was room for the last one.
    ///
    /// # Errors
    ///
    /// [`StreamError::Net`] with the errors of a [stream](crate::primitives::Stream::write); some of the bytes may have
    /// been written.
    ///
    /// ```
    /// # use raceproof_suite::native::{Listener, process::Stream};
    /// # let listener = Listener::new()?;
    /// let client = Stream::new(listener.address().connect()?);
    /// client.write_all(b"hello")?;
    /// client.close();
    /// assert!(client.write_all(b"too late").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn write_all(&self, mut bytes: &[u8]) -> Result<(), StreamError> {
        while !bytes.is_empty() {
            let some = bytes[..bytes.len().min(CHUNK)].to_vec();
            match self.remote.ask(Request::Write(some))? {
                Reply::Written(count) => bytes = &bytes[count?..],
                _ => mismatch(),
            }
        }
        Ok(())
    }

    /// Ends writing at this end: the other end reads what was written, and then the end of file.
    ///
    /// # Errors
    ///
    /// [`StreamError::Net`] if this end is closed.
    ///
    /// ```
    /// # use raceproof_suite::native::{Listener, process::Stream};
    /// # let listener = Listener::new()?;
    /// let client = Stream::new(listener.address().connect()?);
    /// # let server = listener.accept()?;
    /// client.shutdown_write()?;
    /// assert_eq!(server.read_to_end()?, b"");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn shutdown_write(&self) -> Result<(), StreamError> {
        match self.remote.ask(Request::ShutdownWrite)? {
            Reply::Done(done) => Ok(done?),
            _ => mismatch(),
        }
    }

    /// Closes this end, in both directions. Closing again does nothing.
    ///
    /// ```
    /// # use raceproof_suite::native::{Listener, process::Stream};
    /// # let listener = Listener::new()?;
    /// let client = Stream::new(listener.address().connect()?);
    /// client.close();
    /// assert!(client.read().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn close(&self) {
        // If the process that owns the connection has ended, it is closed.
        let _ = self.remote.ask(Request::Close);
    }
}

impl<B: Backend> Drop for Stream<B> {
    fn drop(&mut self) {
        // An end that was moved is closed by its new owner, or with the last handle if it never arrived.
        if !*self.moved.get_mut() {
            self.close();
        }
    }
}

impl<B: Backend> Serialize for Stream<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if B::engine().is_native() {
            self.moved.store(true, Relaxed);
        }
        self.remote.serialize(serializer)
    }
}

impl<'de, B: Backend> Deserialize<'de> for Stream<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let remote = Remote::deserialize(deserializer)?;
        Ok(Self { remote, moved: AtomicBool::new(false) })
    }
}

impl<B: Backend> fmt::Debug for Stream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.remote).finish()
    }
}
