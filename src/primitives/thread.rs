//! Threads with names, and the list of those that are alive.
//!
//! The backend starts and joins threads; this adds what Python's `threading` has beyond that: a thread
//! that is made first and started later, joined by anybody, as often as wanted and for a limited time;
//! daemons; and the list of all threads. That list is an object, [`Threads`], not a global, so that
//! every execution of a checked program starts with a fresh one.

use crate::backend::{
    Backend, Condvar, JoinHandle, Mutex, MutexGuard, Panicked, ThreadId, panic_message,
};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    time::Duration,
};

/// The threads of one "process": makes them and lists those that are alive.
///
/// As the functions of Python's `threading` module. The thread that makes it is its main thread.
///
/// ```
/// use raceproof::{backend::Std, primitives::Threads};
///
/// let threads = Threads::<Std>::new();
/// let worker = threads.thread("worker", || ());
/// assert_eq!(threads.active_count(), 1);
/// worker.start()?;
/// worker.join()?;
/// assert!(!worker.is_alive());
/// assert_eq!(threads.current().unwrap().name(), "MainThread");
/// # Ok::<(), raceproof::primitives::ThreadError>(())
/// ```
pub struct Threads<B: Backend>(Arc<Registry<B>>);

struct Registry<B: Backend> {
    main: ThreadId,
    list: Mutex<B, List<B>>,
}

struct List<B: Backend> {
    /// Threads that have been started and have not ended, in the order they were started.
    alive: Vec<(ThreadId, Arc<Own<B>>)>,
    /// How many threads were given a number for a name.
    numbered: usize,
}

/// A thread that is made, then started, then joined.
///
/// As Python's `threading.Thread`; made by [`Threads::thread`]. A clone is the same thread. Its body
/// returns nothing: what it computes is shared by other means. Unlike in Python a panic is not only
/// printed: [`join`](Self::join) returns it to everyone who joins, and if nobody does, it fails the
/// execution. Unlike [`std::thread::JoinHandle`] it is started by a call of its own.
pub struct Thread<B: Backend> {
    own: Arc<Own<B>>,
    threads: Threads<B>,
}

struct Own<B: Backend> {
    name: String,
    daemon: bool,
    state: Mutex<B, State<B>>,
    /// The thread has ended.
    ended: Condvar<B>,
}

struct State<B: Backend> {
    stage: Stage,
    /// What it will run; `None` once it is started.
    body: Option<Box<dyn FnOnce() + Send>>,
    /// The backend's handle; `None` before the start, for a daemon, and once the thread is joined.
    handle: Option<JoinHandle<B, ()>>,
    /// The message of the panic that ended the thread.
    panic: Option<String>,
}

#[derive(Clone, Copy)]
enum Stage {
    New,
    Alive(ThreadId),
    Ended(ThreadId),
}

