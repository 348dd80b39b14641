//! A network in memory, built from the backend's own mutexes and condition variables. A checker explores
//! it with the program that uses it.

mod half;

use super::{NetError, Network};
use crate::backend::{Backend, Condvar, Mutex};
use half::Half;
use std::{collections::VecDeque, fmt, marker::PhantomData, mem, sync::Arc, time::Duration};

/// Connections within this process.
pub struct Memory<B>(PhantomData<B>);

impl<B> fmt::Debug for Memory<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

/// A listener. Dropping it closes it.
pub struct Listener<B: Backend>(Address<B>);

/// The address of a listener, even of one that is closed.
pub struct Address<B: Backend>(Arc<Port<B>>);

struct Port<B: Backend> {
    name: String,
    capacity: usize,
    state: Mutex<B, State<B>>,
    /// A connection waits to be accepted, or the listener is closed.
    arrived: Condvar<B>,
}

struct State<B: Backend> {
    /// The server's ends of the connections that have not been accepted.
    backlog: VecDeque<Stream<B>>,
    closed: bool,
    /// How many threads are in a wait for a connection, woken ones included until they run.
    accepting: usize,
}

/// One end of a connection.
pub struct Stream<B: Backend> {
    incoming: Arc<Half<B>>,
    outgoing: Arc<Half<B>>,
}

impl<B: Backend> Stream<B> {
    /// Closes both directions. The other end gets a reset if bytes are left unread, or if it is to be
    /// `cut_off` in any case.
    #[track_caller]
    fn close(&self, cut_off: bool) {
        let unread = self.incoming.close_reader();
        self.outgoing.close_writer(unread || cut_off);
    }
}

impl<B: Backend> Network for Memory<B> {
    type Listener = Listener<B>;
    type Stream = Stream<B>;
    type Address = Address<B>;

    #[track_caller]
    fn listen(name: &str, capacity: usize) -> Result<Listener<B>, NetError> {
        let state = State { backlog: VecDeque::new(), closed: false, accepting: 0 };
        Ok(Listener(Address(Arc::new(Port {
            name: name.into(),
            capacity,
            arrived: Condvar::named(format!("{name} connected to")),
            state: Mutex::named(name.to_owned(), state),
        }))))
    }

    fn address(listener: &Listener<B>) -> Address<B> {
        listener.0.clone()
    }

    #[track_caller]
    fn accept(listener: &Listener<B>, timeout: Option<Duration>) -> Result<Stream<B>, NetError> {
        let port = &listener.0.0;
        let mut state = port.state.lock();
        let blocked = |s: &mut State<B>| s.backlog.is_empty() && !s.closed;
        if blocked(&mut state) {
            state.accepting += 1;
            state = half::wait(&port.arrived, state, timeout, blocked);
            state.accepting -= 1;
        }
        match state.backlog.pop_front() {
            Some(stream) => Ok(stream),
            None if state.closed => Err(NetError::Closed),
            None => Err(NetError::TimedOut),
        }
    }

    #[track_caller]
    fn close_listener(listener: &Listener<B>) {
        let port = &listener.0.0;
        let mut state = port.state.lock();
        state.closed = true;
        let backlog = mem::take(&mut state.backlog);
        let wake = state.accepting > 0;
        drop(state);
        // Wakes all of them: no later connection would wake the rest.
        if wake {
            port.arrived.notify_all();
        }
        backlog.iter().for_each(|stream| stream.close(true));
    }

    #[track_caller]
    fn connect(Address(port): &Address<B>) -> Result<Stream<B>, NetError> {
        let client = B::current();
        let there = Half::open(format!("{} to {}", client.name(), port.name), port.capacity);
        let back = Half::open(format!("{} to {}", port.name, client.name()), port.capacity);
        let mine = Stream { incoming: Arc::clone(&back), outgoing: Arc::clone(&there) };
        let theirs = Stream { incoming: there, outgoing: back };
        let mut state = port.state.lock();
        if state.closed {
            return Err(NetError::Refused);
        }
        state.backlog.push_back(theirs);
        // One connection wakes one thread: the thread takes it, or leaves it to another that then did
        // not have to wait. A thread whose time limit passes at this moment finds the connection.
        let wake = state.accepting > 0;
        drop(state);
        if wake {
            port.arrived.notify_one();
        }
        Ok(mine)
    }

    #[track_caller]
    fn read(
        stream: &Stream<B>,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        stream.incoming.read(buffer, timeout)
    }

    #[track_caller]
    fn write(
        stream: &Stream<B>,
        bytes: &[u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        stream.outgoing.write(bytes, timeout)
    }

    #[track_caller]
    fn shutdown_write(stream: &Stream<B>) -> Result<(), NetError> {
        stream.outgoing.shutdown()
    }

    #[track_caller]
    fn close(stream: &Stream<B>) {
        stream.close(false);
    }
}

impl<B: Backend> Drop for Listener<B> {
    fn drop(&mut self) {
        Memory::close_listener(self);
    }
}

impl<B: Backend> Drop for Stream<B> {
    fn drop(&mut self) {
        self.close(false);
    }
}

impl<B: Backend> Clone for Address<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> fmt::Display for Address<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

impl<B: Backend> fmt::Debug for Address<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.name.fmt(f)
    }
}

impl<B: Backend> fmt::Debug for Listener<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<B: Backend> fmt::Debug for Stream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("incoming", &self.incoming)
            .field("outgoing", &self.outgoing)
            .finish()
    }
}
