//! A process, from its making to its end.

use super::{
    Failed, ProcessError, Task,
    own::{Own, State},
    standing::{self, Offspring},
    task::{AnyTask, Ending},
    world,
};
use crate::backend::{Backend, MutexGuard};
use std::{fmt, sync::Arc, time::Duration};

/// A process that is made, then started, then joined.
///
/// As Python's `multiprocessing.Process` with the start method `spawn`: natively a process of the operating
/// system, this program started once more; under a checker a thread, with those that it starts, that has its
/// own copy of every [`ProcessGlobal`](super::ProcessGlobal). All that it shares with others are the
/// handles among the fields of its [`Task`]. Unlike in Python [`join`](Self::join) returns an error if it
/// did not end well; a child ends with its parent, also where it is no daemon and the parent is killed; and
/// nobody but its parent can have its handle. A clone is the same process.
///
/// A child waits for the processes that it has started itself, and terminates those that are daemons. Its
/// threads it must join: natively they stop with it, under a checker they go on.
///
/// ```standalone_crate
/// use raceproof::{backend::Std, primitives::process::{self, PipeEnd, Pipe, Process, Task}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// #[serde(bound = "")]
/// struct Double(PipeEnd<Std, u64>);
///
/// impl Task for Double {
///     fn run(self) {
///         while let Ok(number) = self.0.recv() {
///             self.0.send(2 * number).expect("it is waited for");
///         }
///     }
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     process::serve(&[process::entry::<Double>()]);
///     let (mine, theirs) = Pipe::duplex(1)?;
///     let child = Process::<Std>::new("doubler", Double(theirs));
///     child.start()?;
///     mine.send(21)?;
///     assert_eq!(mine.recv(), Ok(42));
///     drop(mine);
///     child.join()?;
///     assert_eq!(child.exit_code(), Some(0));
///     Ok(())
/// }
/// ```
pub struct Process<B: Backend>(Arc<Own<B>>);

impl<B: Backend> Process<B> {
    /// A process called `name` that will run `task`.
    ///
    /// ```
    /// # use raceproof::{native::process::{Process, Queue}, primitives::process::{ProcessError, Task}};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize)]
    /// struct Work;
    /// impl Task for Work {
    ///     fn run(self) {}
    /// }
    ///
    /// let process = Process::new("worker", Work);
    /// assert_eq!((process.name(), process.pid(), process.is_alive()), ("worker", None, false));
    /// assert_eq!(process.join(), Err(ProcessError::NotStarted));
    /// // This program's `main` does not call `serve`.
    /// assert_eq!(process.start(), Err(ProcessError::NotServed));
    /// ```
    #[track_caller]
    pub fn new(name: impl Into<String>, task: impl Task) -> Self {
        Self::make(name.into(), false, Box::new(task))
    }

    /// As [`new`](Self::new), but a daemon: a child that ends does not wait for it, and it may not start
    /// processes itself.
    #[track_caller]
    pub fn daemon(name: impl Into<String>, task: impl Task) -> Self {
        Self::make(name.into(), true, Box::new(task))
    }

    #[track_caller]
    fn make(name: String, daemon: bool, task: Box<dyn AnyTask>) -> Self {
        Self(Arc::new(Own::new(name, daemon, task)))
    }

    /// Starts the process. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`ProcessError::StartedTwice`], [`ProcessError::StartedByDaemon`], [`ProcessError::NotServed`],
    /// [`ProcessError::Unsendable`] and, from the operating system, [`ProcessError::Refused`]. But for the
    /// first it can be started again.
    #[track_caller]
    pub fn start(&self) -> Result<(), ProcessError> {
        // Held until the process is known, however early it ends.
        let mut state = self.0.state.lock();
        let State::New(task) = &mut *state else { return Err(ProcessError::StartedTwice) };
        if standing::is_daemon::<B>() {
            return Err(ProcessError::StartedByDaemon);
        }
        match world::start(&self.0, task.take().expect("kept until the start")) {
            Ok(underway) => {
                *state = State::Alive(underway);
                let child: Arc<dyn Offspring> = self.0.clone();
                standing::adopt::<B>(Arc::downgrade(&child));
                Ok(())
            }
            Err((kept, error)) => {
                *task = Some(kept);
                Err(error)
            }
        }
    }

    /// Blocks until the process has ended. Any number of threads may join one, and again.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Failed`] if it did not end well; [`ProcessError::NotStarted`] at once.
    #[track_caller]
    pub fn join(&self) -> Result<(), ProcessError> {
        let state = self.started()?;
        self.claim(&self.0.ended.wait_while(state, |state| state.is_alive()))
    }

    /// As [`join`](Self::join), but blocks at most for `timeout`; says whether the process has ended.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
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

    /// How the process, which has ended, did so.
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
    /// closed, its locks stay acquired. Nothing happens if it has ended. Blocks until it has, or for a second
    /// if it handles the signal. Under a checker it needs
    /// [`Capability::Kill`](crate::backend::Capability::Kill).
    ///
    /// # Errors
    ///
    /// [`ProcessError::NotStarted`].
    ///
    /// ```standalone_crate
    /// # use raceproof::{native::process::Process, primitives::process::{self, ProcessError, Task}};
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

    /// As [`terminate`](Self::terminate), but by SIGKILL, which no process can handle.
    ///
    /// # Errors
    ///
    /// [`ProcessError::NotStarted`].
    #[track_caller]
    pub fn kill(&self) -> Result<(), ProcessError> {
        self.0.stop(true)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its number in the operating system; `None` before it is started and under a checker.
    #[track_caller]
    pub fn pid(&self) -> Option<u32> {
        match &*self.0.state.lock() {
            State::New(_) => None,
            State::Alive(underway) | State::Ended(underway, _) => underway.pid(),
        }
    }

    /// Its exit code, once it has ended: 0, or what it gave to [`exit`](super::exit), 1 after a panic, or
    /// minus the number of the signal that ended it.
    #[track_caller]
    pub fn exit_code(&self) -> Option<i32> {
        match &*self.0.state.lock() {
            State::Ended(_, ending) => Some(ending.code),
            _ => None,
        }
    }

    /// Whether it is a [daemon](Self::daemon).
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.0.daemon
    }

    /// Whether it has been started and has not ended.
    #[track_caller]
    pub fn is_alive(&self) -> bool {
        self.0.state.lock().is_alive()
    }
}

impl<B: Backend> Clone for Process<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> fmt::Debug for Process<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process(\"{}\")", self.name())
    }
}
