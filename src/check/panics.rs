//! Watches panics: checkers panic in thousands of executions, and one message and line are wanted.

use crate::{
    backend::{execution::Execution, panic_message},
    dpor::Place,
};
use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind},
    sync::{Mutex, Once, PoisonError, mpsc},
    thread,
};

/// A panic that ended a run.
#[derive(Clone, Debug)]
pub(super) struct Panic {
    pub(super) message: String,
    /// Where.
    pub(super) location: Option<Place>,
}

/// Where the last panic of this process was.
static LAST: Mutex<Option<Place>> = Mutex::new(None);

thread_local! {
    /// Who is told of the panic that ends the search on this thread.
    static SEARCH: RefCell<Option<Search>> = const { RefCell::new(None) };
}

struct Search {
    /// Which panics are the engine's own, and end a search at once, by their message.
    is_final: fn(&str) -> bool,
    /// Where the panic goes if the thread must not unwind.
    ended: Option<mpsc::Sender<Result<(), Panic>>>,
}

/// Makes panics silent and remembers where the last one was.
pub(super) fn watch() {
    panic::set_hook(Box::new(|info| {
        let location = info.location().map(Place::from);
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = location;
        let message = message(info);
        let is_final = SEARCH.with_borrow(|search| search.as_ref().map(|search| search.is_final));
        if is_final.is_some_and(|is_final| is_final(&message) || Execution::has_failed()) {
            Execution::freeze();
            give_up(message);
        }
    }));
}

/// As [`watch`], in a process that makes several checks: once, for the checker has a hook of its own later, which must stay.
pub(super) fn watch_once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(watch);
}

fn message(info: &PanicHookInfo<'_>) -> String {
    info.payload_as_str().unwrap_or("a panic without a message").into()
}

fn seen(message: String) -> Panic {
    let location = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    Panic { message, location }
}

/// Runs `f`; an unwinding out of it is an error.
pub(super) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| seen(panic_message(&*payload)))
}

/// Runs the search `f`; the panic that ends it is an error. The record of the execution ends where a
/// panic that `is_final` is raised.
#[cfg(feature = "shuttle")]
pub(super) fn search(is_final: fn(&str) -> bool, f: impl FnOnce()) -> Result<(), Panic> {
    SEARCH.set(Some(Search { is_final, ended: None }));
    let result = catch(f);
    SEARCH.set(None);
    result
}

/// Runs the search `f` on a thread of its own; the panic that ends it is an error.
///
/// That thread does not unwind: a panic that `is_final` ends the search where it is raised, and others
/// end it where [`give_up`] is called. The thread then stays there for good, since unwinding a
/// checker whose model is half done calls the destructors of all its threads, which call the checker
/// again, and the process aborts.
#[cfg(loom)]
pub(super) fn search_aside(
    is_final: fn(&str) -> bool,
    f: impl FnOnce() + Send + 'static,
) -> Result<(), Panic> {
    let (ended, wait) = mpsc::channel();
    let started = thread::Builder::new().name("search".into()).spawn(move || {
        SEARCH.set(Some(Search { is_final, ended: Some(ended.clone()) }));
        let result = catch(f);
        let _ = ended.send(result);
    });
    if let Err(error) = started {
        let message = format!("cannot start a thread: {error}");
        return Err(Panic { message, location: None });
    }
    wait.recv().unwrap_or_else(|_| Err(seen("the search ended without a word".into())))
}

/// Ends the search that runs on this thread, if one does, and stays here.
pub(super) fn give_up(message: String) {
    let ended = SEARCH.with_borrow_mut(|search| search.as_mut()?.ended.take());
    if let Some(ended) = ended {
        let _ = ended.send(Err(seen(message)));
        loop {
            thread::park();
        }
    }
}
