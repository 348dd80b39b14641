//! The end of a process: waiting for it, and causing it.

use super::{Failed, Process, ProcessError, own::State, task::Ending};
use crate::backend::{Backend, MutexGuard};
use std::time::Duration;

impl<B: Backend> Process<B> {
    /// Blocks until the process has ended. Any number of threads may join it, any number of times.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Failed`] if the process failed; [`ProcessError::NotStarted`], at once, if it
    /// was not started.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, native, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize)]
    /// struct Work;
    /// impl Task for Work {
    ///     fn run(self) { exit(3) }
    /// }
    ///
    /// model(|| {
    ///     let child = Process::<Dpor>::new("worker", Work);
    ///     assert_eq!(child.join(), Err(ProcessError::NotStarted));
    ///     child.start().unwrap();
    ///     let error = child.join().unwrap_err();
    ///     assert_eq!(error.to_string(), "process `worker` ended with exit code 3");
    /// });
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), ProcessError> {
        let state = self.started()?;
        self.claim(&self.0.ended.wait_while(state, |state| state.is_alive()))
    }

    /// Like [`join`](Self::join), but blocks for at most `timeout`; returns whether the process has
    /// ended.
    ///
    /// # Errors
    ///
    /// Those of [`join`](Self::join).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::time::Duration;
    /// /// Ends when the other end of its pipe is closed.
    /// #[derive(Serialize, Deserialize)]
    /// #[serde(bound = "")]
    /// struct Wait(PipeEnd<Dpor, ()>);
    /// impl Task for Wait {
    ///     fn run(self) {
    ///         assert!(self.0.recv().is_err());
    ///     }
    /// }
    ///
    /// model(|| {
    ///     let (theirs, mine) = Pipe::one_way(1).unwrap();
    ///     let child = Process::<Dpor>::new("waiter", Wait(theirs));
    ///     child.start().unwrap();
    ///     assert_eq!(child.join_timeout(Duration::from_millis(1)), Ok(false));
    ///     drop(mine);
    ///     assert_eq!(child.join(), Ok(()));
    /// });
    /// ```
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> Result<bool, ProcessError> {
        let state = self.started()?;
        let (state, timed_out) =
            self.0.ended.wait_timeout_while(state, timeout, |state| state.is_alive());
        if timed_out { Ok(false) } else { self.claim(&state).map(|()| true) }
    }

    #[track_caller]
    fn started(&self) -> Result<MutexGuard<'_, B, State>, ProcessError> {
        let state = self.0.state.lock();
        if matches!(*state, State::New(_)) { Err(ProcessError::NotStarted) } else { Ok(state) }
    }

    /// How the process, which has ended, ended.
    fn claim(&self, state: &State) -> Result<(), ProcessError> {
        match state {
            State::Ended(_, Ending { code, message }) if *code != 0 => {
                let process = self.0.name.clone();
                Err(ProcessError::Failed(Failed { process, code: *code, message: message.clone() }))
            }
            _ => Ok(()),
        }
    }

    /// Ends the process wherever it is, by SIGTERM: none of its destructors run, its ends of pipes are
    /// closed, its locks stay acquired. Does nothing if it has ended. Blocks until it has, or for a second if
    /// it handles the signal. Under a checker it needs
    /// [`Capability::Kill`](crate::backend::Capability::Kill).
    ///
    /// # Errors
    ///
    /// [`ProcessError::NotStarted`].
    ///
    /// ```standalone_crate
    /// # use raceproof_suite::{native::process::Process, primitives::process::{self, ProcessError, Task}};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::time::Duration;
    /// #[derive(Serialize, Deserialize)]
    /// struct Endless;
    ///
    /// impl Task for Endless {
    ///     fn run(self) {
    ///         loop {
    ///             std::thread::park();
    ///         }
    ///     }
    /// }
    ///
    /// process::serve(&[process::entry::<Endless>()]);
    /// let child = Process::daemon("endless", Endless);
    /// child.start()?;
    /// assert!(child.is_daemon() && child.is_alive() && child.pid().is_some());
    /// assert_eq!(child.join_timeout(Duration::from_millis(1)), Ok(false));
    /// child.terminate()?;
    /// assert_eq!(child.join().unwrap_err().to_string(), "process `endless` was ended by signal 15");
    /// assert_eq!(child.exit_code(), Some(-15));
    /// # Ok::<(), ProcessError>(())
    /// ```
    #[track_caller]
    pub fn terminate(&self) -> Result<(), ProcessError> {
        self.0.stop(false)
    }

    /// Like [`terminate`](Self::terminate), but by SIGKILL, which no process can handle.
    ///
    /// # Errors
    ///
    /// [`ProcessError::NotStarted`].
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::time::Duration;
    /// /// Ends when the other end of its pipe is closed.
    /// #[derive(Serialize, Deserialize)]
    /// #[serde(bound = "")]
    /// struct Wait(PipeEnd<Dpor, ()>);
    /// impl Task for Wait {
    ///     fn run(self) {
    ///         assert!(self.0.recv().is_err());
    ///     }
    /// }
    ///
    /// model(|| {
    ///     let (theirs, mine) = Pipe::one_way(1).unwrap();
    ///     let child = Process::<Dpor>::new("waiter", Wait(theirs));
    ///     child.start().unwrap();
    ///     child.kill().unwrap();
    ///     assert_eq!(child.join().unwrap_err().to_string(), "process `waiter` was ended by signal 9");
    ///     drop(mine);
    /// });
    /// ```
    #[track_caller]
    pub fn kill(&self) -> Result<(), ProcessError> {
        self.0.stop(true)
    }

    /// Its exit code, once it has ended: 0, or the argument of [`exit`](super::exit), 1 after a panic, or
    /// minus the number of the signal that ended it.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::time::Duration;
    /// /// Ends when the other end of its pipe is closed.
    /// #[derive(Serialize, Deserialize)]
    /// #[serde(bound = "")]
    /// struct Wait(PipeEnd<Dpor, ()>);
    /// impl Task for Wait {
    ///     fn run(self) {
    ///         assert!(self.0.recv().is_err());
    ///     }
    /// }
    ///
    /// model(|| {
    ///     let (theirs, mine) = Pipe::one_way(1).unwrap();
    ///     let child = Process::<Dpor>::new("waiter", Wait(theirs));
    ///     child.start().unwrap();
    ///     assert_eq!(child.exit_code(), None);
    ///     drop(mine);
    ///     child.join().unwrap();
    ///     assert_eq!(child.exit_code(), Some(0));
    /// });
    /// ```
    #[track_caller]
    pub fn exit_code(&self) -> Option<i32> {
        match &*self.0.state.lock() {
            State::Ended(_, ending) => Some(ending.code),
            _ => None,
        }
    }
}
