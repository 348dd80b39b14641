//! Starting a child of this process, and watching it until its end.

use super::{entry, socket::Connection, system};
use crate::{
    backend::{Awaited, Backend, Engine},
    primitives::process::{
        Identity, ProcessError, family,
        own::{Own, Underway},
        task::{AnyTask, Ending},
        wire::{self, Message},
    },
};
use serde::{Deserialize, Serialize};
use std::{
    env, io,
    process::{self, Command},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

/// The environment variable that makes a process a child. It holds the process id of its parent: a
/// process that a child starts by other means inherits the variable, but has another parent.
pub(super) const PARENT: &str = "RACEPROOF_PARENT";

/// The first message to a child.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) task: String,
    /// The engine of the parent, on which the task goes on.
    pub(super) engine: Engine,
    /// The child, and its parent.
    pub(super) identities: [Identity; 2],
    pub(super) arguments: Vec<u8>,
}

/// The messages of a child to its parent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// It has its arguments.
    Ready,
    /// It ends, for this reason.
    Failed(String),
}

/// A child that has been started.
struct Child {
    pid: u32,
    /// `None` once it is reaped: its process id may then belong to another process.
    process: Mutex<Option<process::Child>>,
}

/// Starts a process that runs `task`; returns the task on an error.
pub(in crate::primitives::process) fn start<B: Backend>(
    own: &Arc<Own<B>>,
    task: Box<dyn AnyTask>,
) -> Result<Arc<dyn Underway>, (Box<dyn AnyTask>, ProcessError)> {
    // The thread first: a child without a watcher could not be returned.
    let (hand_over, handed) = mpsc::channel();
    let watching = Arc::clone(own);
    let watch = move || {
        if let Ok(started) = handed.recv() {
            watch(&watching, started);
        }
    };
    let watcher = thread::Builder::new().name("raceproof watcher".into()).spawn(watch);
    let started = watcher.map_err(refused).and_then(|_| try_start(own, &*task));
    match started {
        Ok((child, connection, start)) => {
            let watched = Arc::clone(&child);
            let awaited = Awaited::begin();
            let started = Started { child: watched, connection, start, task, awaited };
            hand_over.send(started).expect("it waits for this");
            Ok(child)
        }
        Err(error) => Err((task, error)),
    }
}

/// A child whose arguments have not been sent yet.
struct Started {
    child: Arc<Child>,
    connection: Connection,
    start: Message,
    /// Its handles are held here until the child holds them.
    task: Box<dyn AnyTask>,
    awaited: Awaited,
}

fn refused(error: io::Error) -> ProcessError {
    ProcessError::Refused(error.to_string())
}

fn try_start<B: Backend>(
    own: &Own<B>,
    task: &dyn AnyTask,
) -> Result<(Arc<Child>, Connection, Message), ProcessError> {
    if !entry::is_serving() {
        return Err(ProcessError::NotServed);
    }
    let arguments = task.message()?.bytes;
    let (task, engine) = (task.name().into(), B::engine());
    let identities = [own.identity(None), family::current_process::<B>()];
    let start = wire::message(&Start { task, engine, identities, arguments })?;
    let (connection, child) = spawn().map_err(refused)?;
    Ok((Arc::new(child), connection, start))
}

/// Starts this program once more.
fn spawn() -> io::Result<(Connection, Child)> {
    let (connection, theirs) = Connection::for_child()?;
    let mut command = Command::new(env::current_exe()?);
    let process = command.env(PARENT, process::id().to_string()).stdin(theirs).spawn()?;
    Ok((connection, Child { pid: process.id(), process: Mutex::new(Some(process)) }))
}

/// Sends a child its arguments, waits for its end and reaps it.
fn watch<B: Backend>(own: &Own<B>, started: Started) {
    let Started { child, connection, start, task, awaited } = started;
    let (mut message, mut task) = (None, Some(task));
    // An error means the end of the child, or of its side of the connection, which it never closes
    // before.
    if connection.begin(&start).is_ok() {
        while let Ok(Some(frame)) = connection.receive() {
            match wire::read(&frame.bytes) {
                Ok(Report::Ready) => task = None,
                Ok(Report::Failed(why)) => message = Some(why),
                Err(_) => break,
            }
        }
    }
    drop((task, connection));
    own.end(Ending { code: child.reap(), message });
    drop(awaited);
}

impl Child {
    fn process(&self) -> MutexGuard<'_, Option<process::Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end of the child, and takes its exit code.
    fn reap(&self) -> i32 {
        // Meanwhile it can be terminated.
        system::await_the_end(self.pid);
        let mut process = self.process();
        let status = process.take().map(|mut process| process.wait());
        // The child can only be missing if other code waited for all children.
        status.and_then(Result::ok).map_or(-1, system::code)
    }
}

impl Underway for Child {
    fn pid(&self) -> Option<u32> {
        Some(self.pid)
    }

    fn end(&self, force: bool) {
        if let Some(process) = &mut *self.process() {
            system::end(process, force);
        }
    }
}
