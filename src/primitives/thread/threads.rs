//! The list of the threads that are alive.

use super::{
    Thread, ThreadError,
    handle::{Own, Stage},
};
use crate::backend::{Arc, Backend, Mutex, MutexGuard, ThreadId};
use std::fmt;

/// The threads of one "process": creates them and lists those that are alive.
///
/// Like the functions of Python's `threading` module. The thread that creates it is its main
/// thread.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Threads};
///
/// let threads = Threads::<Std>::new();
/// let worker = threads.thread("worker", || ());
/// assert_eq!(threads.active_count(), 1);
/// worker.start()?;
/// worker.join()?;
/// assert!(!worker.is_alive());
/// assert_eq!(threads.current().unwrap().name(), "MainThread");
/// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
/// ```
pub struct Threads<B: Backend>(Arc<Registry<B>>);

struct Registry<B: Backend> {
    main: ThreadId,
    list: Mutex<B, List<B>>,
}

pub(super) struct List<B: Backend> {
    /// Threads that have been started and have not ended, in the order they were started.
    pub(super) alive: Vec<(ThreadId, Arc<Own<B>>)>,
    /// The number of threads that have been named by number.
    numbered: usize,
}

impl<B: Backend> Threads<B> {
    /// A list that holds only the running thread, as "MainThread".
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let threads = Threads::new();
    /// assert_eq!(threads.enumerate()[0].name(), "MainThread");
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        let main = B::current().id();
        let own = Own::new("MainThread".into(), false, Stage::Alive(main), None);
        let list = List { alive: vec![(main, Arc::new(own))], numbered: 0 };
        Self(Arc::new(Registry { main, list: Mutex::named("threads", list) }))
    }

    /// A thread called `name` that will run `body`; a daemon if the running thread is one.
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let threads = Threads::new();
    /// let worker = threads.thread("worker", || println!("works"));
    /// assert!(!worker.is_alive(), "it is not started yet");
    /// worker.start()?;
    /// worker.join()?;
    /// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
    /// ```
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
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let threads = Threads::new();
    /// assert_eq!(threads.unnamed(|| ()).name(), "Thread-1");
    /// assert_eq!(threads.unnamed(|| ()).name(), "Thread-2");
    /// ```
    #[track_caller]
    pub fn unnamed(&self, body: impl FnOnce() + Send + 'static) -> Thread<B> {
        let mut list = self.list();
        list.numbered += 1;
        let name = format!("Thread-{}", list.numbered);
        drop(list);
        self.thread(name, body)
    }

    /// A thread called `name` that will run `body` as a daemon: [`finish`](Self::finish) does not wait
    /// for it, and stops it. The threads that a daemon starts are daemons.
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let threads = Threads::new();
    /// let other = threads.clone();
    /// let daemon = threads.daemon("parent", move || {
    ///     let child = other.thread("child", || ());
    ///     assert!(child.is_daemon());
    /// });
    /// daemon.start()?;
    /// daemon.join()?;
    /// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
    /// ```
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
    ///
    /// ```
    /// # use raceproof_suite::native::{Event, Threads};
    /// # use std::sync::Arc;
    /// let threads = Threads::new();
    /// let go = Arc::new(Event::new());
    /// let held = Arc::clone(&go);
    /// threads.thread("held", move || held.wait()).start()?;
    /// let names: Vec<_> = threads.enumerate().iter().map(|thread| thread.name().to_owned()).collect();
    /// assert_eq!(names, ["MainThread", "held"]);
    /// go.set();
    /// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
    /// ```
    #[track_caller]
    pub fn enumerate(&self) -> Vec<Thread<B>> {
        self.list().alive.iter().map(|(_, own)| self.handle(own)).collect()
    }

    /// The number of threads that are alive, the main one included.
    ///
    /// ```
    /// # use raceproof_suite::native::Threads;
    /// let threads = Threads::new();
    /// let thread = threads.thread("short", || ());
    /// assert_eq!(threads.active_count(), 1);
    /// thread.start()?;
    /// thread.join()?;
    /// assert_eq!(threads.active_count(), 1);
    /// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
    /// ```
    #[track_caller]
    pub fn active_count(&self) -> usize {
        self.list().alive.len()
    }

    /// The running thread; `None` if it was started by other means (where Python creates a dummy).
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, native::Threads};
    /// let threads = Threads::new();
    /// assert_eq!(threads.current().unwrap().name(), "MainThread");
    /// let stranger = Std::spawn("stranger", move || threads.current().is_none());
    /// assert_eq!(stranger.join(), Ok(true));
    /// ```
    #[track_caller]
    pub fn current(&self) -> Option<Thread<B>> {
        let me = B::current().id();
        let list = self.list();
        list.alive.iter().find(|(id, _)| *id == me).map(|(_, own)| self.handle(own))
    }

    /// Ends the process, as the main thread's last act: blocks until every thread that is no daemon has
    /// ended. Daemons are stopped wherever they are: none of their destructors run, and everything they
    /// hold stays held, perhaps this list too.
    ///
    /// Native daemons stop when the process exits. Under a model checker without
    /// [`Capability::Daemons`](crate::backend::Capability::Daemons) they are not stopped at all, and a
    /// daemon that is blocked for good is a deadlock.
    ///
    /// # Errors
    ///
    /// The panic of the first thread found to have panicked, after all have ended.
    ///
    /// ```
    /// # use raceproof_suite::{backend::{Backend, Std}, primitives::Threads};
    /// let threads = Threads::<Std>::new();
    /// threads.daemon("endless", || loop { Std::park() }).start()?;
    /// threads.thread("short", || ()).start()?;
    /// threads.finish()?;
    /// assert_eq!(threads.active_count(), 2);
    /// # Ok::<(), raceproof_suite::primitives::ThreadError>(())
    /// ```
    #[track_caller]
    pub fn finish(&self) -> Result<(), ThreadError> {
        let mut result = Ok(());
        let me = B::current().id();
        // In a loop, because a thread may start others before it ends.
        loop {
            let list = self.list();
            let last =
                list.alive.iter().find(|(id, own)| !own.daemon && *id != self.0.main && *id != me);
            let last = last.map(|(_, own)| self.handle(own));
            drop(list);
            let Some(thread) = last else {
                B::stop_daemons();
                return result;
            };
            result = result.and(thread.join());
        }
    }

    #[track_caller]
    pub(super) fn list(&self) -> MutexGuard<'_, B, List<B>> {
        self.0.list.lock()
    }

    fn handle(&self, own: &Arc<Own<B>>) -> Thread<B> {
        Thread { own: Arc::clone(own), threads: self.clone() }
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

impl<B: Backend> fmt::Debug for Threads<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Threads").field(&self.0.list).finish()
    }
}
