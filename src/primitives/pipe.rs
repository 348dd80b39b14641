//! Two ends, and messages that go from one to the other.
//!
//! Unlike a [`Queue`](super::Queue) it has exactly two ends, one for each party, which are closed one by
//! one: a party that closes its end tells the other that nothing more will come, or be taken.

use crate::backend::{Backend, Condvar, Mutex, MutexGuard};
use std::{
    borrow::Cow, collections::VecDeque, fmt, marker::PhantomData, sync::Arc, time::Duration,
};

/// Makes pipes.
///
/// As Python's `multiprocessing.Pipe`, but it carries values, not bytes, its buffer has a stated size,
/// and each end is one object: where Python's processes each have copies of both ends, threads share
/// an end by [`Arc`]. What was sent arrives even if the sender has since closed its end with messages of
/// the other unread, which gives CPython's reader a `ConnectionResetError`. Unlike the two halves of [`std::sync::mpsc`], an end may go both ways.
///
/// ```
/// use raceproof::{backend::Std, primitives::{Pipe, RecvError}};
///
/// let (left, right) = Pipe::<Std, _>::duplex(2)?;
/// left.send("ping")?;
/// assert_eq!(right.recv(), Ok("ping"));
/// right.send("pong")?;
/// right.close();
/// assert_eq!([left.recv(), left.recv()], [Ok("pong"), Err(RecvError::EndOfFile)]);
/// assert!(left.send("anybody?").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pipe<B: Backend, T: Send>(PhantomData<(B, T)>);

/// One of the two ends of a [`Pipe`]. Dropping it closes it.
pub struct PipeEnd<B: Backend, T: Send> {
    /// Where messages come from; `None` at the writing end of a one-way pipe.
    incoming: Option<Arc<Channel<B, T>>>,
    /// Where messages go; `None` at the reading end of a one-way pipe.
    outgoing: Option<Arc<Channel<B, T>>>,
}

/// The two ends of a [`Pipe`].
pub type BothEnds<B, T> = (PipeEnd<B, T>, PipeEnd<B, T>);

/// One direction of a pipe.
struct Channel<B: Backend, T: Send> {
    /// How many messages it holds at most; at least one.
    capacity: usize,
    state: Mutex<B, State<T>>,
    /// There is a message, or one of the ends is closed.
    readable: Condvar<B>,
    /// There is room for a message, or one of the ends is closed.
    writable: Condvar<B>,
}

struct State<T> {
    messages: VecDeque<T>,
    /// Whether the writing end is closed.
    writer_closed: bool,
    /// Whether the reading end is closed.
    reader_closed: bool,
    /// How many threads are in a wait for a message, woken ones included until they run.
    reading: usize,
    /// How many threads are in a wait for room, woken ones included until they run.
    writing: usize,
}

/// A pipe must have room for at least one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pipe needs room for at least one message")]
pub struct NoCapacity;

/// Why a message could not be sent. It comes back in the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError<T> {
    /// The other end is closed, before the send or while it blocked.
    #[error("the other end of the pipe is closed")]
    BrokenPipe(T),
    /// This end is closed, before the send or while it blocked.
    #[error("this end of the pipe is closed")]
    Closed(T),
    /// This end only receives.
    #[error("this end of the pipe is read-only")]
    ReadOnly(T),
    /// There is no room, or there was none in time.
    #[error("the pipe is full")]
    Full(T),
}

impl<T> SendError<T> {
    /// The message that was to be sent.
    pub fn into_inner(self) -> T {
        match self {
            Self::BrokenPipe(message)
            | Self::Closed(message)
            | Self::ReadOnly(message)
            | Self::Full(message) => message,
        }
    }
}

