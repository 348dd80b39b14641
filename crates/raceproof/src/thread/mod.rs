//! Threads, as in `std::thread`.
//!
//! A new thread runs to its first operation before its parent goes on: what comes
//! before that is nobody else's business, so no order of it needs exploring. For the
//! same reason neither a spawn nor a join is a step.
//!
//! Outside of a model threads are std's.

use std::borrow::Cow;
use std::io;
use std::panic::Location;
use std::time::Duration;

use crate::execution::clock::{begin_waiting, has_waited};
use crate::execution::{self, is_outside, kernel, look_around, perform, yield_at};
use crate::kernel::{Kernel, Op, Pending, Role};

mod alike;
mod daemons;
mod handle;
mod local;
mod outside;
mod processes;
mod scope;

pub use crate::thread::alike::{Symmetric, spawn_symmetric};
pub use crate::thread::daemons::stop_daemons;
use crate::thread::handle::{First, Handle};
pub use crate::thread::handle::{JoinHandle, Thread, ThreadId};
pub use crate::thread::local::{AccessError, LocalKey};
pub use crate::thread::processes::kill;
pub use crate::thread::scope::{Scope, ScopedJoinHandle, scope};

/// What a thread returned, or what it panicked with.
pub type Result<T> = std::thread::Result<T>;

/// The running thread.
#[track_caller]
pub fn current() -> Thread {
    if is_outside() {
        return Thread::real(std::thread::current());
    }
    kernel(|kernel| {
        kernel.look_around();
        Thread::of_model(kernel.current, kernel.me().name.clone())
    })
}

/// Waits for the running thread's token, and takes it. May wake for no reason, the token staying
/// where it is, if the [explorer](crate::Explorer::spurious_wakeups) is told so.
#[track_caller]
pub fn park() {
    if is_outside() {
        return std::thread::park();
    }
    if wakes_for_no_reason(Location::caller()) {
        return;
    }
    let token = kernel(|kernel| kernel.me().token);
    perform(Pending { op: Op::Park { token }, at: Location::caller() });
}

/// Does a park end as soon as it begins, the token staying where it is?
fn wakes_for_no_reason(at: &'static Location<'static>) -> bool {
    let begin = |kernel: &mut Kernel| {
        let token = kernel.me().token;
        kernel.begins_to_park().then_some(Op::BeginPark { token })
    };
    kernel(begin).is_some_and(|op| perform(Pending { op, at }) != 0)
}

/// Waits for the running thread's token, or until time is over, which may be any moment. The model's
/// [clock](crate::time) goes on if it is. May wake for no reason as [`park`] may.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    if is_outside() {
        return std::thread::park_timeout(duration);
    }
    let began = begin_waiting();
    yield_at(Location::caller());
    if wakes_for_no_reason(Location::caller()) {
        return;
    }
    let token = kernel(|kernel| kernel.me().token);
    if perform(Pending { op: Op::ParkTimeout { token }, at: Location::caller() }) == 0 {
        has_waited(began, duration);
    }
}

/// Lets the model's [clock](crate::time) go on. It orders nothing else: other threads' steps may come between any
/// two, however long the thread sleeps.
#[track_caller]
pub fn sleep(duration: Duration) {
    if is_outside() {
        return std::thread::sleep(duration);
    }
    let began = begin_waiting();
    yield_at(Location::caller());
    has_waited(began, duration);
}

/// Is the running thread unwinding from a panic? `std::thread::panicking` says the same in a model.
pub fn panicking() -> bool {
    look_around();
    std::thread::panicking()
}

/// Lets other threads run; in a loop that only looks, waits for something to change.
#[track_caller]
pub fn yield_now() {
    if is_outside() {
        return std::thread::yield_now();
    }
    yield_at(Location::caller());
}

/// Always 2 in a model: what a program does must not depend on it.
pub fn available_parallelism() -> std::io::Result<std::num::NonZeroUsize> {
    if is_outside() {
        return std::thread::available_parallelism();
    }
    std::num::NonZeroUsize::new(2).ok_or_else(|| std::io::ErrorKind::Unsupported.into())
}

/// Starts a thread.
#[track_caller]
#[inline]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start(Builder::new(), f).expect("the system has room for a thread's stack")
}

#[track_caller]
#[inline]
fn start<F, T>(Builder { name, role, stack }: Builder, f: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    if is_outside() {
        return start_real(Builder { name, role, stack }, Box::new(f));
    }
    let first = First::of::<T>();
    let claim = execution::spawn(name.clone(), role, stack, first.leaving(), f)?;
    Ok(JoinHandle(Handle::new(name, claim, first)))
}

/// Starts a thread of std's. It is not compiled for each closure: see [`execution::spawn`].
#[cold]
fn start_real<T: Send + 'static>(
    builder: Builder,
    f: Box<dyn FnOnce() -> T + Send>,
) -> io::Result<JoinHandle<T>> {
    let handle = builder.real().spawn(f)?;
    Ok(JoinHandle(Handle::real(&handle.thread().clone(), handle)))
}

/// Starts threads with a name.
#[derive(Debug, Default)]
pub struct Builder {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) role: Role,
    pub(crate) stack: Option<usize>,
}

impl Builder {
    /// A builder of nameless threads.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the thread.
    pub fn name(self, name: String) -> Self {
        self.named(name)
    }

    /// As [`name`](Self::name), of any kind of string.
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes the thread a daemon: an execution does not wait for its end. Once every other
    /// thread has ended, daemons are stopped wherever they are: see [`stop_daemons`]. The
    /// threads that a daemon starts are daemons.
    pub fn daemon(mut self) -> Self {
        self.role = Role::Daemon;
        self
    }

    /// Makes the thread the first of a process of its own, to which the threads that it starts
    /// belong, too, and which can be [killed](kill).
    pub fn process(mut self) -> Self {
        self.role = Role::Process;
        self
    }

    /// How many bytes of stack the thread has: 2 MiB unless told otherwise, or what RUST_MIN_STACK in
    /// the environment says, which counts for the model's main thread, too. Sizes are rounded up to
    /// multiples of 64 KiB. Memory that is not touched costs nothing. A thread that overflows its
    /// stack aborts the process, with a message that names the thread.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack = Some(size);
        self
    }

    /// The same outside of a model, where a process is a thread as any.
    #[cold]
    fn real(self) -> std::thread::Builder {
        let mut builder = std::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name.into_owned());
        }
        if let Some(size) = self.stack {
            builder = builder.stack_size(size);
        }
        builder
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the system has no room for its stack.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start(self, f)
    }
}
