//! Pipes between processes.

use super::{
    Item, RecvError, SendError,
    patience::{Client, Patience},
    remote::{Object, Remote, mismatch},
};
use crate::{
    backend::Backend,
    primitives::{self, NoCapacity},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// Makes pipes whose ends can be handed to other processes.
///
/// As Python's `multiprocessing.Pipe`. An end is one object in one process: to hand it over (in a
/// [`Task`](super::Task), in a message) moves it, where Python copies it and each process must close the
/// copies that it does not use. It is closed when it is dropped, also by the death of its process. The
/// messages lie in the process that made the pipe.
///
/// ```
/// use raceproof::{backend::Std, primitives::process::Pipe};
///
/// let (left, right) = Pipe::<Std, _>::duplex(2)?;
/// left.send("ping".to_string())?;
/// assert_eq!(right.recv(), Ok("ping".into()));
/// drop(left);
/// assert_eq!(right.recv().unwrap_err().to_string(), "end of file: the other end of the pipe is closed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pipe<B: Backend, T: Item>(PhantomData<(B, T)>);

/// The two ends of a [`Pipe`].
pub type BothEnds<B, T> = (PipeEnd<B, T>, PipeEnd<B, T>);

/// One of the two ends of a [`Pipe`]. Dropping it closes it.
pub struct PipeEnd<B: Backend, T: Item> {
    remote: Remote<B, End<B, T>>,
    /// Whether it was written for another process, which has it now or never will.
    moved: AtomicBool,
}

/// The end, where it lives.
struct End<B: Backend, T: Item>(primitives::PipeEnd<B, T>);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
enum Request<T: Item> {
    Send(T, Patience),
    Recv(Patience),
    Poll(Patience),
    Close,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
enum Reply<T: Item> {
    Sent(Result<(), primitives::SendError<T>>),
    Received(Result<T, primitives::RecvError>),
    Polled(Result<bool, primitives::RecvError>),
    Closed,
}

impl<B: Backend, T: Item> Pipe<B, T> {
    /// A pipe that goes both ways, with room for `capacity` messages each way.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if there would be room for none.
    #[track_caller]
    pub fn duplex(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let (left, right) = primitives::Pipe::duplex(capacity)?;
        Ok((PipeEnd::new(left), PipeEnd::new(right)))
    }

    /// A pipe from its second end, which only sends, to its first, which only receives, with room for
    /// `capacity` messages.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if there would be room for none.
    #[track_caller]
    pub fn one_way(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let (reader, writer) = primitives::Pipe::one_way(capacity)?;
        Ok((PipeEnd::new(reader), PipeEnd::new(writer)))
    }
}

impl<B: Backend, T: Item> Object for End<B, T> {
    type Request = Request<T>;
    type Reply = Reply<T>;

    #[track_caller]
    fn perform(&self, request: Request<T>, client: &Client<'_>) -> Reply<T> {
        match request {
            Request::Send(message, patience) => Reply::Sent(self.send(message, patience, client)),
            Request::Recv(patience) => {
                let empty = |result: &_| matches!(result, Err(primitives::RecvError::Empty));
                Reply::Received(client.wait(patience, |p| self.recv(p), empty))
            }
            Request::Poll(patience) => {
                let empty = |result: &_| matches!(result, Ok(false));
                Reply::Polled(client.wait(patience, |p| self.poll(p), empty))
            }
            Request::Close => {
                self.0.close();
                Reply::Closed
            }
        }
    }

    fn abandoned(&self) {
        self.0.close();
    }
}

impl<B: Backend, T: Item> End<B, T> {
    #[track_caller]
    fn send(
        &self,
        message: T,
        patience: Patience,
        client: &Client<'_>,
    ) -> Result<(), primitives::SendError<T>> {
        let mut result = Err(primitives::SendError::Full(message));
        let attempt = |patience| {
            let error = std::mem::replace(&mut result, Ok(())).err();
            let message = error.map(primitives::SendError::into_inner).expect("it is full");
            result = match patience {
                Patience::None => self.0.try_send(message),
                Patience::For(timeout) => self.0.send_timeout(message, timeout),
                Patience::Endless => self.0.send(message),
            };
            matches!(result, Err(primitives::SendError::Full(_)))
        };
        client.wait(patience, attempt, |full| *full);
        result
    }

    #[track_caller]
    fn recv(&self, patience: Patience) -> Result<T, primitives::RecvError> {
        match patience {
            Patience::None => self.0.try_recv(),
            Patience::For(timeout) => self.0.recv_timeout(timeout),
            Patience::Endless => self.0.recv(),
        }
    }

    #[track_caller]
    fn poll(&self, patience: Patience) -> Result<bool, primitives::RecvError> {
        match patience {
            Patience::For(timeout) => self.0.poll_timeout(timeout),
            _ => self.0.poll(),
        }
    }
}

impl<B: Backend, T: Item> PipeEnd<B, T> {
    fn new(end: primitives::PipeEnd<B, T>) -> Self {
        Self { remote: Remote::new(End(end)), moved: AtomicBool::new(false) }
    }

    /// Blocks until there is room, and sends `message`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if it cannot ever arrive; the pipe is never full.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.offer(message, Patience::Endless)
    }

    /// Sends `message` if there is room; never waits for room.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        self.offer(message, Patience::None)
    }

    /// As [`send`](Self::send), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
    #[track_caller]
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendError<T>> {
        self.offer(message, Patience::For(timeout))
    }

    #[track_caller]
    fn offer(&self, message: T, patience: Patience) -> Result<(), SendError<T>> {
        match self.remote.call(Request::Send(message, patience)) {
            Ok(Reply::Sent(sent)) => sent.map_err(SendError::Refused),
            Err(undelivered) => match undelivered.request {
                Request::Send(message, _) => Err(SendError::Unreachable(message, undelivered.why)),
                _ => mismatch(),
            },
            _ => mismatch(),
        }
    }

    /// Blocks until there is a message, and takes it.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if none will ever come.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.take(Patience::Endless)
    }

    /// Takes a message if there is one; never waits for one.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.take(Patience::None)
    }

    /// As [`recv`](Self::recv), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
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
    /// [`RecvError`], never for want of a message.
    #[track_caller]
    pub fn poll(&self) -> Result<bool, RecvError> {
        self.look(Patience::None)
    }

    /// Blocks until [`poll`](Self::poll) is true, but at most for `timeout`, and says whether it is.
    ///
    /// # Errors
    ///
    /// [`RecvError`], never for want of a message.
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

    /// Closes this end: the other one can receive what was sent before, and then the end of file, and can
    /// send no more. Closing again does nothing.
    #[track_caller]
    pub fn close(&self) {
        // If the process that the pipe lives in has ended, there is nobody to hear of it.
        let _ = self.remote.ask(Request::Close);
    }
}

impl<B: Backend, T: Item> Drop for PipeEnd<B, T> {
    fn drop(&mut self) {
        // One that was moved is closed by whoever has it, or with the last handle if nobody ever has.
        if !*self.moved.get_mut() {
            self.close();
        }
    }
}

impl<B: Backend, T: Item> Serialize for PipeEnd<B, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if B::ENGINE.is_native() {
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
