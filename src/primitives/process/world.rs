//! The two worlds: how a process is started, and how it is stopped.

use super::{
    ProcessError, family, native,
    own::{Own, State, Underway},
    standing,
    task::{self, AnyTask, Ending},
    wire::Handles,
};
use crate::backend::{self, Backend, MutexGuard};
use std::sync::Arc;

/// The exit codes after the signals SIGTERM and SIGKILL.
const TERMINATED: i32 = -15;
const KILLED: i32 = -9;

/// Starts a process that runs `task`; returns the task on an error.
#[track_caller]
pub(super) fn start<B: Backend>(
    own: &Arc<Own<B>>,
    task: Box<dyn AnyTask>,
) -> Result<Arc<dyn Underway>, (Box<dyn AnyTask>, ProcessError)> {
    if B::engine().is_native() {
        return native::child::start(own, task);
    }
    let handles = match task.handles() {
        Ok(handles) => handles,
        Err(error) => return Err((task, error.into())),
    };
    let this = Arc::clone(own);
    let identities = [own.identity(None), family::current_process::<B>()];
    let threads = B::spawn_process(own.name(), move || {
        standing::enter::<B>(identities);
        let ending = task::to_the_end::<B>(|| task.run());
        standing::leave::<B>();
        this.end(ending);
    });
    Ok(Arc::new(Modelled { threads, handles }))
}

/// Stops a process, which is alive.
#[track_caller]
pub(super) fn stop<B: Backend>(
    own: &Own<B>,
    state: MutexGuard<'_, B, State>,
    underway: &dyn Underway,
    force: bool,
) {
    underway.end(force);
    if B::engine().is_native() {
        own.await_the_end(state);
    } else {
        // It does nothing more, so no other thread can report that it has ended.
        drop(state);
        own.end(Ending { code: if force { KILLED } else { TERMINATED }, message: None });
    }
}

/// A process under a checker: a thread and those that it starts.
struct Modelled<B: Backend> {
    threads: backend::Process<B>,
    /// The handles in its task.
    handles: Handles,
}

impl<B: Backend> Underway for Modelled<B> {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn end(&self, _: bool) {
        self.threads.kill();
        let given = standing::killed::<B>(self.threads.id());
        for (handle, holder) in self.handles.iter().chain(&given) {
            if let Some(handle) = handle.upgrade() {
                handle.abandoned(*holder);
            }
        }
    }
}
