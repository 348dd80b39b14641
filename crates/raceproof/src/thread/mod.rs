//! Threads, as in `std::thread`.
//!
//! A new thread runs to its first operation before its parent goes on: what comes
//! before that is nobody else's business, so no order of it needs exploring. For the
//! same reason neither a spawn nor a join is a step.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::panic::Location;
use std::time::Duration;

use crate::execution::clock::{begin_waiting, has_waited};
use crate::execution::{
    self, Claim, await_end, kernel, look_around, misuse, perform, teardown, yield_at,
};
use crate::kernel::{Kernel, Op, Pending, Role};

mod daemons;
mod local;
mod processes;
mod scope;

pub use crate::thread::daemons::stop_daemons;
pub use crate::thread::local::{AccessError, LocalKey};
pub use crate::thread::processes::kill;
pub use crate::thread::scope::{Scope, ScopedJoinHandle, scope};

/// What a thread returned, or what it panicked with.
pub type Result<T> = std::thread::Result<T>;

/// A handle to a thread: its name, its identity, and its token for [`park`].
#[derive(Clone)]
pub struct Thread {
    id: u16,
    name: Option<Cow<'static, str>>,
}

/// What tells threads of a model apart; the same in equivalent executions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ThreadId(u16);

impl Thread {
    /// Its identity.
    pub fn id(&self) -> ThreadId {
        ThreadId(self.id)
    }

    /// Its number in the kernel.
    pub(crate) fn number(&self) -> u16 {
        self.id
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Gives it its token: a [`park`] of it that is under way, or the next one, returns.
    #[track_caller]
    pub fn unpark(&self) {
        let token = kernel(|kernel| kernel.thread(self.id).token);
        perform(Pending { op: Op::Unpark { token, thread: self.id }, at: Location::caller() });
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// The running thread.
#[track_caller]
pub fn current() -> Thread {
    kernel(|kernel| {
        kernel.look_around();
        Thread { id: kernel.current, name: kernel.me().name.clone() }
    })
}

/// Waits for the running thread's token, and takes it. May wake for no reason, the token staying
/// where it is, if the [explorer](crate::Explorer::spurious_wakeups) is told so.
#[track_caller]
pub fn park() {
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
    yield_at(Location::caller());
}

/// Always 2: what a program does must not depend on it.
pub fn available_parallelism() -> std::io::Result<std::num::NonZeroUsize> {
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
    let claim = execution::spawn(name.clone(), role, stack, f)?;
    Ok(JoinHandle { inner: Handle::new(name, claim) })
}

/// What both kinds of join handle hold.
pub(crate) struct Handle<T> {
    pub(crate) thread: Thread,
    claim: Claim<T>,
}

impl<T> Handle<T> {
    pub(crate) fn new(name: Option<Cow<'static, str>>, claim: Claim<T>) -> Self {
        Handle { thread: Thread { id: claim.thread(), name }, claim }
    }

    #[track_caller]
    #[inline]
    pub(crate) fn join(self) -> Result<T> {
        let id = self.thread.id;
        await_end(id, Location::caller());
        let result = self.claim.take();
        let result = result.unwrap_or_else(|| misuse("a thread was joined that left no result"));
        if result.is_err() {
            kernel(|kernel| kernel.claim_panic(id));
        }
        result
    }

    #[track_caller]
    pub(crate) fn is_finished(&self) -> bool {
        let id = self.thread.id;
        let end = kernel(|kernel| {
            // Only now the end of a thread is known to matter.
            if !teardown::under_way() {
                kernel.begin_with_ends();
            }
            kernel.thread(id).end
        });
        perform(Pending { op: Op::IsFinished { end, thread: id }, at: Location::caller() }) != 0
    }
}

/// Waits for a thread and takes its result.
pub struct JoinHandle<T> {
    pub(crate) inner: Handle<T>,
}

impl<T> JoinHandle<T> {
    /// Waits for the thread to end; its panic comes back as `Err`.
    #[track_caller]
    #[inline]
    pub fn join(self) -> Result<T> {
        self.inner.join()
    }

    /// Has the thread ended?
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.inner.thread
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("thread", self.thread()).finish_non_exhaustive()
    }
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
