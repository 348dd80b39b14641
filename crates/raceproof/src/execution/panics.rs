//! Panics inside models: noted instead of printed.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use super::installed::{try_with, with};
use super::{counted, fiber, stranded, teardown};
use crate::kernel::Place;
use crate::kernel::fault::Panic;

thread_local! {
    /// Whether a model runs on this OS thread.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Unwinds a fiber whose execution is over.
pub(crate) struct Teardown;

/// Keeps panics quiet on this OS thread until it is dropped.
pub(crate) struct Quiet {
    /// Panics under way before, which are no model's.
    earlier: u32,
}

/// From now on panics on this OS thread are noted, not printed.
pub(crate) fn quiet() -> Quiet {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| if QUIET.get() { note(info) } else { earlier(info) }));
    });
    QUIET.set(true);
    Quiet { earlier: counted::take() }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        counted::put(self.earlier);
        QUIET.set(false);
    }
}

fn note(info: &PanicHookInfo<'_>) {
    if counted::hook(info.payload()) {
        return;
    }
    stranded::hook(info);
    if !fiber::is_running() {
        // A fault of the checker's own: the program's code runs in fibers.
        return eprintln!("{info}");
    }
    let message = message(info.payload());
    let location = info.location().map(Place::from);
    try_with(|session| {
        let misuse = std::mem::take(&mut session.kernel.now.misused);
        let Some(body) = session.bodies.get_mut(usize::from(session.kernel.current)) else {
            // No execution has begun on this OS thread.
            return eprintln!("{message}");
        };
        let panics = &mut body.panics;
        panics.retain(|earlier| earlier.message != message);
        panics.push(Panic { message, location, misuse });
        if teardown::under_way() {
            session.note_afterwards();
        }
    });
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic with a payload that is no text".to_owned()
    }
}

/// The panic with this payload, which has ended the running thread; none if it only ended an execution.
/// A payload that is thrown again says what it said at first, if need be in another thread.
pub(crate) fn told_by(payload: &(dyn Any + Send)) -> Option<Panic> {
    if payload.is::<Teardown>() {
        return None;
    }
    let message = message(payload);
    with(|session| {
        let (earlier, later) = session.bodies.split_at(usize::from(session.kernel.current));
        let mut seen = later.iter().chain(earlier).flat_map(|body| &body.panics);
        seen.find(|panic| panic.message == message).cloned()
    })
    .or(Some(Panic { message, location: None, misuse: false }))
}
