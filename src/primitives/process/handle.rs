//! A process: creating it, starting it, and its properties.

use super::{
    ProcessError, Task,
    own::{Own, State},
    standing::{self, Offspring},
    task::AnyTask,
    world,
};
use crate::backend::Backend;
use std::{fmt, sync::Arc};

/// A process that is created, then started, then joined.
///
/// Like Python's `multiprocessing.Process` with the start method `spawn`. Natively it is a process of the
/// operating system, this program started once more. Under a checker it is a thread, with those that it
/// starts, that has its own copy of every [`ProcessGlobal`](super::ProcessGlobal). The handles among the
/// fields of its [`Task`] are all that it shares with others. Unlike in Python [`join`](Self::join) returns
/// an error if the process failed; a child ends with its parent, even if it is no daemon and the parent is
/// killed; and only its parent can have its handle. A clone is the same process.
///
/// A child waits for the processes that it has started, and terminates those that are daemons. It must
/// join its threads: natively they stop with it, under a checker they go on.
///
/// ```standalone_crate
/// use raceproof_suite::{backend::Std, primitives::process::{self, PipeEnd, Pipe, Process, Task}};
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
pub struct Process<B: Backend>(pub(super) Arc<Own<B>>);

impl<B: Backend> Process<B> {
    /// A process called `name` that will run `task`.
    ///
    /// ```
    /// # use raceproof_suite::{native::process::{Process, Queue}, primitives::process::{ProcessError, Task}};
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

    /// Like [`new`](Self::new), but a daemon: a child that ends does not wait for it, and it cannot
    /// start processes itself.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, native, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Work;
    /// # impl Task for Work {
    /// #     fn run(self) {}
    /// # }
    /// let process = native::process::Process::daemon("logger", Work);
    /// assert!(process.is_daemon() && !process.is_alive());
    /// ```
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
    /// [`ProcessError::Unsendable`] and, from the operating system, [`ProcessError::Refused`]. After any
    /// but the first it can be started again.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, native, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize)]
    /// struct Work;
    /// impl Task for Work {
    ///     fn run(self) {}
    /// }
    ///
    /// model(|| {
    ///     let child = Process::<Dpor>::new("worker", Work);
    ///     child.start().unwrap();
    ///     assert_eq!(child.start(), Err(ProcessError::StartedTwice));
    ///     child.join().unwrap();
    /// });
    /// ```
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

    /// Its name.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, native, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Work;
    /// # impl Task for Work {
    /// #     fn run(self) {}
    /// # }
    /// let process = native::process::Process::new("worker", Work);
    /// assert_eq!(process.name(), "worker");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its process id; `None` before it is started and under a checker.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, native, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Work;
    /// # impl Task for Work {
    /// #     fn run(self) {}
    /// # }
    /// let process = native::process::Process::new("worker", Work);
    /// assert_eq!(process.pid(), None, "it is not started");
    /// ```
    #[track_caller]
    pub fn pid(&self) -> Option<u32> {
        match &*self.0.state.lock() {
            State::New(_) => None,
            State::Alive(underway) | State::Ended(underway, _) => underway.pid(),
        }
    }

    /// Whether it is a [daemon](Self::daemon).
    ///
    /// ```
    /// # use raceproof_suite::{backend::Dpor, dpor::model, native, primitives::process::*};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Work;
    /// # impl Task for Work {
    /// #     fn run(self) {}
    /// # }
    /// let process = native::process::Process::new("worker", Work);
    /// assert!(!process.is_daemon());
    /// ```
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.0.daemon
    }

    /// Whether it has been started and has not ended.
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
    ///     assert!(!child.is_alive());
    ///     child.start().unwrap();
    ///     assert!(child.is_alive());
    ///     drop(mine);
    ///     child.join().unwrap();
    ///     assert!(!child.is_alive());
    /// });
    /// ```
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
