//! TCP on the loopback device.
//!
//! The sockets never block by themselves: a thread that has to wait asks the system which of them is
//! ready. So each wait has its own time limit, and a close ends it.

use super::{NetError, Network};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::AsFd,
    io::Errno,
};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Real connections, for real threads.
#[derive(Debug)]
pub struct Tcp;

/// A listener on a port that the system has chosen.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    open: Open<Listening>,
}

#[derive(Debug)]
struct Listening {
    socket: TcpListener,
    /// Written to when the listener is closed, and always readable from then on, so every accept
    /// sees it.
    bell: UdpSocket,
}

/// One end of a connection.
#[derive(Debug)]
pub struct Stream(Open<TcpStream>);

/// A socket until it is closed. It is returned to the system when the last operation under way has
/// noticed.
#[derive(Debug)]
struct Open<S>(Mutex<Option<Arc<S>>>);

impl<S> Open<S> {
    fn new(socket: S) -> Self {
        Self(Mutex::new(Some(Arc::new(socket))))
    }

    fn get(&self) -> Result<Arc<S>, NetError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(NetError::Closed)
    }

    /// The socket, which no operation can get any more.
    fn take(&self) -> Option<Arc<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// When to stop waiting; `None` is never, also where the time is too long to be represented.
fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(timeout?)
}

/// The longest wait that the system is asked for: some systems accept no longer times.
const LONGEST: Duration = Duration::from_secs(3600);

/// Waits until one of the sockets is ready.
fn wait(sockets: &mut [PollFd<'_>], deadline: Option<Instant>) -> Result<(), NetError> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let limit = left.and_then(|left| Timespec::try_from(left.min(LONGEST)).ok());
        match poll(sockets, limit.as_ref()) {
            Ok(0) if left.is_some_and(|left| left <= LONGEST) => return Err(NetError::TimedOut),
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
}

/// Tries again until the operation does not have to wait, or the time limit passes.
fn retry<R>(
    mut operation: impl FnMut() -> io::Result<R>,
    mut ready: impl FnMut() -> Result<(), NetError>,
) -> Result<R, NetError> {
    loop {
        match operation() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready()?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return Ok(done?),
        }
    }
}

impl Stream {
    fn new(socket: TcpStream) -> Result<Self, NetError> {
        socket.set_nonblocking(true)?;
        // Small messages are not held back to be merged with later ones.
        socket.set_nodelay(true)?;
        Ok(Self(Open::new(socket)))
    }

    /// The result, or that this end was closed meanwhile, which systems report in many ways.
    fn unless_closed<R>(&self, result: Result<R, NetError>) -> Result<R, NetError> {
        self.0.get().and(result)
    }
}

impl Network for Tcp {
    type Listener = Listener;
    type Stream = Stream;
    type Address = SocketAddr;

    /// The system chooses the room for bytes, which is far more than any `capacity` for a model.
    fn listen(_: &str, _: usize) -> Result<Listener, NetError> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let bell = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        bell.connect(bell.local_addr()?)?;
        let address = socket.local_addr()?;
        Ok(Listener { address, open: Open::new(Listening { socket, bell }) })
    }

    fn address(listener: &Listener) -> SocketAddr {
        listener.address
    }

    fn accept(listener: &Listener, timeout: Option<Duration>) -> Result<Stream, NetError> {
        let listening = listener.open.get()?;
        let deadline = deadline(timeout);
        let accept = || match listening.socket.accept() {
            // The client has left before it was accepted.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {
                Err(ErrorKind::Interrupted.into())
            }
            accepted => accepted,
        };
        let (socket, _) = retry(accept, || {
            let sockets = [listening.socket.as_fd(), listening.bell.as_fd()];
            wait(
                &mut sockets.map(|socket| PollFd::from_borrowed_fd(socket, PollFlags::IN)),
                deadline,
            )?;
            listener.open.get().map(drop)
        })?;
        Stream::new(socket)
    }

    fn close_listener(listener: &Listener) {
        let Some(listening) = listener.open.take() else { return };
        // Accepting threads see the bell and leave; then no thread listens any more.
        while Arc::strong_count(&listening) > 1 {
            // A bell that cannot be rung now can be rung soon.
            let _ = listening.bell.send(&[0]);
            thread::yield_now();
        }
    }

    fn connect(address: &SocketAddr) -> Result<Stream, NetError> {
        let socket = TcpStream::connect(address)?;
        // If no listener is there, the system may have chosen the same port for this end.
        if socket.local_addr()? == socket.peer_addr()? {
            return Err(NetError::Refused);
        }
        Stream::new(socket)
    }

    fn read(
        stream: &Stream,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        let socket = stream.0.get()?;
        if buffer.is_empty() {
            return Ok(0);
        }
        let deadline = deadline(timeout);
        let read = retry(
            || (&*socket).read(buffer),
            || wait(&mut [PollFd::new(&*socket, PollFlags::IN)], deadline),
        );
        stream.unless_closed(read)
    }

    fn write(stream: &Stream, bytes: &[u8], timeout: Option<Duration>) -> Result<usize, NetError> {
        let socket = stream.0.get()?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let deadline = deadline(timeout);
        let written = retry(
            || (&*socket).write(bytes),
            || wait(&mut [PollFd::new(&*socket, PollFlags::OUT)], deadline),
        );
        // The other end has gone, whatever it has left unread.
        let written = match written {
            Err(NetError::Reset) => Err(NetError::BrokenPipe),
            written => written,
        };
        stream.unless_closed(written)
    }

    fn shutdown_write(stream: &Stream) -> Result<(), NetError> {
        match stream.0.get()?.shutdown(Shutdown::Write) {
            // The other end has gone, and sees nothing.
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(()),
            result => Ok(result?),
        }
    }

    fn close(stream: &Stream) {
        let Some(socket) = stream.0.take() else { return };
        if Arc::strong_count(&socket) > 1 {
            // Wakes threads that wait in a read or a write. If it is no longer connected, there are
            // none.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        Tcp::close_listener(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_too_long_to_be_said_is_for_ever() {
        assert_eq!(deadline(Some(Duration::MAX)), None);
        assert!(deadline(Some(Duration::from_secs(60))).is_some());
    }
}
