//! Threads with names, and the list of those that are alive.
//!
//! The backend starts and joins threads. This module adds what Python's `threading` has beyond that: a
//! thread that is created first and started later; that any thread can join, any number of times and
//! with a time limit; daemons; and the list of all threads. That list is an object, [`Threads`], not a
//! global, so that every execution of a checked program starts with a fresh one.

mod handle;
mod threads;

pub use self::{handle::Thread, threads::Threads};

use crate::backend::{Backend, Panicked, panic_message};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Why a [`Thread`] refuses a call, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThreadError {
    /// The thread was started before.
    #[error("a thread can be started only once")]
    StartedTwice,
    /// The thread cannot be joined, because it has not been started.
    #[error("a thread cannot be joined before it is started")]
    NotStarted,
    /// The thread would join itself, and wait forever.
    #[error("a thread cannot join itself")]
    JoinsItself,
    /// It ended in a panic.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// Runs `body`, then calls `end` with the message of its panic, if it panicked; the panic then
/// continues.
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
            if !B::is_engine_panic(&*payload) {
                end(Some(message));
            }
            resume_unwind(payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Std, primitives::Event};
    use std::{sync::Arc, time::Duration};

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
    fn every_join_returns_the_panic() {
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
