//! A thread, from its creation to its end.

use super::{ThreadError, Threads, run_to_the_end};
use crate::backend::{Arc, Backend, Condvar, JoinHandle, Mutex, MutexGuard, Panicked, ThreadId};
use std::{fmt, time::Duration};

/// A thread that is created, then started, then joined.
///
/// Like Python's `threading.Thread`; created by [`Threads::thread`]. A clone is the same thread. Its
/// body returns nothing: it shares its results by other means. Unlike in Python a panic is not only
/// printed: [`join`](Self::join) returns it to every thread that joins, and if no thread does, it
/// fails the execution. Unlike a [`std::thread::JoinHandle`] it is started by a separate call.
pub struct Thread<B: Backend> {
    pub(super) own: Arc<Own<B>>,
    pub(super) threads: Threads<B>,
}

/// The state that the handles of one thread share.
pub(super) struct Own<B: Backend> {
    name: String,
    pub(super) daemon: bool,
    state: Mutex<B, State<B>>,
    /// The thread has ended.
    ended: Condvar<B>,
}

struct State<B: Backend> {
    stage: Stage,
    /// The function to run; `None` once it is started.
    body: Option<Box<dyn FnOnce() + Send>>,
    /// The backend's handle; `None` before the start, for a daemon, and once the thread is joined.
    handle: Option<JoinHandle<B, ()>>,
    /// The message of the panic that ended the thread.
    panic: Option<String>,
}

#[derive(Clone, Copy)]
pub(super) enum Stage {
    New,
    Alive(ThreadId),
    Ended(ThreadId),
}

impl<B: Backend> Own<B> {
    #[track_caller]
    pub(super) fn new(
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
    ///
    /// ```
    /// # use raceproof_suite::{native::Threads, primitives::ThreadError};
    /// let thread = Threads::new().thread("once", || ());
    /// assert_eq!(thread.start(), Ok(()));
    /// assert_eq!(thread.start(), Err(ThreadError::StartedTwice));
    /// ```
    #[track_caller]
    pub fn start(&self) -> Result<(), ThreadError> {
        // Both locks are held until the thread is listed, so it finds itself in the list however
        // early it looks, and a thread that sees it alive can join it.
        let mut list = self.threads.list();
        let mut state = self.own.state.lock();
        if !matches!(state.stage, Stage::New) {
            return Err(ThreadError::StartedTwice);
        }
        let body = state.body.take().expect("kept until the start");
        let this = self.clone();
        let body = move || run_to_the_end::<B>(body, move |panic| this.end(panic));
        let id = if self.own.daemon {
            B::spawn_daemon(self.name(), body).id()
        } else {
            state.handle.insert(B::spawn(self.name(), body)).thread().id()
        };
        state.stage = Stage::Alive(id);
        list.alive.push((id, Arc::clone(&self.own)));
        Ok(())
    }

    /// Removes the running thread from the list, and wakes the threads that join it.
    fn end(self, panic: Option<String>) {
        let me = B::current().id();
        self.threads.list().alive.retain(|(id, _)| *id != me);
        let mut state = self.own.state.lock();
        state.panic = panic;
        state.stage = Stage::Ended(me);
        drop(state);
        // A thread that joins tests the stage under the same mutex, so it sees the end or is woken.
        self.own.ended.notify_all();
    }

    /// Blocks until the thread has ended. Any number of threads may join it, any number of times.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Panicked`] if it ended in a panic; [`ThreadError::NotStarted`] and
    /// [`ThreadError::JoinsItself`], at once.
    ///
    /// ```
    /// # use raceproof_suite::{native::Threads, primitives::ThreadError};
    /// let thread = Threads::new().thread("unlucky", || panic!("no luck"));
    /// assert_eq!(thread.join(), Err(ThreadError::NotStarted));
    /// thread.start()?;
    /// for _ in 0..2 {
    ///     let error = thread.join().unwrap_err();
    ///     assert_eq!(error.to_string(), "thread `unlucky` panicked: no luck");
    /// }
    /// # Ok::<(), ThreadError>(())
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), ThreadError> {
        let state = self.joinable()?;
        let state = self.own.ended.wait_while(state, |state| state.is_alive());
        self.claim(state)
    }

    /// Like [`join`](Self::join), but blocks for at most `timeout`; returns whether the thread has
    /// ended.
    ///
    /// # Errors
    ///
    /// Those of [`join`](Self::join).
    ///
    /// ```
    /// # use raceproof_suite::native::{Event, Threads};
    /// # use std::{sync::Arc, time::Duration};
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// let thread = Threads::new().thread("held", move || held.wait());
    /// thread.start()?;
    /// assert_eq!(thread.join_timeout(Duration::from_millis(1)), Ok(false));
    /// go.set();
    /// assert_eq!(thread.join_timeout(Duration::from_secs(60)), Ok(true));
    /// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
    /// ```
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

    /// How the thread, which has ended, ended.
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
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// assert_eq!(Threads::new().thread("worker", || ()).name(), "worker");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.own.name
    }

    /// Its identity; `None` before it is started.
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let thread = Threads::new().thread("worker", || ());
    /// assert_eq!(thread.ident(), None);
    /// thread.start()?;
    /// let ident = thread.ident();
    /// thread.join()?;
    /// assert!(ident.is_some() && thread.ident() == ident, "it keeps it after its end");
    /// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
    /// ```
    #[track_caller]
    pub fn ident(&self) -> Option<ThreadId> {
        match self.own.state.lock().stage {
            Stage::New => None,
            Stage::Alive(id) | Stage::Ended(id) => Some(id),
        }
    }

    /// Whether [`Threads::finish`] does not wait for it.
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let threads = Threads::new();
    /// assert!(threads.daemon("cleaner", || ()).is_daemon());
    /// assert!(!threads.thread("worker", || ()).is_daemon());
    /// ```
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.own.daemon
    }

    /// Whether it has been started and has not ended.
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let threads = Threads::new();
    /// assert!(threads.current().unwrap().is_alive());
    /// assert!(!threads.thread("worker", || ()).is_alive());
    /// ```
    #[track_caller]
    pub fn is_alive(&self) -> bool {
        self.own.state.lock().is_alive()
    }
}

impl<B: Backend> State<B> {
    fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Alive(_))
    }
}

impl<B: Backend> Clone for Thread<B> {
    fn clone(&self) -> Self {
        Self { own: Arc::clone(&self.own), threads: self.threads.clone() }
    }
}

impl<B: Backend> fmt::Debug for Thread<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thread(\"{}\")", self.name())
    }
}