/// Why no message could be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecvError {
    /// Every message has been received, and the other end is closed.
    #[error("end of file: the other end of the pipe is closed")]
    EndOfFile,
    /// This end is closed, before the receive or while it blocked.
    #[error("this end of the pipe is closed")]
    Closed,
    /// This end only sends.
    #[error("this end of the pipe is write-only")]
    WriteOnly,
    /// There is no message, or there was none in time.
    #[error("the pipe is empty")]
    Empty,
}

impl<B: Backend, T: Send> Pipe<B, T> {
    /// A pipe that goes both ways, with room for `capacity` messages each way.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if there would be room for none.
    #[track_caller]
    pub fn duplex(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let there = Channel::open("pipe there", capacity)?;
        let back = Channel::open("pipe back", capacity)?;
        Ok((
            PipeEnd { incoming: Some(Arc::clone(&back)), outgoing: Some(Arc::clone(&there)) },
            PipeEnd { incoming: Some(there), outgoing: Some(back) },
        ))
    }

    /// A pipe from its second end, which only sends, to its first, which only receives (Python's
    /// `Pipe(duplex=False)`), with room for `capacity` messages.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if there would be room for none.
    ///
    /// ```
    /// # use raceproof::{backend::Std, primitives::{Pipe, RecvError, SendError}};
    /// let (reader, writer) = Pipe::<Std, _>::one_way(1)?;
    /// assert_eq!(writer.send(1), Ok(()));
    /// assert_eq!(writer.try_send(2), Err(SendError::Full(2)));
    /// assert_eq!(writer.recv(), Err(RecvError::WriteOnly));
    /// assert_eq!(reader.send(3), Err(SendError::ReadOnly(3)));
    /// drop(writer);
    /// assert_eq!([reader.recv(), reader.recv()], [Ok(1), Err(RecvError::EndOfFile)]);
    /// # Ok::<(), raceproof::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn one_way(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let channel = Channel::open("pipe", capacity)?;
        Ok((
            PipeEnd { incoming: Some(Arc::clone(&channel)), outgoing: None },
            PipeEnd { incoming: None, outgoing: Some(channel) },
        ))
    }
}

impl<B: Backend, T: Send> PipeEnd<B, T> {
    /// Blocks until there is room, and sends `message`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if it cannot ever arrive; never [`SendError::Full`].
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.outgoing {
            Some(channel) => channel.send(message, Patience::Endless),
            None => Err(SendError::ReadOnly(message)),
        }
    }

    /// Sends `message` if there is room; never waits for room.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.outgoing {
            Some(channel) => channel.send(message, Patience::None),
            None => Err(SendError::ReadOnly(message)),
        }
    }

    /// As [`send`](Self::send), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message.
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
    /// [`RecvError`] if none will ever come; never [`RecvError::Empty`].
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.incoming()?.recv(Patience::Endless)
    }

    /// Takes a message if there is one; never waits for one.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.incoming()?.recv(Patience::None)
    }

    /// As [`recv`](Self::recv), but blocks at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`RecvError`].
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvError> {
        self.incoming()?.recv(Patience::For(timeout))
    }

    /// Whether a [`recv`](Self::recv) would not block: there is a message, or the end of file.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] and [`RecvError::WriteOnly`].
    #[track_caller]
    pub fn poll(&self) -> Result<bool, RecvError> {
        self.incoming()?.poll(Patience::None)
    }

    /// Blocks until [`poll`](Self::poll) is true, but at most for `timeout`, and says whether it is.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] and [`RecvError::WriteOnly`].
    #[track_caller]
    pub fn poll_timeout(&self, timeout: Duration) -> Result<bool, RecvError> {
        self.incoming()?.poll(Patience::For(timeout))
    }

    fn incoming(&self) -> Result<&Channel<B, T>, RecvError> {
        self.incoming.as_deref().ok_or(RecvError::WriteOnly)
    }

    /// Closes this end: the other one can receive what was sent before, and then the end of file, and
    /// can send no more; what it has sent and this end has not received is dropped. Threads that wait
    /// at either end are woken. Never blocks for long; closing again does nothing.
    #[track_caller]
    pub fn close(&self) {
        if let Some(channel) = &self.outgoing {
            channel.close(|state| state.writer_closed = true);
        }
        if let Some(channel) = &self.incoming {
            channel.close(|state| state.reader_closed = true);
        }
    }
}

