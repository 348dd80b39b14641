//! A process as seen by its handles, by the thread that watches it, and by its parent.

use super::{
    Identity, ProcessError,
    standing::Offspring,
    task::{AnyTask, Ending},
    world,
};
use crate::backend::{Backend, Condvar, Mutex, MutexGuard};
use std::{any::Any, sync::Arc, time::Duration};

/// The state that the handles of one process share.
pub(super) struct Own<B: Backend> {
    pub(super) name: String,
    pub(super) daemon: bool,
    pub(super) state: Mutex<B, State>,
    /// The process has ended.
    pub(super) ended: Condvar<B>,
}

pub(super) enum State {
    /// The task to run; `None` only while it is being started.
    New(Option<Box<dyn AnyTask>>),
    Alive(Arc<dyn Underway>),
    Ended(Arc<dyn Underway>, Ending),
}

/// A started process, in one of the two worlds.
pub(super) trait Underway: Send + Sync {
    /// Its process id, if it is a process of the operating system.
    fn pid(&self) -> Option<u32>;
    /// Ends it wherever it is, by force even if it does not want to end.
    fn end(&self, force: bool);
}

/// How long a process may take to end when it is told to.
const LAST_MOMENTS: Duration = Duration::from_secs(1);

impl State {
    pub(super) fn is_alive(&self) -> bool {
        matches!(self, Self::Alive(_))
    }
}

impl<B: Backend> Own<B> {
    #[track_caller]
    pub(super) fn new(name: String, daemon: bool, task: Box<dyn AnyTask>) -> Self {
        Self {
            state: Mutex::named(format!("{name} state"), State::New(Some(task))),
            ended: Condvar::named(format!("{name} ended")),
            name,
            daemon,
        }
    }

    pub(super) fn identity(&self, pid: Option<u32>) -> Identity {
        Identity { name: self.name.clone(), pid, daemon: self.daemon }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The process has ended, by itself or not: wakes the threads that join it.
    #[track_caller]
    pub(super) fn end(&self, ending: Ending) {
        let mut state = self.state.lock();
        state.end(ending);
        drop(state);
        // A thread that joins tests the state under the same mutex, so it sees the end or is woken.
        self.ended.notify_all();
    }

    /// Causes its end.
    #[track_caller]
    pub(super) fn stop(&self, force: bool) -> Result<(), ProcessError> {
        let state = self.state.lock();
        let underway = match &*state {
            State::New(_) => return Err(ProcessError::NotStarted),
            State::Alive(underway) => Arc::clone(underway),
            State::Ended(..) => return Ok(()),
        };
        world::stop(self, state, &*underway, force);
        Ok(())
    }

    /// Blocks until the process has ended, but not for long.
    #[track_caller]
    pub(super) fn await_the_end(&self, state: MutexGuard<'_, B, State>) {
        drop(self.ended.wait_timeout_while(state, LAST_MOMENTS, |state| state.is_alive()));
    }
}

impl State {
    pub(super) fn end(&mut self, ending: Ending) {
        if let Self::Alive(underway) = self {
            *self = Self::Ended(Arc::clone(underway), ending);
        }
    }
}

impl<B: Backend> Offspring for Own<B> {
    fn finish(&self) {
        if self.daemon {
            self.cut_off();
        }
        let state = self.state.lock();
        drop(self.ended.wait_while(state, |state| state.is_alive()));
    }

    fn cut_off(&self) {
        // It has been started, or it would not be listed.
        let _ = self.stop(false);
    }

    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
