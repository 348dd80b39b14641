//! The errors of processes, and of objects that several of them use.

use super::Unsendable;
use serde::{Deserialize, Serialize};
use std::io;

/// Why a [`Process`](super::Process) refuses a call, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcessError {
    /// The process was started before.
    #[error("a process can be started only once")]
    StartedTwice,
    /// The process cannot be joined or stopped, because it has not been started.
    #[error("a process cannot be joined or stopped before it is started")]
    NotStarted,
    /// A daemon cannot start a process, because no process would wait for either.
    #[error("a daemon process may not start processes")]
    StartedByDaemon,
    /// This program's `main` has not called [`serve`](super::serve), so a child would run all of `main`
    /// instead of its task.
    #[error("no process can be started: `main` must call `process::serve` first")]
    NotServed,
    /// The task cannot be sent to the process.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
    /// The operating system refuses.
    #[error("cannot start a process: {0}")]
    Refused(String),
    /// The process failed.
    #[error("{0}")]
    Failed(Failed),
}

/// How a failed process ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("process `{process}` {}", how(*.code, .message.as_deref()))]
pub struct Failed {
    /// Its name.
    pub process: String,
    /// Its exit code: the argument of [`exit`](super::exit), 1 after a panic, or minus the number of the
    /// signal that ended it.
    pub code: i32,
    /// The message of its panic.
    pub message: Option<String>,
}

fn how(code: i32, message: Option<&str>) -> String {
    match message {
        Some(message) => format!("panicked: {message}"),
        None if code < 0 => format!("was ended by signal {}", code.unsigned_abs()),
        None => format!("ended with exit code {code}"),
    }
}

/// Why an object in another process could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Unreachable {
    /// The process that owns the object has ended.
    #[error("the process that owns the object has ended")]
    OwnerGone,
    /// The value to send, or the reply, cannot cross.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
    /// No connection can be made: the operating system or the owner refuses.
    #[error("the object cannot be reached: {0}")]
    Refused(String),
}

impl From<io::Error> for Unreachable {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, NotFound,
            UnexpectedEof,
        };
        match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionRefused | ConnectionReset | NotFound
            | UnexpectedEof => Self::OwnerGone,
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// Why an item could not be put. The error returns the item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutError<T> {
    /// There is no room, or none came free in time.
    #[error("the queue is full")]
    Full(T),
    /// The queue cannot be used from here.
    #[error("{1}")]
    Unreachable(T, Unreachable),
}

impl<T> PutError<T> {
    /// The item that was not put.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Queue;
    /// let queue = Queue::new(1);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.try_put(2).unwrap_err().into_inner(), 2);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::Unreachable(item, _) => item,
        }
    }
}

/// Why no item could be got.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GetError {
    /// There is no item, or none came in time.
    #[error("the queue is empty")]
    Empty,
    /// The queue cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why a task could not be reported done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// More tasks were reported done than items were put. Nothing has changed.
    #[error("task_done called too many times")]
    NoSuchTask,
    /// The queue cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why a lock could not be released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// No process holds it.
    #[error("the lock is not acquired")]
    NotAcquired,
    /// The lock cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why a message could not be sent. The error returns the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError<T> {
    /// The pipe refuses it.
    #[error(transparent)]
    Refused(#[from] crate::primitives::SendError<T>),
    /// The pipe cannot be used from here.
    #[error("{1}")]
    Unreachable(T, Unreachable),
}

impl<T> SendError<T> {
    /// The message that was not sent.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (left, right) = Pipe::duplex(1)?;
    /// drop(right);
    /// assert_eq!(left.send(1).unwrap_err().into_inner(), 1);
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Refused(refused) => refused.into_inner(),
            Self::Unreachable(message, _) => message,
        }
    }
}

/// Why no message could be received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecvError {
    /// The pipe has none.
    #[error(transparent)]
    Refused(#[from] crate::primitives::RecvError),
    /// The pipe cannot be used from here.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}