/// What a [`Thread`] refuses to do, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThreadError {
    /// It was started before.
    #[error("a thread can be started only once")]
    StartedTwice,
    /// It is to be joined, but has not been started.
    #[error("a thread cannot be joined before it is started")]
    NotStarted,
    /// It is to join itself, and would wait for ever.
    #[error("a thread cannot join itself")]
    JoinsItself,
    /// It ended in a panic.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl<B: Backend> Threads<B> {
    /// A list that holds only the running thread, as "MainThread".
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        let main = B::current().id();
        let own = Own::new("MainThread".into(), false, Stage::Alive(main), None);
        let list = List { alive: vec![(main, Arc::new(own))], numbered: 0 };
        Self(Arc::new(Registry { main, list: Mutex::named("threads", list) }))
    }

    /// A thread called `name` that will run `body`; a daemon if the running thread is one.
    #[track_caller]
    pub fn thread(
        &self,
        name: impl Into<String>,
        body: impl FnOnce() + Send + 'static,
    ) -> Thread<B> {
        let daemon = self.current().is_some_and(|current| current.is_daemon());
        self.make(name.into(), daemon, body)
    }

    /// A thread called "Thread-1" or the next number that will run `body`; a daemon if the running
    /// thread is one.
    #[track_caller]
    pub fn unnamed(&self, body: impl FnOnce() + Send + 'static) -> Thread<B> {
        let mut list = self.0.list.lock();
        list.numbered += 1;
        let name = format!("Thread-{}", list.numbered);
        drop(list);
        self.thread(name, body)
    }

    /// A thread called `name` that will run `body` as a daemon: [`finish`](Self::finish) does not wait
    /// for it.
    #[track_caller]
    pub fn daemon(
        &self,
        name: impl Into<String>,
        body: impl FnOnce() + Send + 'static,
    ) -> Thread<B> {
        self.make(name.into(), true, body)
    }

    #[track_caller]
    fn make(&self, name: String, daemon: bool, body: impl FnOnce() + Send + 'static) -> Thread<B> {
        let own = Own::new(name, daemon, Stage::New, Some(Box::new(body)));
        Thread { own: Arc::new(own), threads: self.clone() }
    }

    /// The threads that are alive: the main one first, the others in the order they were started.
    #[track_caller]
    pub fn enumerate(&self) -> Vec<Thread<B>> {
        self.0.list.lock().alive.iter().map(|(_, own)| self.handle(own)).collect()
    }

    /// How many threads are alive, the main one included.
    #[track_caller]
    pub fn active_count(&self) -> usize {
        self.0.list.lock().alive.len()
    }

    /// The running thread; `None` if it was started by other means (where Python makes up a dummy).
    #[track_caller]
    pub fn current(&self) -> Option<Thread<B>> {
        let me = B::current().id();
        let list = self.0.list.lock();
        list.alive.iter().find(|(id, _)| *id == me).map(|(_, own)| self.handle(own))
    }

    /// Ends the process, as the main thread's last act: blocks until every thread that is no daemon has
    /// ended. Daemons are left where they are and stop with the process; no destructor of theirs runs.
    ///
    /// A model checker ends an execution only when all its threads have ended, so there a daemon that is
    /// blocked for good is a deadlock.
    ///
    /// # Errors
    ///
    /// The panic of the first one found to have panicked, after all have ended.
    ///
    /// ```
    /// # use raceproof::{backend::{Backend, Std}, primitives::Threads};
    /// let threads = Threads::<Std>::new();
    /// threads.daemon("endless", || loop { Std::park() }).start()?;
    /// threads.thread("short", || ()).start()?;
    /// threads.finish()?;
    /// assert_eq!(threads.active_count(), 2);
    /// # Ok::<(), raceproof::primitives::ThreadError>(())
    /// ```
    #[track_caller]
    pub fn finish(&self) -> Result<(), ThreadError> {
        let mut result = Ok(());
        let me = B::current().id();
        // In a loop, for a thread may start others before it ends.
        loop {
            let list = self.0.list.lock();
            let last =
                list.alive.iter().find(|(id, own)| !own.daemon && *id != self.0.main && *id != me);
            let Some(thread) = last.map(|(_, own)| self.handle(own)) else { return result };
            drop(list);
            result = result.and(thread.join());
        }
    }

    fn handle(&self, own: &Arc<Own<B>>) -> Thread<B> {
        Thread { own: Arc::clone(own), threads: self.clone() }
    }
}

impl<B: Backend> Own<B> {
    #[track_caller]
    fn new(
        name: String,
        daemon: bool,
        stage: Stage,
        body: Option<Box<dyn FnOnce() + Send>>,
    ) -> Self {
        let state = State { stage, body, handle: None, panic: None };
        Self {
            state: Mutex::named(format!("{name} state"), state),
            ended: Condvar::named(format!("{name} ended")),
            name,
            daemon,
        }
    }
}

