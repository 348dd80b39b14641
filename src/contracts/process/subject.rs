//! The primitives under contract: processes.

use crate::{
    backend::Backend,
    primitives::process::{
        self, Global, Item, Pipe, PipeEnd, Process, ProcessError, ProcessGlobal, RecvError, Task,
    },
};
use std::{fmt, time::Duration};

/// Names a type of processes.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Process`].
pub trait Subject: Clone + Send + Sync + 'static {
    /// A global that begins with 100.
    type Global: Item + Clone;
    /// An end of a pipe, which is closed when no process has it any more, however the last one ended.
    type End: Item;
    /// A process that is not yet started.
    fn new(task: impl Task) -> Self;
    /// A process that cannot start processes.
    fn daemon(task: impl Task) -> Self;
    /// Starts it; returns whether it was accepted.
    fn start(&self) -> bool;
    /// Waits for its end; returns whether it was accepted.
    fn join(&self) -> bool;
    /// Waits for a short time; returns whether it has ended.
    fn join_timeout(&self) -> bool;
    /// Ends it.
    fn terminate(&self);
    /// Its exit code, once it has ended.
    fn exit_code(&self) -> Option<i32>;
    /// Ends the running process.
    fn exit(code: u8) -> !;
    /// A new global.
    fn global() -> Self::Global;
    /// Adds one to the running process's own global, and returns the sum.
    fn add_one(global: &Self::Global) -> i64;
    /// Both ends of a pipe with room for one message each way.
    fn ends() -> (Self::End, Self::End);
    /// Sends a message; returns whether the other end is open.
    fn send(end: &Self::End) -> bool;
    /// Waits for a message, or until the other end is closed.
    fn recv(end: &Self::End) -> Option<i64>;
}

/// Names [`Process`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Process<B>;
}

/// Begins with 100.
#[derive(Debug)]
pub struct Hundred;

impl Global for Hundred {
    type Value = i64;
    const NAME: &'static str = "hundred";

    fn initial() -> i64 {
        100
    }
}

impl<B: Backend> Subject for Process<B> {
    type Global = ProcessGlobal<B, Hundred>;
    type End = PipeEnd<B, i64>;

    fn new(task: impl Task) -> Self {
        Self::new("child", task)
    }
    fn daemon(task: impl Task) -> Self {
        Self::daemon("daemon", task)
    }
    fn start(&self) -> bool {
        let refused = [ProcessError::StartedTwice, ProcessError::StartedByDaemon];
        self.start().map_or_else(|error| !refused.contains(&error), |()| true)
    }
    fn join(&self) -> bool {
        self.join() != Err(ProcessError::NotStarted)
    }
    fn join_timeout(&self) -> bool {
        self.join_timeout(Duration::from_millis(1)) != Ok(false)
    }
    fn terminate(&self) {
        self.terminate().expect("it was started");
    }
    fn exit_code(&self) -> Option<i32> {
        self.exit_code()
    }
    fn exit(code: u8) -> ! {
        process::exit(code)
    }
    fn global() -> Self::Global {
        ProcessGlobal::new()
    }
    fn add_one(global: &Self::Global) -> i64 {
        global.with(|value| {
            *value += 1;
            *value
        })
    }
    fn ends() -> (PipeEnd<B, i64>, PipeEnd<B, i64>) {
        Pipe::duplex(1).expect("room for one")
    }
    fn send(end: &PipeEnd<B, i64>) -> bool {
        end.send(1).is_ok()
    }
    fn recv(end: &PipeEnd<B, i64>) -> Option<i64> {
        match end.recv() {
            Ok(message) => Some(message),
            Err(RecvError::Refused(_)) => None,
            Err(error) => panic!("{error}"),
        }
    }
}
