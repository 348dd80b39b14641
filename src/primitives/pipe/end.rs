//! The ends of a pipe.

use super::{
    RecvError, SendError,
    channel::{Channel, Patience},
};
use crate::backend::{Arc, Backend};
use std::{fmt, time::Duration};

/// One of the two ends of a [`Pipe`](super::Pipe). Dropping it closes it.
pub struct PipeEnd<B: Backend, T: Send> {
    /// The direction from which messages come; `None` at the write end of a one-way pipe.
    incoming: Option<Arc<Channel<B, T>>>,
    /// The direction in which messages go; `None` at the read end of a one-way pipe.
    outgoing: Option<Arc<Channel<B, T>>>,
}

impl<B: Backend, T: Send> PipeEnd<B, T> {
    pub(super) fn new(
        incoming: Option<Arc<Channel<B, T>>>,
        outgoing: Option<Arc<Channel<B, T>>>,
    ) -> Self {
        Self { incoming, outgoing }
    }

    /// Blocks until there is room, and sends `message`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if it can never arrive; never [`SendError::Full`].
    ///
    /// ```
    /// use raceproof_suite::{backend::{Backend, Std}, native::Pipe, primitives::SendError};
    ///
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// let child = Std::spawn("writer", move || {
    ///     // The second one waits until the first is received.
    ///     writer.send("first").and_then(|()| writer.send("second"))
    /// });
    /// assert_eq!([reader.recv(), reader.recv()], [Ok("first"), Ok("second")]);
    /// assert_eq!(child.join(), Ok(Ok(())));
    /// assert_eq!(reader.send("back"), Err(SendError::ReadOnly("back")));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.outgoing {
            Some(channel) => channel.send(message, Patience::Endless),
            None => Err(SendError::ReadOnly(message)),
        }
    }

    /// Sends `message` if there is room. Does not wait for room.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::SendError};
    /// let (_reader, writer) = Pipe::one_way(1)?;
    /// assert_eq!(writer.try_send(1), Ok(()));
    /// assert_eq!(writer.try_send(2), Err(SendError::Full(2)));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.outgoing {
            Some(channel) => channel.send(message, Patience::None),
            None => Err(SendError::ReadOnly(message)),
        }
    }

    /// Like [`send`](Self::send), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::SendError};
    /// # use std::time::Duration;
    /// let (_reader, writer) = Pipe::one_way(1)?;
    /// assert_eq!(writer.send_timeout(1, Duration::ZERO), Ok(()));
    /// assert_eq!(writer.send_timeout(2, Duration::from_millis(1)), Err(SendError::Full(2)));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendError<T>> {
        match &self.outgoing {
            Some(channel) => channel.send(message, Patience::For(timeout)),
            None => Err(SendError::ReadOnly(message)),
        }
    }

    /// Blocks until there is a message, and takes it.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if no message will ever come; never [`RecvError::Empty`].
    ///
    /// ```
    /// use raceproof_suite::{backend::{Backend, Std}, native::Pipe, primitives::RecvError};
    ///
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// let child = Std::spawn("writer", move || writer.send("only one"));
    /// assert_eq!(reader.recv(), Ok("only one"));
    /// // The writer's end was dropped with its thread.
    /// assert_eq!(reader.recv(), Err(RecvError::EndOfFile));
    /// assert_eq!(child.join(), Ok(Ok(())));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.incoming()?.recv(Patience::Endless)
    }

    /// Takes a message if there is one. Does not wait for one.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::RecvError};
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// assert_eq!(reader.try_recv(), Err(RecvError::Empty));
    /// writer.send(1).unwrap();
    /// assert_eq!(reader.try_recv(), Ok(1));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.incoming()?.recv(Patience::None)
    }

    /// Like [`recv`](Self::recv), but blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::RecvError};
    /// # use std::time::Duration;
    /// let (reader, _writer) = Pipe::<i32>::one_way(1)?;
    /// assert_eq!(reader.recv_timeout(Duration::from_millis(1)), Err(RecvError::Empty));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvError> {
        self.incoming()?.recv(Patience::For(timeout))
    }

    /// Whether a [`recv`](Self::recv) would not block: there is a message, or the end of file.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] and [`RecvError::WriteOnly`].
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::RecvError};
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// assert_eq!((reader.poll(), writer.poll()), (Ok(false), Err(RecvError::WriteOnly)));
    /// writer.send(1).unwrap();
    /// assert_eq!(reader.poll(), Ok(true));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn poll(&self) -> Result<bool, RecvError> {
        self.incoming()?.poll(Patience::None)
    }

    /// Blocks until [`poll`](Self::poll) is true, for at most `timeout`, and returns whether it is.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] and [`RecvError::WriteOnly`].
    ///
    /// ```
    /// # use raceproof_suite::native::Pipe;
    /// # use std::time::Duration;
    /// let (reader, writer) = Pipe::<i32>::one_way(1)?;
    /// assert_eq!(reader.poll_timeout(Duration::from_millis(1)), Ok(false));
    /// drop(writer);
    /// assert_eq!(reader.poll_timeout(Duration::from_secs(60)), Ok(true), "the end of file");
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn poll_timeout(&self, timeout: Duration) -> Result<bool, RecvError> {
        self.incoming()?.poll(Patience::For(timeout))
    }

    fn incoming(&self) -> Result<&Channel<B, T>, RecvError> {
        self.incoming.as_deref().ok_or(RecvError::WriteOnly)
    }

    /// Closes this end. The other end can receive the messages sent before, and then the end of file,
    /// and can send no more. Messages that it has sent and this end has not received are dropped.
    /// Threads that wait at either end are woken. Never blocks for long. Closing again does nothing.
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::{RecvError, SendError}};
    /// let (left, right) = Pipe::duplex(2)?;
    /// left.send("last words").unwrap();
    /// left.close();
    /// assert_eq!(right.recv(), Ok("last words"));
    /// assert_eq!(right.recv(), Err(RecvError::EndOfFile));
    /// assert_eq!(right.send("hello?"), Err(SendError::BrokenPipe("hello?")));
    /// assert_eq!(left.send("more"), Err(SendError::Closed("more")));
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn close(&self) {
        if let Some(channel) = &self.outgoing {
            channel.close_writer();
        }
        if let Some(channel) = &self.incoming {
            channel.close_reader();
        }
    }
}

impl<B: Backend, T: Send> Drop for PipeEnd<B, T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<B: Backend, T: Send> fmt::Debug for PipeEnd<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipeEnd")
            .field("incoming", &self.incoming)
            .field("outgoing", &self.outgoing)
            .finish()
    }
}
