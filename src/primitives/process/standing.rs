//! The state of a child process: whether it is a daemon, and which processes it has started.
//!
//! Under a checker processes share one memory, so this is kept for each of them by its identity; natively
//! each process has only its own. A process that is no child has none: it may start processes, and need not
//! wait for them.

use super::wire::Handles;
use crate::backend::{Backend, ProcessId};
use std::{
    cell::RefCell,
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// A process that was started by a child.
pub(super) trait Offspring: Send + Sync {
    /// Waits for its end; a daemon is terminated.
    fn finish(&self);
    /// Ends it now.
    fn cut_off(&self);
}

struct Standing {
    daemon: bool,
    /// Handles keep a process that has not ended; this list does not.
    offspring: Vec<Weak<dyn Offspring>>,
    /// Under a checker, the handles that it was given since it began.
    handles: Handles,
}

/// The state of this process, natively.
static NATIVE: Mutex<Option<Standing>> = Mutex::new(None);

thread_local! {
    /// The states of the processes of the execution that this operating-system thread runs. A process
    /// enters itself before it is looked up, so entries of an earlier execution are never seen.
    static MODELLED: RefCell<HashMap<ProcessId, Standing>> = RefCell::default();
}

fn with<B: Backend, R>(process: ProcessId, look: impl FnOnce(&mut Standing) -> R) -> Option<R> {
    if B::engine().is_native() {
        NATIVE.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(look)
    } else {
        MODELLED.with_borrow_mut(|all| all.get_mut(&process).map(look))
    }
}

/// The running process is a child that begins.
pub(super) fn enter<B: Backend>(daemon: bool) {
    let standing = Standing { daemon, offspring: Vec::new(), handles: Vec::new() };
    if B::engine().is_native() {
        *NATIVE.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    } else {
        MODELLED.with_borrow_mut(|all| all.insert(B::current_process(), standing));
    }
}

/// Whether the running process is a daemon.
pub(super) fn is_daemon<B: Backend>() -> bool {
    with::<B, _>(B::current_process(), |standing| standing.daemon).unwrap_or(false)
}

/// The running process has started another.
pub(super) fn adopt<B: Backend>(child: Weak<dyn Offspring>) {
    with::<B, _>(B::current_process(), |standing| {
        standing.offspring.retain(|child| child.strong_count() > 0);
        standing.offspring.push(child);
    });
}

/// The running process has been given these handles.
pub(super) fn hold<B: Backend>(handles: Handles) {
    with::<B, _>(B::current_process(), |standing| standing.handles.extend(handles));
}

/// The processes that `process` has started. They stay listed, because it may be killed while it waits for them.
fn offspring<B: Backend>(process: ProcessId) -> Vec<Arc<dyn Offspring>> {
    let upgraded = |all: &mut Standing| all.offspring.iter().filter_map(Weak::upgrade).collect();
    with::<B, _>(process, upgraded).unwrap_or_default()
}

/// Under a checker, `process` has been killed, and so are those that it has started. Returns the handles
/// that it was given since it began.
#[track_caller]
pub(super) fn killed<B: Backend>(process: ProcessId) -> Handles {
    for child in offspring::<B>(process) {
        child.cut_off();
    }
    with::<B, _>(process, |standing| mem::take(&mut standing.handles)).unwrap_or_default()
}

/// The running process, a child, ends: it waits for those that it has started, and terminates the
/// daemons.
pub(super) fn leave<B: Backend>() {
    for child in offspring::<B>(B::current_process()) {
        child.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Dpor, primitives::process::tests::modelled};

    struct Child;

    impl Offspring for Child {
        fn finish(&self) {}
        fn cut_off(&self) {}
    }

    #[test]
    fn those_that_are_gone_are_not_listed() {
        modelled(|| {
            enter::<Dpor>(false);
            for _ in 0..3 {
                let child: Arc<dyn Offspring> = Arc::new(Child);
                adopt::<Dpor>(Arc::downgrade(&child));
            }
            let listed = with::<Dpor, _>(Dpor::current_process(), |this| this.offspring.len());
            assert_eq!(listed, Some(1));
        });
    }
}
