//! Threads: spawning, joining, identity, and the fate of a panic.

use super::{
    Backend,
    execution::{self, Execution},
    park::Parker,
};
use crate::dpor::Operation;
use serde::{Deserialize, Serialize};
use std::{
    any::Any,
    fmt,
    marker::PhantomData,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The identity of the running thread.
#[derive(Clone)]
pub struct Local(Arc<Own>);

struct Own {
    /// Unique among the threads of one execution; outside of an execution, among all threads.
    id: ThreadId,
    process: ProcessId,
    name: String,
    parker: Parker,
}

impl Local {
    fn new(index: usize, process: ProcessId, name: String, parker: Parker) -> Self {
        Self(Arc::new(Own { id: ThreadId(index), process, name, parker }))
    }

    pub(super) fn index(&self) -> usize {
        self.0.id.0
    }
}

/// Identifies a thread.
///
/// In an execution the thread that runs the program has number 0, and the others are numbered in
/// the order in which they are spawned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThreadId(usize);

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies a process of one execution. That of the thread that runs the program has number 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(usize);

/// A process under a model checker: threads that can be killed together.
pub struct Process<B: Backend> {
    id: ProcessId,
    raw: B::Process,
}

impl<B: Backend> Clone for Process<B> {
    fn clone(&self) -> Self {
        Self { id: self.id, raw: self.raw.clone() }
    }
}

impl<B: Backend> Process<B> {
    /// Its identity.
    #[must_use]
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// Kills it, in one step: its threads take no more steps, except that a thread that holds a mutex
    /// and is not blocked goes on until it holds none. What a blocked thread holds stays held. A process
    /// that has ended is left as it is. It must not be the process of the running thread.
    ///
    /// # Panics
    ///
    /// Panics if [`Capability::Kill`](super::Capability::Kill) is missing.
    #[track_caller]
    pub fn kill(&self) {
        B::raw_kill(&self.raw);
    }
}

impl<B: Backend> fmt::Debug for Process<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process({})", self.id.0)
    }
}

/// A thread, seen from any thread.
pub struct Thread<B: Backend>(Local, PhantomData<fn() -> B>);

impl<B: Backend> Clone for Thread<B> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<B: Backend> Thread<B> {
    fn new(local: Local) -> Self {
        Self(local, PhantomData)
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.0.0.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.0.name
    }

    /// Makes the thread's next [`Backend::park`], or the current one, return. Several calls before
    /// that park count as one.
    #[track_caller]
    pub fn unpark(&self) {
        self.0.0.parker.unpark::<B>();
    }

    #[track_caller]
    pub(super) fn park(&self) {
        self.0.0.parker.park::<B>();
    }
}

impl<B: Backend> fmt::Debug for Thread<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thread({}, \"{}\")", self.id(), self.name())
    }
}

/// A thread panicked with this message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("thread `{thread}` panicked: {message}")]
pub struct Panicked {
    /// The name of the thread.
    pub thread: String,
    /// The message of the panic.
    pub message: String,
}

/// The message of a panic with this payload.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "a panic without a message".into())
}

/// A handle to join a thread and take its result.
///
/// Dropping it detaches the thread: a panic in it then fails the execution.
#[must_use = "a thread whose handle is dropped cannot be joined"]
pub struct JoinHandle<B: Backend, T: Send + 'static> {
    raw: Option<B::Handle<Option<T>>>,
    thread: Thread<B>,
    ending: Arc<Mutex<Ending>>,
}

/// How a thread ended, and whether it can still be joined.
#[derive(Default)]
struct Ending {
    finished: bool,
    /// The handle is gone, so no thread can claim a panic any more.
    detached: bool,
    panic: Option<String>,
}

impl<B: Backend, T: Send + 'static> JoinHandle<B, T> {
    /// Blocks until the thread has ended, and returns its result.
    ///
    /// # Errors
    ///
    /// The thread's panic, if it panicked.
    #[track_caller]
    pub fn join(mut self) -> Result<T, Panicked> {
        let other = self.thread.0.index();
        let location = Location::caller();
        execution::begin_join::<B>(other, location);
        let raw = self.raw.take().expect("a handle is joined once");
        let value = B::raw_join(raw);
        execution::record_thread::<B>(Operation::Join, other, location);
        value.ok_or_else(|| Panicked {
            thread: self.thread.name().into(),
            message: ending(&self.ending).panic.take().unwrap_or_default(),
        })
    }

    /// Whether the thread's body has ended. It is no step and orders nothing.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        ending(&self.ending).finished
    }

    /// The thread of this handle.
    pub fn thread(&self) -> &Thread<B> {
        &self.thread
    }
}

impl<B: Backend, T: Send + 'static> Drop for JoinHandle<B, T> {
    fn drop(&mut self) {
        let mut ending = ending(&self.ending);
        ending.detached = true;
        let unclaimed = ending.panic.take();
        drop(ending);
        if let Some(message) = unclaimed {
            if std::thread::panicking() {
                execution::report_unclaimed(message);
            } else {
                no_thread_joins::<B>(message);
            }
        }
    }
}

