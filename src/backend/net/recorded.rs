//! TCP that is recorded in an execution that is shown, as locks are.

use super::{NetError, Network, Tcp, tcp};
use crate::backend::{
    Backend, Label,
    execution::{self, Value},
};
use crate::dpor::Operation;
use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// The network of real threads: [`Tcp`], with names for a record.
pub struct Recorded<B>(PhantomData<B>);

/// A listener. Dropping it closes it.
#[derive(Debug)]
pub struct Listener<B: Backend> {
    raw: tcp::Listener,
    /// The number of accepted clients.
    clients: AtomicUsize,
    life: Life<B>,
}

/// The address of a listener.
#[derive(Clone, Debug)]
pub struct Address {
    raw: <Tcp as Network>::Address,
    /// The address of the listener itself.
    label: Arc<Label>,
}

/// One end of a connection. Dropping it closes it.
#[derive(Debug)]
pub struct Stream<B: Backend> {
    raw: tcp::Stream,
    life: Life<B>,
}

/// Ends once in the record, however often it is closed.
struct Life<B: Backend> {
    /// For a stream, the name of its peer.
    label: Arc<Label>,
    end: Operation,
    over: AtomicBool,
    backend: PhantomData<fn() -> B>,
}

impl<B: Backend> Life<B> {
    fn new(label: Label, end: Operation) -> Self {
        Self { label: Arc::new(label), end, over: AtomicBool::new(false), backend: PhantomData }
    }

    #[track_caller]
    fn close(&self, close: impl FnOnce()) {
        let _step = execution::step::<B>();
        close();
        if !self.over.swap(true, Relaxed) {
            execution::record::<B>(self.end, Some(&self.label), None);
        }
    }

    fn drop(&mut self, close: impl FnOnce()) {
        let _step = execution::step::<B>();
        close();
        if !*self.over.get_mut() {
            execution::record_drop::<B>(self.end, &self.label);
        }
    }
}

impl<B: Backend> Stream<B> {
    #[track_caller]
    fn new(raw: tcp::Stream, peer: String) -> Self {
        let label = Label::new::<B>("connection", Some(peer.into()));
        Self { raw, life: Life::new(label, Operation::HangUp) }
    }
}

/// How long a thread of a recorded execution waits before it tries again.
const GLANCE: Duration = Duration::from_millis(1);

/// Runs an operation that may block. Where there is a record it is tried until it need not block, so that
/// the operation and its record are one step for other threads.
#[track_caller]
fn recorded<B: Backend, R>(
    operation: Operation,
    label: &Label,
    timeout: Option<Duration>,
    mut attempt: impl FnMut(Option<Duration>) -> Result<R, NetError>,
    value: impl FnOnce(&R) -> Value,
) -> Result<R, NetError> {
    if !execution::records::<B>() {
        return attempt(timeout);
    }
    execution::begin::<B>(operation, label);
    let start = Instant::now();
    loop {
        let step = execution::step::<B>();
        let result = attempt(Some(Duration::ZERO));
        let in_time = timeout.is_none_or(|limit| start.elapsed() < limit);
        if !(in_time && matches!(result, Err(NetError::TimedOut))) {
            execution::end::<B>(operation, Some(label), result.as_ref().ok().map(value));
            return result;
        }
        drop(step);
        thread::sleep(GLANCE);
    }
}

impl<B: Backend> Network for Recorded<B> {
    type Listener = Listener<B>;
    type Stream = Stream<B>;
    type Address = Address;

    #[track_caller]
    fn listen(name: &str, capacity: usize) -> Result<Listener<B>, NetError> {
        let raw = Tcp::listen(name, capacity)?;
        let label = Label::new::<B>("listener", Some(name.to_owned().into()));
        let life = Life::new(label, Operation::Close);
        Ok(Listener { raw, clients: AtomicUsize::new(0), life })
    }

    fn address(listener: &Listener<B>) -> Address {
        Address { raw: Tcp::address(&listener.raw), label: Arc::clone(&listener.life.label) }
    }

    #[track_caller]
    fn accept(listener: &Listener<B>, timeout: Option<Duration>) -> Result<Stream<B>, NetError> {
        let label = &listener.life.label;
        let accept = |timeout| {
            let raw = Tcp::accept(&listener.raw, timeout)?;
            Ok((raw, listener.clients.fetch_add(1, Relaxed) + 1))
        };
        let number = |(_, number): &(_, usize)| (*number).into();
        let (raw, number) = recorded::<B, _>(Operation::Accept, label, timeout, accept, number)?;
        Ok(Stream::new(raw, format!("client {number} of {label}")))
    }

    #[track_caller]
    fn close_listener(listener: &Listener<B>) {
        listener.life.close(|| Tcp::close_listener(&listener.raw));
    }

    #[track_caller]
    fn connect(Address { raw, label }: &Address) -> Result<Stream<B>, NetError> {
        // It does not wait for another thread, and has no time limit.
        let connect = |_| Tcp::connect(raw);
        let raw = recorded::<B, _>(Operation::Connect, label, None, connect, |_| true.into())?;
        Ok(Stream::new(raw, label.to_string()))
    }

    #[track_caller]
    fn read(
        stream: &Stream<B>,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        let read = |timeout| Tcp::read(&stream.raw, buffer, timeout);
        let count = |&count: &usize| count.into();
        recorded::<B, _>(Operation::Receive, &stream.life.label, timeout, read, count)
    }

    #[track_caller]
    fn write(
        stream: &Stream<B>,
        bytes: &[u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        let write = |timeout| Tcp::write(&stream.raw, bytes, timeout);
        let count = |&count: &usize| count.into();
        recorded::<B, _>(Operation::Send, &stream.life.label, timeout, write, count)
    }

    #[track_caller]
    fn shutdown_write(stream: &Stream<B>) -> Result<(), NetError> {
        let _step = execution::step::<B>();
        Tcp::shutdown_write(&stream.raw)?;
        execution::record::<B>(Operation::EndWriting, Some(&stream.life.label), None);
        Ok(())
    }

    #[track_caller]
    fn close(stream: &Stream<B>) {
        stream.life.close(|| Tcp::close(&stream.raw));
    }
}

impl<B: Backend> Drop for Listener<B> {
    fn drop(&mut self) {
        self.life.drop(|| Tcp::close_listener(&self.raw));
    }
}

impl<B: Backend> Drop for Stream<B> {
    fn drop(&mut self) {
        self.life.drop(|| Tcp::close(&self.raw));
    }
}

impl<B> fmt::Debug for Recorded<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorded")
    }
}

impl<B: Backend> fmt::Debug for Life<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label.fmt(f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
