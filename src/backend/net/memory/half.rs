//! One direction of a connection in memory.

use super::NetError;
use crate::backend::{Backend, Condvar, Mutex, MutexGuard};
use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

/// Bytes on their way from the end that writes them to the end that reads them.
pub(super) struct Half<B: Backend> {
    /// The largest number of bytes it holds; at least one.
    capacity: usize,
    state: Mutex<B, State>,
    /// There are bytes, or one of the ends is closed.
    readable: Condvar<B>,
    /// There is room, or one of the ends is closed.
    writable: Condvar<B>,
}

struct State {
    bytes: VecDeque<u8>,
    writer: Writer,
    /// The read end is closed.
    reader_closed: bool,
    /// How many threads are in a wait for bytes, woken ones included until they run.
    reading: usize,
    /// How many threads are in a wait for room, woken ones included until they run.
    writing: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    Open,
    /// No more will be written.
    Shut,
    Closed,
    /// Closed, and it is unknown whether it has read everything.
    Reset,
}

impl State {
    fn blocks_reader(&mut self) -> bool {
        self.bytes.is_empty() && self.writer == Writer::Open && !self.reader_closed
    }
}

/// Waits on `condvar` while `blocked`, for at most `timeout` if there is one. The caller tests again
/// what it waited for.
#[track_caller]
pub(super) fn wait<'a, B: Backend, S: Send>(
    condvar: &Condvar<B>,
    state: MutexGuard<'a, B, S>,
    timeout: Option<Duration>,
    blocked: impl FnMut(&mut S) -> bool,
) -> MutexGuard<'a, B, S> {
    match timeout {
        Some(timeout) => condvar.wait_timeout_while(state, timeout, blocked).0,
        None => condvar.wait_while(state, blocked),
    }
}

impl<B: Backend> Half<B> {
    #[track_caller]
    pub(super) fn open(name: String, capacity: usize) -> Arc<Self> {
        let state = State {
            bytes: VecDeque::new(),
            writer: Writer::Open,
            reader_closed: false,
            reading: 0,
            writing: 0,
        };
        Arc::new(Self {
            capacity,
            readable: Condvar::named(format!("{name} readable")),
            writable: Condvar::named(format!("{name} writable")),
            state: Mutex::named(name, state),
        })
    }

    #[track_caller]
    pub(super) fn read(
        &self,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        let mut state = self.state.lock();
        if !buffer.is_empty() && state.blocks_reader() {
            state.reading += 1;
            state = wait(&self.readable, state, timeout, State::blocks_reader);
            state.reading -= 1;
        }
        if state.reader_closed {
            return Err(NetError::Closed);
        }
        let count = buffer.len().min(state.bytes.len());
        if count == 0 {
            return match state.writer {
                _ if buffer.is_empty() => Ok(0),
                Writer::Open => Err(NetError::TimedOut),
                Writer::Shut | Writer::Closed => Ok(0),
                Writer::Reset => Err(NetError::Reset),
            };
        }
        buffer.iter_mut().zip(state.bytes.drain(..count)).for_each(|(to, byte)| *to = byte);
        // One write may be enough for several readers, and one read may make room for several writers,
        // yet each wakes only one of them. So a thread that leaves bytes, or room, wakes the next.
        let (reader, writer) = (state.reading > 0 && !state.bytes.is_empty(), state.writing > 0);
        drop(state);
        self.wake(reader, writer);
        Ok(count)
    }

    #[track_caller]
    pub(super) fn write(&self, bytes: &[u8], timeout: Option<Duration>) -> Result<usize, NetError> {
        let mut state = self.state.lock();
        let blocked = |state: &mut State| {
            let open = state.writer == Writer::Open && !state.reader_closed;
            open && state.bytes.len() >= self.capacity
        };
        if !bytes.is_empty() && blocked(&mut state) {
            state.writing += 1;
            state = wait(&self.writable, state, timeout, blocked);
            state.writing -= 1;
        }
        match state.writer {
            Writer::Closed | Writer::Reset => return Err(NetError::Closed),
            _ if bytes.is_empty() => return Ok(0),
            Writer::Shut => return Err(NetError::BrokenPipe),
            Writer::Open if state.reader_closed => return Err(NetError::BrokenPipe),
            Writer::Open => {}
        }
        let count = bytes.len().min(self.capacity - state.bytes.len());
        if count == 0 {
            return Err(NetError::TimedOut);
        }
        state.bytes.extend(&bytes[..count]);
        let room = state.bytes.len() < self.capacity;
        let (reader, writer) = (state.reading > 0, state.writing > 0 && room);
        drop(state);
        self.wake(reader, writer);
        Ok(count)
    }

    /// Wakes one of each.
    #[track_caller]
    fn wake(&self, reader: bool, writer: bool) {
        if reader {
            self.readable.notify_one();
        }
        if writer {
            self.writable.notify_one();
        }
    }

    /// The writer shuts down writing; bytes already written can still be read.
    #[track_caller]
    pub(super) fn shutdown(&self) -> Result<(), NetError> {
        let mut state = self.state.lock();
        match state.writer {
            Writer::Closed | Writer::Reset => return Err(NetError::Closed),
            Writer::Open | Writer::Shut => state.writer = Writer::Shut,
        }
        self.let_go(state);
        Ok(())
    }

    /// Closes the write end; bytes already written can still be read.
    #[track_caller]
    pub(super) fn close_writer(&self, reset: bool) {
        let mut state = self.state.lock();
        if matches!(state.writer, Writer::Open | Writer::Shut) {
            state.writer = if reset { Writer::Reset } else { Writer::Closed };
        }
        self.let_go(state);
    }

    /// Closes the read end, and returns whether bytes were left unread.
    #[track_caller]
    pub(super) fn close_reader(&self) -> bool {
        let mut state = self.state.lock();
        state.reader_closed = true;
        let unread = !state.bytes.is_empty();
        state.bytes.clear();
        self.let_go(state);
        unread
    }

    /// Wakes all threads: none will find what it waits for, and nothing later would wake the rest.
    #[track_caller]
    fn let_go(&self, state: MutexGuard<'_, B, State>) {
        let (reading, writing) = (state.reading > 0, state.writing > 0);
        drop(state);
        if reading {
            self.readable.notify_all();
        }
        if writing {
            self.writable.notify_all();
        }
    }
}

impl<B: Backend> fmt::Debug for Half<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}