/// Makes the panic of a thread that cannot be joined any more fail the execution.
fn no_thread_joins<B: Backend>(message: String) {
    if B::engine().is_native() {
        // Seen when the program's main thread has ended, unless this is later still.
        execution::report_unclaimed(message);
    } else {
        execution::fail(message);
    }
}

fn ending(ending: &Mutex<Ending>) -> std::sync::MutexGuard<'_, Ending> {
    ending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Joins all of `handles`, in order, and collects the results of the threads.
///
/// # Panics
///
/// Panics with the message of the first thread that panicked.
#[track_caller]
pub fn join_all<B: Backend, T: Send + 'static>(
    handles: impl IntoIterator<Item = JoinHandle<B, T>>,
) -> Vec<T> {
    // All threads are started before the first one is joined, even if `handles` starts them lazily.
    let handles: Vec<_> = handles.into_iter().collect();
    let mut values = Vec::with_capacity(handles.len());
    for handle in handles {
        match handle.join() {
            Ok(value) => values.push(value),
            Err(panicked) => panic!("{}", panicked.message),
        }
    }
    values
}

/// The body of a thread. Boxed, so that the code of a spawn is compiled once for each type of
/// result, and not for each closure of each program.
type Body<T> = Box<dyn FnOnce() -> T + Send>;

#[track_caller]
pub(super) fn spawn<B, T>(name: String, body: Body<T>) -> JoinHandle<B, T>
where
    B: Backend,
    T: Send + 'static,
{
    let run = Running::new::<B>(name, false);
    let (thread, ending) = (Thread::new(run.local.clone()), Arc::clone(&run.ending));
    let raw = B::raw_spawn(thread.name(), move || run.run::<B, _>(body));
    JoinHandle { raw: Some(raw), thread, ending }
}

#[track_caller]
pub(super) fn spawn_daemon<B: Backend>(name: String, body: Body<()>) -> Thread<B> {
    let run = Running::new::<B>(name, false);
    ending(&run.ending).detached = true;
    let thread = Thread::new(run.local.clone());
    B::raw_spawn_daemon(thread.name(), move || {
        run.run::<B, _>(body);
    });
    thread
}

#[track_caller]
pub(super) fn spawn_process<B: Backend>(name: &str, body: Body<()>) -> Process<B> {
    let run = Running::new::<B>(name.into(), true);
    ending(&run.ending).detached = true;
    let id = run.local.0.process;
    let raw = B::raw_spawn_process(name, move || {
        run.run::<B, _>(body);
    });
    Process { id, raw }
}

pub(super) fn current_process<B: Backend>() -> ProcessId {
    B::with_local(|local| local.map(|local| local.0.process)).unwrap_or_default()
}

pub(super) fn current<B: Backend>() -> Thread<B> {
    Thread::new(B::with_local(|local| local.cloned()).unwrap_or_else(|| {
        let local = if Execution::current().is_some() {
            Local::new(0, ProcessId(0), "main".into(), Parker::new::<B>())
        } else {
            let name = std::thread::current().name().unwrap_or("unnamed").into();
            Local::new(fresh_index(), ProcessId(0), name, Parker::default())
        };
        B::set_local(Some(local.clone()));
        local
    }))
}

#[inline]
pub(super) fn current_id<B: Backend>() -> ThreadId {
    B::with_local(|local| local.map(|local| local.0.id)).unwrap_or_else(|| current::<B>().id())
}

/// A number for a thread outside of any execution. It may become the number of a process, so it is not 0,
/// which belongs to the first process.
fn fresh_index() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Relaxed)
}

/// A spawned thread's surroundings while its body runs.
struct Running {
    local: Local,
    execution: Option<Execution>,
    ending: Arc<Mutex<Ending>>,
}

impl Running {
    #[track_caller]
    fn new<B: Backend>(name: String, first_of_process: bool) -> Self {
        let index = execution::register_thread(&name).unwrap_or_else(fresh_index);
        execution::record_thread::<B>(Operation::Spawn, index, Location::caller());
        let process = if first_of_process { ProcessId(index) } else { current_process::<B>() };
        let local = Local::new(index, process, name, Parker::new::<B>());
        Self { local, execution: Execution::current(), ending: Arc::default() }
    }

    /// The result of the body, or `None` if it panicked, in which case `ending` holds the panic.
    fn run<B: Backend, T>(self, body: Body<T>) -> Option<T> {
        Execution::join(self.execution);
        B::set_local(Some(self.local));
        let result = catch_unwind(AssertUnwindSafe(body));
        let mut ending = ending(&self.ending);
        ending.finished = true;
        match result {
            Ok(value) => Some(value),
            Err(payload) => {
                if B::is_engine_panic(&*payload) {
                    drop(ending);
                    resume_unwind(payload);
                }
                let message = panic_message(&*payload);
                if ending.detached {
                    drop(ending);
                    no_thread_joins::<B>(message);
                } else {
                    ending.panic = Some(message);
                }
                None
            }
        }
    }
}