/// How long to wait for what is not there.
#[derive(Clone, Copy)]
enum Patience {
    None,
    For(Duration),
    Endless,
}

impl Patience {
    /// Waits on `condvar` while `blocked`. Whoever calls tests again what it waited for.
    #[track_caller]
    fn wait<'a, B: Backend, S: Send>(
        self,
        condvar: &Condvar<B>,
        state: MutexGuard<'a, B, S>,
        blocked: impl FnMut(&mut S) -> bool,
    ) -> MutexGuard<'a, B, S> {
        match self {
            Self::None => state,
            Self::For(timeout) => condvar.wait_timeout_while(state, timeout, blocked).0,
            Self::Endless => condvar.wait_while(state, blocked),
        }
    }
}

impl<T> State<T> {
    fn is_closed(&self) -> bool {
        self.writer_closed || self.reader_closed
    }
}

impl<B: Backend, T: Send> Channel<B, T> {
    #[track_caller]
    fn open(name: impl Into<Cow<'static, str>>, capacity: usize) -> Result<Arc<Self>, NoCapacity> {
        if capacity == 0 {
            return Err(NoCapacity);
        }
        let name = name.into();
        let state = State {
            messages: VecDeque::new(),
            writer_closed: false,
            reader_closed: false,
            reading: 0,
            writing: 0,
        };
        Ok(Arc::new(Self {
            capacity,
            readable: Condvar::named(format!("{name} readable")),
            writable: Condvar::named(format!("{name} writable")),
            state: Mutex::named(name, state),
        }))
    }

    #[track_caller]
    fn send(&self, message: T, patience: Patience) -> Result<(), SendError<T>> {
        let mut state = self.state.lock();
        let blocked = |s: &mut State<T>| s.messages.len() >= self.capacity && !s.is_closed();
        if blocked(&mut state) {
            state.writing += 1;
            state = patience.wait(&self.writable, state, blocked);
            state.writing -= 1;
        }
        if state.writer_closed {
            return Err(SendError::Closed(message));
        }
        if state.reader_closed {
            return Err(SendError::BrokenPipe(message));
        }
        if state.messages.len() >= self.capacity {
            return Err(SendError::Full(message));
        }
        state.messages.push_back(message);
        // One reader for one message: it takes it, or leaves it to another that then did not have to
        // wait. One that gives up at this moment finds the message.
        let wake = state.reading > 0;
        drop(state);
        if wake {
            self.readable.notify_one();
        }
        Ok(())
    }

    #[track_caller]
    fn recv(&self, patience: Patience) -> Result<T, RecvError> {
        let mut state = self.await_message(patience);
        if state.reader_closed {
            return Err(RecvError::Closed);
        }
        let Some(message) = state.messages.pop_front() else {
            return Err(if state.writer_closed { RecvError::EndOfFile } else { RecvError::Empty });
        };
        // One writer for one place, as in `send`.
        let wake = state.writing > 0;
        drop(state);
        if wake {
            self.writable.notify_one();
        }
        Ok(message)
    }

    #[track_caller]
    fn poll(&self, patience: Patience) -> Result<bool, RecvError> {
        let state = self.await_message(patience);
        if state.reader_closed {
            return Err(RecvError::Closed);
        }
        let there = !state.messages.is_empty();
        // It takes no message: if it was woken for one, another reader is to be woken in its place.
        let pass_on = there && state.reading > 0;
        let end = state.writer_closed;
        drop(state);
        if pass_on {
            self.readable.notify_one();
        }
        Ok(there || end)
    }

