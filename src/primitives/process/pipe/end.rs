//! Handles of the ends of a pipe.

use super::served::{End, Reply, Request};
use crate::{
    backend::Backend,
    primitives::{
        self,
        process::{
            Item, RecvError, SendError,
            patience::Patience,
            remote::{Remote, mismatch},
        },
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// One of the two ends of a [`Pipe`](super::Pipe). Dropping it closes it.
pub struct PipeEnd<B: Backend, T: Item> {
    remote: Remote<B, End<B, T>>,
    /// Whether it was written for another process, which has it now or never will.
    moved: AtomicBool,
}

impl<B: Backend, T: Item> PipeEnd<B, T> {
    pub(super) fn new(end: primitives::PipeEnd<B, T>) -> Self {
        Self { remote: Remote::new(End(end)), moved: AtomicBool::new(false) }
    }

    /// Blocks until there is room, and sends `message`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if it can never arrive; the pipe is never full.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// assert_eq!(writer.send(1), Ok(()));
    /// drop(reader);
    /// assert_eq!(writer.send(2).unwrap_err().into_inner(), 2);
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.offer(message, Patience::Endless)
    }

    /// Sends `message` if there is room. Does not wait for room.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (_reader, writer) = Pipe::one_way(1)?;
    /// writer.send(1).unwrap();
    /// assert_eq!(writer.try_send(2).unwrap_err().to_string(), "the pipe is full");
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        self.offer(message, Patience::None)
    }

    /// Like [`send`](Self::send), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// # use std::time::Duration;
    /// let (_reader, writer) = Pipe::one_way(1)?;
    /// writer.send(1).unwrap();
    /// assert_eq!(writer.send_timeout(2, Duration::from_millis(1)).unwrap_err().into_inner(), 2);
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendError<T>> {
        self.offer(message, Patience::For(timeout))
    }

    #[track_caller]
    fn offer(&self, message: T, patience: Patience) -> Result<(), SendError<T>> {
        match self.remote.call(Request::Send(message, patience)) {
            Ok(Reply::Sent(sent)) => sent.map_err(SendError::Refused),
            Err(undelivered) => match undelivered.request {
                Some(Request::Send(message, _)) => {
                    Err(SendError::Unreachable(message, undelivered.why))
                }
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    /// Blocks until there is a message, and takes it.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if no message will ever come.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// writer.send(1).unwrap();
    /// drop(writer);
    /// assert_eq!(reader.recv(), Ok(1));
    /// assert!(reader.recv().is_err(), "the end of file");
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.take(Patience::Endless)
    }

    /// Takes a message if there is one. Does not wait for one.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (reader, _writer) = Pipe::<u32>::one_way(1)?;
    /// assert_eq!(reader.try_recv().unwrap_err().to_string(), "the pipe is empty");
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.take(Patience::None)
    }

    /// Like [`recv`](Self::recv), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// # use std::time::Duration;
    /// let (reader, _writer) = Pipe::<u32>::one_way(1)?;
    /// assert!(reader.recv_timeout(Duration::from_millis(1)).is_err());
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvError> {
        self.take(Patience::For(timeout))
    }

    #[track_caller]
    fn take(&self, patience: Patience) -> Result<T, RecvError> {
        match self.remote.ask(Request::Recv(patience))? {
            Reply::Received(message) => Ok(message?),
            _ => mismatch(),
        }
    }

    /// Whether a [`recv`](Self::recv) would not block: there is a message, or the end of file.
    ///
    /// # Errors
    ///
    /// [`RecvError`], but never because there is no message.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// assert_eq!(reader.poll(), Ok(false));
    /// writer.send(1).unwrap();
    /// assert_eq!(reader.poll(), Ok(true));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn poll(&self) -> Result<bool, RecvError> {
        self.look(Patience::None)
    }

    /// Blocks until [`poll`](Self::poll) is true, for at most `timeout`, and returns whether it is.
    ///
    /// # Errors
    ///
    /// [`RecvError`], but never because there is no message.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// # use std::time::Duration;
    /// let (reader, writer) = Pipe::<u32>::one_way(1)?;
    /// assert_eq!(reader.poll_timeout(Duration::from_millis(1)), Ok(false));
    /// drop(writer);
    /// assert_eq!(reader.poll_timeout(Duration::from_secs(60)), Ok(true), "the end of file");
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn poll_timeout(&self, timeout: Duration) -> Result<bool, RecvError> {
        self.look(Patience::For(timeout))
    }

    #[track_caller]
    fn look(&self, patience: Patience) -> Result<bool, RecvError> {
        match self.remote.ask(Request::Poll(patience))? {
            Reply::Polled(there) => Ok(there?),
            _ => mismatch(),
        }
    }

    /// Closes this end. The other end can receive the messages sent before, and then the end of file, and
    /// can send no more. Closing again does nothing.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (left, right) = Pipe::duplex(1)?;
    /// left.send(1).unwrap();
    /// left.close();
    /// assert_eq!(right.recv(), Ok(1));
    /// assert!(right.recv().is_err() && right.send(2).is_err());
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn close(&self) {
        // If the process that owns the pipe has ended, there is no end to notify.
        let _ = self.remote.ask(Request::Close);
    }
}

impl<B: Backend, T: Item> Drop for PipeEnd<B, T> {
    fn drop(&mut self) {
        // An end that was moved is closed by its new owner, or with the last handle if it never
        // arrived.
        if !*self.moved.get_mut() {
            self.close();
        }
    }
}

impl<B: Backend, T: Item> Serialize for PipeEnd<B, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if B::engine().is_native() {
            self.moved.store(true, Relaxed);
        }
        self.remote.serialize(serializer)
    }
}

impl<'de, B: Backend, T: Item> Deserialize<'de> for PipeEnd<B, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let remote = Remote::deserialize(deserializer)?;
        Ok(Self { remote, moved: AtomicBool::new(false) })
    }
}

impl<B: Backend, T: Item> fmt::Debug for PipeEnd<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PipeEnd").field(&self.remote).finish()
    }
}
