//! The state of a child process: whether it is a daemon, and which processes it has started.
//!
//! Under a checker processes share one memory, so this is kept for each of them by its identity; natively
//! each process has only its own. A process that is no child may start processes, and need not wait for them:
//! only the processes that it has started are kept.

use super::{Identity, wire::Handles};
use crate::backend::{Backend, ProcessId, execution};
use std::{
    any::Any,
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
    /// Itself, to be recognised.
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

struct Standing {
    /// The process itself and its parent.
    identities: [Identity; 2],
    /// Under a checker, whether it was killed.
    killed: bool,
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

/// The processes that a process which is no child has started.
type Founded = Vec<Weak<dyn Offspring>>;

/// Those of this process, natively.
static FOUNDED: Mutex<Founded> = Mutex::new(Vec::new());

thread_local! {
    /// Those of the first process of the execution that this operating-system thread runs, and the number
    /// of that execution.
    static MODEL_FOUNDED: RefCell<(u64, Founded)> = const { RefCell::new((0, Vec::new())) };
}

fn founded<B: Backend, R>(look: impl FnOnce(&mut Founded) -> R) -> R {
    if B::engine().is_native() {
        return look(&mut FOUNDED.lock().unwrap_or_else(PoisonError::into_inner));
    }
    MODEL_FOUNDED.with_borrow_mut(|(execution, founded)| {
        if *execution != execution::number() {
            (*execution, *founded) = (execution::number(), Vec::new());
        }
        look(founded)
    })
}

/// The running process is a child that begins: itself, and its parent.
pub(super) fn enter<B: Backend>(identities: [Identity; 2]) {
    let standing =
        Standing { identities, killed: false, offspring: Vec::new(), handles: Vec::new() };
    if B::engine().is_native() {
        *NATIVE.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    } else {
        MODELLED.with_borrow_mut(|all| all.insert(B::current_process(), standing));
    }
}

/// Whether the running process is a daemon.
pub(super) fn is_daemon<B: Backend>() -> bool {
    identities::<B>().is_some_and(|[this, _]| this.daemon)
}

/// The running process and its parent, if it is a child.
pub(super) fn identities<B: Backend>() -> Option<[Identity; 2]> {
    with::<B, _>(B::current_process(), |standing| standing.identities.clone())
}

/// Under a checker, whether the process was killed.
pub(super) fn is_killed<B: Backend>(process: ProcessId) -> bool {
    !B::engine().is_native() && with::<B, _>(process, |it| it.killed).unwrap_or(false)
}

/// The running process has started another.
pub(super) fn adopt<B: Backend>(child: Weak<dyn Offspring>) {
    let list = |all: &mut Vec<Weak<dyn Offspring>>| {
        all.retain(|child| child.strong_count() > 0);
        all.push(Weak::clone(&child));
    };
    if with::<B, _>(B::current_process(), |standing| list(&mut standing.offspring)).is_none() {
        founded::<B, _>(list);
    }
}

/// The processes that the running process has started, as far as there are handles of them.
pub(super) fn started<B: Backend>() -> Vec<Arc<dyn Offspring>> {
    let process = B::current_process();
    if with::<B, _>(process, |_| ()).is_some() {
        return offspring::<B>(process);
    }
    founded::<B, _>(|all| all.iter().filter_map(Weak::upgrade).collect())
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
    let take = |standing: &mut Standing| {
        standing.killed = true;
        mem::take(&mut standing.handles)
    };
    with::<B, _>(process, take).unwrap_or_default()
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
        fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
            self
        }
    }

    #[test]
    fn those_that_are_gone_are_not_listed() {
        modelled(|| {
            let this = Identity { name: "this".into(), pid: None, daemon: false };
            enter::<Dpor>([this.clone(), this]);
            for _ in 0..3 {
                let child: Arc<dyn Offspring> = Arc::new(Child);
                adopt::<Dpor>(Arc::downgrade(&child));
            }
            let listed = with::<Dpor, _>(Dpor::current_process(), |this| this.offspring.len());
            assert_eq!(listed, Some(1));
        });
    }
}