    /// Waits for a message, or for either end to be closed.
    #[track_caller]
    fn await_message(&self, patience: Patience) -> MutexGuard<'_, B, State<T>> {
        let mut state = self.state.lock();
        let blocked = |s: &mut State<T>| s.messages.is_empty() && !s.is_closed();
        if blocked(&mut state) {
            state.reading += 1;
            state = patience.wait(&self.readable, state, blocked);
            state.reading -= 1;
        }
        state
    }

    /// Closes an end and wakes everybody.
    #[track_caller]
    fn close(&self, end: impl FnOnce(&mut State<T>)) {
        let mut state = self.state.lock();
        end(&mut state);
        let unread =
            if state.reader_closed { std::mem::take(&mut state.messages) } else { VecDeque::new() };
        let (reading, writing) = (state.reading > 0, state.writing > 0);
        drop(state);
        // All of them: none will find what it waits for, and no later message would wake the rest.
        if reading {
            self.readable.notify_all();
        }
        if writing {
            self.writable.notify_all();
        }
        // Last and outside the mutex, for messages may have destructors.
        drop(unread);
    }
}

impl<B: Backend, T: Send> Drop for PipeEnd<B, T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<B: Backend, T: Send> fmt::Debug for PipeEnd<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = |channel: &Option<Arc<Channel<B, T>>>| {
            channel.as_ref().map(|channel| format!("{:?}", channel.state))
        };
        f.debug_struct("PipeEnd")
            .field("incoming", &channel(&self.incoming))
            .field("outgoing", &channel(&self.outgoing))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn there_must_be_room() {
        assert_eq!(Pipe::<Std, i32>::duplex(0).err(), Some(NoCapacity));
        assert_eq!(Pipe::<Std, i32>::one_way(0).err(), Some(NoCapacity));
    }

    #[test]
    fn a_full_pipe_gives_the_message_back() {
        let (left, right) = Pipe::<Std, _>::duplex(1).unwrap();
        assert_eq!(left.send_timeout("a", Duration::ZERO), Ok(()));
        assert_eq!(left.try_send("b"), Err(SendError::Full("b")));
        assert_eq!(left.send_timeout("b", SHORT).map_err(SendError::into_inner), Err("b"));
        assert_eq!((left.poll(), right.poll_timeout(SHORT)), (Ok(false), Ok(true)));
        assert_eq!(right.recv_timeout(Duration::ZERO), Ok("a"));
        assert_eq!(right.try_recv(), Err(RecvError::Empty));
        assert_eq!(right.recv_timeout(SHORT), Err(RecvError::Empty));
        assert_eq!(right.poll_timeout(SHORT), Ok(false));
    }

    #[test]
    fn what_was_sent_before_the_close_arrives() {
        let (left, right) = Pipe::<Std, _>::duplex(2).unwrap();
        left.send(1).unwrap();
        left.close();
        left.close();
        assert_eq!(right.poll(), Ok(true));
        assert_eq!([right.recv(), right.recv()], [Ok(1), Err(RecvError::EndOfFile)]);
        assert_eq!(right.poll(), Ok(true));
        assert_eq!(right.send(2), Err(SendError::BrokenPipe(2)));
        assert_eq!(left.send(3), Err(SendError::Closed(3)));
        assert_eq!((left.recv(), left.poll()), (Err(RecvError::Closed), Err(RecvError::Closed)));
    }

    #[test]
    fn one_way_is_one_way() {
        let (reader, writer) = Pipe::<Std, _>::one_way(1).unwrap();
        assert_eq!(reader.try_send(1), Err(SendError::ReadOnly(1)));
        assert_eq!(reader.send_timeout(1, SHORT), Err(SendError::ReadOnly(1)));
        assert_eq!(writer.poll(), Err(RecvError::WriteOnly));
        drop(reader);
        assert_eq!(writer.send(1), Err(SendError::BrokenPipe(1)));
    }
}
