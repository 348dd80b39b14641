//! How far a task has come.

use super::{Future, FutureError};
use crate::backend::Backend;

pub(super) struct State<B: Backend, T: Send> {
    pub(super) stage: Stage<T>,
    /// The callbacks to call when it is done; empty from then on.
    pub(super) callbacks: Vec<Callback<B, T>>,
    /// How many threads are in a wait for the end, woken ones included until they run.
    pub(super) waiting: usize,
}

pub(super) type Callback<B, T> = Box<dyn FnOnce(&Future<B, T>) + Send>;

pub(super) enum Stage<T> {
    /// It waits for a worker.
    Pending,
    Running,
    /// It has returned or failed, or will never run.
    Ended(Result<T, FutureError>),
    /// It has ended, and its result was taken.
    Taken,
}

impl<B: Backend, T: Send> State<B, T> {
    pub(super) fn waiters(&mut self) -> &mut usize {
        &mut self.waiting
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Ended(_) | Stage::Taken)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        matches!(self.stage, Stage::Ended(Err(FutureError::Cancelled)))
    }

    /// Why there is no result, if there is none.
    pub(super) fn error(&self) -> Option<FutureError> {
        match &self.stage {
            Stage::Ended(Err(error)) => Some(error.clone()),
            Stage::Pending | Stage::Running => Some(FutureError::TimedOut),
            Stage::Ended(Ok(_)) | Stage::Taken => None,
        }
    }

    /// The result, if the task has ended.
    pub(super) fn result(&self) -> Result<T, FutureError>
    where
        T: Clone,
    {
        match &self.stage {
            Stage::Ended(result) => result.clone(),
            Stage::Taken => Err(FutureError::Taken),
            Stage::Pending | Stage::Running => Err(FutureError::TimedOut),
        }
    }

    /// Takes the result, if the task has ended; later calls find it taken. Errors remain for all.
    pub(super) fn take(&mut self) -> Result<T, FutureError> {
        match &self.stage {
            Stage::Ended(Ok(_)) => {}
            Stage::Ended(Err(error)) => return Err(error.clone()),
            Stage::Taken => return Err(FutureError::Taken),
            Stage::Pending | Stage::Running => return Err(FutureError::TimedOut),
        }
        match std::mem::replace(&mut self.stage, Stage::Taken) {
            Stage::Ended(result) => result,
            _ => Err(FutureError::Taken),
        }
    }
}
