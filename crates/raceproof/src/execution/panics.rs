//! Panics inside models: noted instead of printed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use crate::kernel::Place;
use crate::kernel::fault::Panic;

thread_local! {
    /// Whether a model runs on this OS thread.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// What the last panic on this OS thread said, and where.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Unwinds a fiber whose execution is over.
pub(crate) struct Teardown;

/// Keeps panics quiet on this OS thread until it is dropped.
pub(crate) struct Quiet(());

/// From now on panics on this OS thread are noted, not printed.
pub(crate) fn quiet() -> Quiet {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| if QUIET.get() { note(info) } else { earlier(info) }));
    });
    QUIET.set(true);
    Quiet(())
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(false);
    }
}

fn note(info: &PanicHookInfo<'_>) {
    let location = info.location().map(Place::from);
    let panic = Panic { message: message(info.payload()), location };
    LAST.with_borrow_mut(|last| *last = Some(panic));
    super::teardown::panicked();
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

/// The panic with this payload, which is this OS thread's last one; none if it only ended an
/// execution.
pub(crate) fn last(payload: &(dyn Any + Send)) -> Option<Panic> {
    let last = LAST.take();
    let unseen = || Panic { message: message(payload), location: None };
    (!payload.is::<Teardown>()).then(|| last.unwrap_or_else(unseen))
}