impl<B: Backend> Thread<B> {
    /// Starts the thread. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`ThreadError::StartedTwice`] if it was started before.
    #[track_caller]
    pub fn start(&self) -> Result<(), ThreadError> {
        // Both locks are held until the thread is listed, so it finds itself in the list however
        // early it looks, and whoever sees it alive can join it.
        let mut list = self.threads.0.list.lock();
        let mut state = self.own.state.lock();
        if !matches!(state.stage, Stage::New) {
            return Err(ThreadError::StartedTwice);
        }
        let body = state.body.take().expect("kept until the start");
        let this = self.clone();
        let handle = B::spawn(self.name(), move || {
            run_to_the_end::<B>(body, move |panic| this.end(panic));
        });
        let id = handle.thread().id();
        state.stage = Stage::Alive(id);
        if !self.own.daemon {
            state.handle = Some(handle);
        }
        list.alive.push((id, Arc::clone(&self.own)));
        Ok(())
    }

    /// Takes the running thread off the list, and wakes those who join it.
    fn end(self, panic: Option<String>) {
        let me = B::current().id();
        self.threads.0.list.lock().alive.retain(|(id, _)| *id != me);
        let mut state = self.own.state.lock();
        state.panic = panic;
        state.stage = Stage::Ended(me);
        drop(state);
        // Whoever joins tests the stage under the same mutex, so it sees the end or is woken.
        self.own.ended.notify_all();
    }

    /// Blocks until the thread has ended. Any number of threads may join one, and again.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Panicked`] if it ended in a panic; [`ThreadError::NotStarted`] and
    /// [`ThreadError::JoinsItself`] at once.
    #[track_caller]
    pub fn join(&self) -> Result<(), ThreadError> {
        let state = self.joinable()?;
        let state = self.own.ended.wait_while(state, |state| state.is_alive());
        self.claim(state)
    }

    /// As [`join`](Self::join), but blocks at most for `timeout`; says whether the thread has ended.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> Result<bool, ThreadError> {
        let state = self.joinable()?;
        let (state, timed_out) =
            self.own.ended.wait_timeout_while(state, timeout, |state| state.is_alive());
        if timed_out { Ok(false) } else { self.claim(state).map(|()| true) }
    }

    #[track_caller]
    fn joinable(&self) -> Result<MutexGuard<'_, B, State<B>>, ThreadError> {
        let state = self.own.state.lock();
        match state.stage {
            Stage::New => Err(ThreadError::NotStarted),
            Stage::Alive(id) if id == B::current().id() => Err(ThreadError::JoinsItself),
            _ => Ok(state),
        }
    }

    /// How the thread, which has ended, did so.
    #[track_caller]
    fn claim(&self, mut state: MutexGuard<'_, B, State<B>>) -> Result<(), ThreadError> {
        let handle = state.handle.take();
        let panic = state.panic.clone();
        drop(state);
        if let Some(handle) = handle {
            handle.join()?;
        }
        match panic {
            None => Ok(()),
            Some(message) => Err(Panicked { thread: self.name().into(), message }.into()),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.own.name
    }

    /// What tells it apart from other threads; `None` before it is started.
    #[track_caller]
    pub fn ident(&self) -> Option<ThreadId> {
        match self.own.state.lock().stage {
            Stage::New => None,
            Stage::Alive(id) | Stage::Ended(id) => Some(id),
        }
    }

    /// Whether [`Threads::finish`] does not wait for it.
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.own.daemon
    }

    /// Whether it has been started and has not ended.
    #[track_caller]
    pub fn is_alive(&self) -> bool {
        self.own.state.lock().is_alive()
    }
}

/// Runs `body`, then `end` with the message of its panic, if it has panicked; which then goes on.
///
/// `end` is not called if the environment itself has ended the execution.
pub(super) fn run_to_the_end<B: Backend>(
    body: Box<dyn FnOnce() + Send>,
    end: impl FnOnce(Option<String>),
) {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(()) => end(None),
        Err(payload) => {
            let message = panic_message(&*payload);
            if !B::is_engine_panic(&message) {
                end(Some(message));
            }
            resume_unwind(payload);
        }
    }
}

impl<B: Backend> State<B> {
    fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Alive(_))
    }
}

