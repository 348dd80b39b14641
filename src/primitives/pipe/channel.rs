//! One direction of a pipe.

use super::{NoCapacity, RecvError, SendError};
use crate::backend::{Arc, Backend, Condvar, Mutex, MutexGuard};
use std::{borrow::Cow, collections::VecDeque, fmt, time::Duration};

/// Messages on their way from the write end to the read end.
pub(super) struct Channel<B: Backend, T: Send> {
    /// The largest number of messages it holds; at least one.
    capacity: usize,
    state: Mutex<B, State<T>>,
    /// There is a message, or one of the ends is closed.
    readable: Condvar<B>,
    /// There is room for a message, or one of the ends is closed.
    writable: Condvar<B>,
}

struct State<T> {
    messages: VecDeque<T>,
    /// Whether the write end is closed.
    writer_closed: bool,
    /// Whether the read end is closed.
    reader_closed: bool,
    /// How many threads are in a wait for a message, woken ones included until they run.
    reading: usize,
    /// How many threads are in a wait for room, woken ones included until they run.
    writing: usize,
}

/// How long to wait for a message or for room.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    None,
    For(Duration),
    Endless,
}

impl Patience {
    /// Waits on `condvar` while `blocked`. The caller tests again what it waited for.
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
    pub(super) fn open(
        name: impl Into<Cow<'static, str>>,
        capacity: usize,
    ) -> Result<Arc<Self>, NoCapacity> {
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
    pub(super) fn send(&self, message: T, patience: Patience) -> Result<(), SendError<T>> {
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
        // One message wakes one reader: the reader takes it, or leaves it to another reader that
        // then did not have to wait. A reader that gives up at this moment finds the message.
        let wake = state.reading > 0;
        drop(state);
        if wake {
            self.readable.notify_one();
        }
        Ok(())
    }

    #[track_caller]
    pub(super) fn recv(&self, patience: Patience) -> Result<T, RecvError> {
        let mut state = self.await_message(patience);
        if state.reader_closed {
            return Err(RecvError::Closed);
        }
        let Some(message) = state.messages.pop_front() else {
            return Err(if state.writer_closed { RecvError::EndOfFile } else { RecvError::Empty });
        };
        // One place wakes one writer, as in `send`.
        let wake = state.writing > 0;
        drop(state);
        if wake {
            self.writable.notify_one();
        }
        Ok(message)
    }

    #[track_caller]
    pub(super) fn poll(&self, patience: Patience) -> Result<bool, RecvError> {
        let state = self.await_message(patience);
        if state.reader_closed {
            return Err(RecvError::Closed);
        }
        let there = !state.messages.is_empty();
        // It takes no message: if it was woken for one, another reader must be woken in its place.
        let pass_on = there && state.reading > 0;
        let end = state.writer_closed;
        drop(state);
        if pass_on {
            self.readable.notify_one();
        }
        Ok(there || end)
    }

    /// Waits for a message, or until either end is closed.
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

    /// Closes the write end: messages sent before can still be received.
    #[track_caller]
    pub(super) fn close_writer(&self) {
        self.close(|state| state.writer_closed = true);
    }

    /// Closes the read end: messages not yet received never will be.
    #[track_caller]
    pub(super) fn close_reader(&self) {
        self.close(|state| state.reader_closed = true);
    }

    /// Closes an end and wakes all waiting threads.
    #[track_caller]
    fn close(&self, end: impl FnOnce(&mut State<T>)) {
        let mut state = self.state.lock();
        end(&mut state);
        let unread =
            if state.reader_closed { std::mem::take(&mut state.messages) } else { VecDeque::new() };
        let (reading, writing) = (state.reading > 0, state.writing > 0);
        drop(state);
        // Wakes all of them: none will find what it waits for, and no later message would wake the
        // rest.
        if reading {
            self.readable.notify_all();
        }
        if writing {
            self.writable.notify_all();
        }
        // Last and outside the mutex, because messages may have destructors.
        drop(unread);
    }
}

impl<B: Backend, T: Send> fmt::Debug for Channel<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}
