//! Broken connections.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex, MutexGuard},
    contracts::net::{Connection, Kind, Subject, scenario},
    primitives::NetError,
};
use std::{collections::VecDeque, mem, sync::Arc, time::Duration};

copies! {
    ONE_BUFFER_FOR_ALL: "own-bytes" Assertion "another client's bytes",
    ONE_DIRECTION: "both-ways" Assertion "a byte came back",
    NEWEST_FIRST: "in-order" Assertion "in another order",
    NO_BOUND: "bounded" Assertion "more bytes than there is room for",
    IF_FOR_WHILE: "two-readers" Assertion "not at all",
    READER_KEEPS_THE_WAKE_UP: "two-readers" Deadlock "readable",
    WRITER_KEEPS_THE_WAKE_UP: "two-writers" Deadlock "writable",
    NO_NOTIFY: "in-order" Deadlock "writable",
    CLOSE_WAKES_ONE: "broken-pipe" Deadlock "writable",
    CLOSE_WAKES_NONE: "end-of-file" Deadlock "readable",
    CLOSE_DROPS_BYTES: "end-of-file" Assertion "before the close was lost",
    SHUTS_BOTH_WAYS: "half-closed" Assertion "the other end is open",
    SHUTDOWN_WAKES_ONE: "half-closed" Deadlock "readable",
    SAYS_NOTHING_OF_THE_REST: "left-unread" Assertion "a byte was left unread",
    WRITES_AFTER_THE_END: "half-closed" Assertion "written after the end",
    ACCEPTS_TWICE: "two-acceptors" Deadlock "`main` waits for readable",
    ACCEPTORS_NOT_WOKEN: "two-acceptors" Deadlock "arrived",
    CLOSE_LETS_ONE_GO: "listener-closed" Deadlock "arrived",
    CONNECTS_TO_NOBODY: "listener-closed" Assertion "no listener",
    FORGETS_THE_BACKLOG: "cut-off" Deadlock "readable",
    GIVES_UP_AND_READS: "timed" Assertion "a byte lost",
    GIVES_UP_AND_ACCEPTS: "timed-accept" Deadlock "arrived",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = Listener<B>;
}

const MOMENT: Duration = Duration::from_micros(20);

/// One direction of a connection.
struct Half<B: Backend> {
    capacity: usize,
    state: Mutex<B, State>,
    readable: Condvar<B>,
    writable: Condvar<B>,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    writer_closed: bool,
    reader_closed: bool,
    reset: bool,
}

impl State {
    fn blocks_reader(&mut self) -> bool {
        self.bytes.is_empty() && !self.writer_closed && !self.reader_closed
    }
}

impl<B: Backend> Half<B> {
    fn new(capacity: usize) -> Arc<Self> {
        let (readable, writable) = (Condvar::named("readable"), Condvar::named("writable"));
        Arc::new(Self { capacity, state: Mutex::default(), readable, writable })
    }

    fn take(
        &self,
        mut state: MutexGuard<'_, B, State>,
        buffer: &mut [u8],
    ) -> Result<usize, NetError> {
        if state.reader_closed {
            return Err(NetError::Closed);
        }
        let count = buffer.len().min(state.bytes.len());
        for place in &mut buffer[..count] {
            let newest = made(NEWEST_FIRST);
            let byte = if newest { state.bytes.pop_back() } else { state.bytes.pop_front() };
            *place = byte.expect("counted");
        }
        if count == 0 && state.reset {
            return Err(NetError::Reset);
        }
        let left = !state.bytes.is_empty();
        drop(state);
        if count > 0 && !made(NO_NOTIFY) {
            self.writable.notify_one();
        }
        if left && !made(READER_KEEPS_THE_WAKE_UP) {
            self.readable.notify_one();
        }
        Ok(count)
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, NetError> {
        let blocked = |state: &mut State| {
            let open = !state.writer_closed && !state.reader_closed;
            open && state.bytes.len() >= self.capacity && !made(NO_BOUND)
        };
        let mut state = self.writable.wait_while(self.state.lock(), blocked);
        if (state.writer_closed && !made(WRITES_AFTER_THE_END)) || state.reader_closed {
            return Err(NetError::BrokenPipe);
        }
        let room = if made(NO_BOUND) { usize::MAX } else { self.capacity - state.bytes.len() };
        let count = bytes.len().min(room);
        state.bytes.extend(&bytes[..count]);
        let left = count < room;
        drop(state);
        self.readable.notify_one();
        if left && !made(WRITER_KEEPS_THE_WAKE_UP) {
            self.writable.notify_one();
        }
        Ok(count)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        for condvar in [&self.readable, &self.writable] {
            match mistake() {
                CLOSE_WAKES_ONE | SHUTDOWN_WAKES_ONE => condvar.notify_one(),
                CLOSE_WAKES_NONE => {}
                _ => condvar.notify_all(),
            }
        }
    }

    fn close_writer(&self, reset: bool) {
        self.change(|state| {
            state.reset |= reset && !state.writer_closed;
            state.writer_closed = true;
            if made(CLOSE_DROPS_BYTES) {
                state.bytes.clear();
            }
        });
    }

    fn close_reader(&self) -> bool {
        let mut unread = false;
        self.change(|state| {
            state.reader_closed = true;
            unread = !mem::take(&mut state.bytes).is_empty();
        });
        unread
    }
}

struct Stream<B: Backend> {
    incoming: Arc<Half<B>>,
    outgoing: Arc<Half<B>>,
}

impl<B: Backend> Clone for Stream<B> {
    fn clone(&self) -> Self {
        let (incoming, outgoing) = (Arc::clone(&self.incoming), Arc::clone(&self.outgoing));
        Self { incoming, outgoing }
    }
}

impl<B: Backend> Connection for Stream<B> {
    fn read(&self, buffer: &mut [u8]) -> Result<usize, NetError> {
        let half = &self.incoming;
        let mut state = half.state.lock();
        if !made(IF_FOR_WHILE) {
            state = half.readable.wait_while(state, State::blocks_reader);
        } else if state.blocks_reader() {
            state = half.readable.wait(state);
        }
        half.take(state, buffer)
    }