impl<B: Backend> Default for Threads<B> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> Clone for Threads<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> Clone for Thread<B> {
    fn clone(&self) -> Self {
        Self { own: Arc::clone(&self.own), threads: self.threads.clone() }
    }
}

impl<B: Backend> fmt::Debug for Threads<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Threads").field(&self.0.list).finish()
    }
}

impl<B: Backend> fmt::Debug for Thread<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thread(\"{}\")", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Std, primitives::Event};

    fn held(event: &Arc<Event<Std>>) -> impl FnOnce() + Send + 'static {
        let event = Arc::clone(event);
        move || event.wait()
    }

    #[test]
    fn a_thread_is_listed_while_it_lives() {
        let threads = Threads::<Std>::new();
        let go = Arc::new(Event::new());
        let (a, b) = (threads.unnamed(held(&go)), threads.unnamed(held(&go)));
        assert_eq!((a.ident(), a.is_alive()), (None, false));
        b.start().unwrap();
        a.start().unwrap();
        let names: Vec<_> = threads.enumerate().iter().map(|t| t.name().to_owned()).collect();
        assert_eq!(names, ["MainThread", "Thread-2", "Thread-1"]);
        assert_eq!(a.join_timeout(Duration::from_millis(1)), Ok(false));
        go.set();
        assert_eq!([a.join(), b.join(), a.join()], [Ok(()), Ok(()), Ok(())]);
        assert_eq!(a.join_timeout(Duration::ZERO), Ok(true));
        assert_eq!(threads.active_count(), 1);
        assert!(a.ident().is_some() && !a.is_alive());
    }

    #[test]
    fn misuse_is_refused() {
        let threads = Threads::<Std>::new();
        let thread = threads.thread("once", || ());
        assert_eq!(thread.join(), Err(ThreadError::NotStarted));
        assert_eq!(threads.current().unwrap().join(), Err(ThreadError::JoinsItself));
        assert_eq!(threads.current().unwrap().start(), Err(ThreadError::StartedTwice));
        assert!(threads.current().unwrap().is_alive());
        assert_eq!(thread.start(), Ok(()));
        assert_eq!(thread.start(), Err(ThreadError::StartedTwice));
        assert_eq!(thread.join(), Ok(()));
        assert_eq!(thread.start(), Err(ThreadError::StartedTwice));
        assert!(!thread.is_alive());
    }

    #[test]
    fn a_thread_knows_itself_and_daemons_beget_daemons() {
        let threads = Threads::<Std>::new();
        let inner = threads.clone();
        let parent = threads.daemon("parent", move || {
            assert_eq!(inner.current().unwrap().name(), "parent");
            assert!(inner.unnamed(|| ()).is_daemon());
        });
        parent.start().unwrap();
        assert_eq!(parent.join(), Ok(()));
        let stranger = threads.clone();
        let none = Std::spawn("stranger", move || stranger.current().is_none());
        assert_eq!(none.join(), Ok(true));
    }

    #[test]
    fn everybody_who_joins_hears_of_a_panic() {
        let threads = Threads::<Std>::new();
        let thread = threads.thread("unlucky", || panic!("no luck"));
        thread.start().unwrap();
        let panicked = Panicked { thread: "unlucky".into(), message: "no luck".into() };
        let error = Err(ThreadError::Panicked(panicked));
        assert_eq!([thread.join(), thread.join()], [error.clone(), error]);
    }

    #[test]
    fn the_end_waits_for_all_but_daemons() {
        let threads = Threads::<Std>::new();
        let never = Arc::new(Event::new());
        let go = Arc::new(Event::<Std>::new());
        threads.daemon("endless", held(&never)).start().unwrap();
        let inner = threads.clone();
        let starter = threads.thread("starter", move || {
            inner.thread("late", move || go.set()).start().unwrap();
        });
        starter.start().unwrap();
        assert_eq!(threads.finish(), Ok(()));
        assert_eq!(threads.active_count(), 2);
        never.set();
    }
}
