//! Threads, as in `std::thread`.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Mutex;

pub use raceproof::thread::{AccessError, LocalKey, ThreadId};
#[doc(no_inline)]
pub use std::thread::panicking;

thread_local! {
    /// The thread that runs the model's closure, which has no name.
    static FIRST: Cell<Option<ThreadId>> = const { Cell::new(None) };
}

/// Begins an execution, whose first thread runs.
pub(crate) fn begin() {
    FIRST.set(Some(raceproof::thread::current().id()));
}

/// A handle to a thread.
#[derive(Clone)]
pub struct Thread(raceproof::thread::Thread);

impl Thread {
    /// What tells it apart.
    pub fn id(&self) -> ThreadId {
        self.0.id()
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.0.name().filter(|_| raceproof::is_outside() || FIRST.get() != Some(self.id()))
    }

    /// Gives it its token: a [`park`] of it that is under way, or the next one, returns.
    #[track_caller]
    pub fn unpark(&self) {
        self.0.unpark();
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
    Thread(raceproof::thread::current())
}

/// Waits for the running thread's token, and takes it.
#[track_caller]
pub fn park() {
    raceproof::thread::park();
}

/// Lets other threads run; in a loop that only looks, waits for something to change.
#[track_caller]
pub fn yield_now() {
    raceproof::thread::yield_now();
}

/// What a thread of a model is given or returns: all of them are one thread of the system.
struct Kept<T>(T);

// SAFETY: `spawn` passes it on only in a model, whose threads run on one thread of the system; `Builder::spawn` passes
// on what is `Send`.
unsafe impl<T> Send for Kept<T> {}

/// Waits for a thread and takes its result.
pub struct JoinHandle<T> {
    handle: raceproof::thread::JoinHandle<Kept<T>>,
    thread: Thread,
    /// It is sent and shared as its result may be sent.
    result: PhantomData<Mutex<T>>,
}

impl<T> JoinHandle<T> {
    /// Waits for the thread to end; its panic comes back as `Err`.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        self.handle.join().map(|kept| kept.0)
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Starts a thread. What it is given and what it returns need not be `Send`.
///
/// # Panics
///
/// Outside of a model: use std's there.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    assert!(!raceproof::is_outside(), "loom::thread::spawn is used outside of a model");
    start(raceproof::thread::Builder::new(), f).expect("the system has room for a thread's stack")
}

#[track_caller]
fn start<F, T>(builder: raceproof::thread::Builder, f: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    let f = Kept(f);
    let handle = builder.spawn(move || {
        let f = f;
        Kept((f.0)())
    })?;
    let thread = Thread(handle.thread().clone());
    Ok(JoinHandle { handle, thread, result: PhantomData })
}

/// Starts threads with a name.
#[derive(Debug)]
pub struct Builder {
    name: Option<String>,
    stack: Option<usize>,
}

impl Builder {
    /// A builder of nameless threads.
    #[allow(clippy::new_without_default)] // std's has none.
    pub fn new() -> Builder {
        Builder { name: None, stack: None }
    }

    /// Names the thread.
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// How large the thread's stack is: as loom does, so many words, not bytes.
    pub fn stack_size(mut self, size: usize) -> Builder {
        self.stack = Some(size.saturating_mul(size_of::<usize>()));
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
        let mut builder = raceproof::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(size) = self.stack {
            builder = builder.stack_size(size);
        }
        start(builder, f)
    }
}