    fn read_timeout(&self, buffer: &mut [u8]) -> Result<usize, NetError> {
        let half = &self.incoming;
        let (state, timed_out) =
            half.readable.wait_timeout_while(half.state.lock(), MOMENT, State::blocks_reader);
        if !timed_out {
            let read = half.take(state, buffer);
            return if made(GIVES_UP_AND_READS) { Err(NetError::TimedOut) } else { read };
        }
        Err(NetError::TimedOut)
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, NetError> {
        self.outgoing.write(bytes)
    }

    fn shutdown_write(&self) {
        self.outgoing.close_writer(false);
        if made(SHUTS_BOTH_WAYS) {
            self.incoming.change(|state| state.writer_closed = true);
        }
    }

    fn close(&self) {
        let unread = self.incoming.close_reader();
        self.outgoing.close_writer(unread && !made(SAYS_NOTHING_OF_THE_REST));
    }
}

struct Listener<B: Backend>(Arc<Port<B>>);

struct Port<B: Backend> {
    capacity: usize,
    /// Connections waiting to be accepted; `None` once closed.
    backlog: Mutex<B, Option<VecDeque<Stream<B>>>>,
    arrived: Condvar<B>,
    /// The state that all connections share by mistake.
    shared: (Arc<Half<B>>, Arc<Half<B>>),
}

fn no_client<B: Backend>(backlog: &mut Option<VecDeque<Stream<B>>>) -> bool {
    backlog.as_ref().is_some_and(VecDeque::is_empty)
}

impl<B: Backend> Subject for Listener<B> {
    type Stream = Stream<B>;
    type Address = Arc<Port<B>>;

    fn new(capacity: usize) -> Self {
        Self(Arc::new(Port {
            capacity,
            backlog: Mutex::new(Some(VecDeque::new())),
            arrived: Condvar::named("arrived"),
            shared: (Half::new(capacity), Half::new(capacity)),
        }))
    }

    fn address(&self) -> Arc<Port<B>> {
        Arc::clone(&self.0)
    }

    fn connect(port: &Arc<Port<B>>) -> Result<Stream<B>, NetError> {
        let (there, back) = match mistake() {
            ONE_BUFFER_FOR_ALL => port.shared.clone(),
            ONE_DIRECTION => (Arc::clone(&port.shared.0), Arc::clone(&port.shared.0)),
            _ => (Half::new(port.capacity), Half::new(port.capacity)),
        };
        let mine = Stream { incoming: Arc::clone(&back), outgoing: Arc::clone(&there) };
        match &mut *port.backlog.lock() {
            Some(backlog) => backlog.push_back(Stream { incoming: there, outgoing: back }),
            None if made(CONNECTS_TO_NOBODY) => {}
            None => return Err(NetError::Refused),
        }
        if !made(ACCEPTORS_NOT_WOKEN) {
            port.arrived.notify_one();
        }
        Ok(mine)
    }

    fn accept(&self) -> Result<Stream<B>, NetError> {
        let backlog = self.0.backlog.lock();
        let mut backlog = self.0.arrived.wait_while(backlog, no_client);
        let backlog = backlog.as_mut().ok_or(NetError::Closed)?;
        let stream =
            if made(ACCEPTS_TWICE) { backlog.front().cloned() } else { backlog.pop_front() };
        Ok(stream.expect("a client"))
    }

    fn accept_timeout(&self) -> Result<Stream<B>, NetError> {
        let backlog = self.0.backlog.lock();
        let (mut backlog, timed_out) =
            self.0.arrived.wait_timeout_while(backlog, MOMENT, no_client);
        let accepted = backlog.as_mut().ok_or(NetError::Closed)?.pop_front();
        let refused = timed_out || made(GIVES_UP_AND_ACCEPTS);
        accepted.filter(|_| !refused).ok_or(NetError::TimedOut)
    }

    fn close(&self) {
        let backlog = self.0.backlog.lock().take();
        if made(CLOSE_LETS_ONE_GO) {
            self.0.arrived.notify_one();
        } else {
            self.0.arrived.notify_all();
        }
        if !made(FORGETS_THE_BACKLOG) {
            backlog.into_iter().flatten().for_each(|stream| stream.outgoing.close_writer(true));
        }
    }
}
