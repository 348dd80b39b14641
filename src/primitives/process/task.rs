//! The task that a process runs.

use super::{
    Unsendable,
    wire::{self, Handles, Message},
};
use crate::backend::{Backend, panic_message};
use serde::{Serialize, de::DeserializeOwned};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The task of a process: a value whose fields are the arguments.
///
/// Only these fields cross to the process: plain values, which are copied, and handles of queues, pipes,
/// locks, globals and managed objects. Mark a task that is generic over its backend with `#[serde(bound =
/// "")]`, because the backend itself does not cross.
///
/// ```
/// use raceproof_suite::{backend::{Backend, Std}, primitives::process::{Queue, Task}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// #[serde(bound = "")]
/// struct Add<B: Backend> {
///     terms: [i64; 2],
///     sum: Queue<B, i64>,
/// }
///
/// impl<B: Backend> Task for Add<B> {
///     fn run(self) {
///         self.sum.put(self.terms.iter().sum()).expect("the parent waits for it");
///     }
/// }
///
/// // It can be run without a process, too.
/// let sum = Queue::<Std, _>::new(1);
/// Add { terms: [40, 2], sum: sum.clone() }.run();
/// assert_eq!(sum.get(), Ok(42));
/// ```
pub trait Task: Serialize + DeserializeOwned + Send + 'static {
    /// Runs the task, in its process.
    fn run(self);
}

/// A task of any type.
pub(super) trait AnyTask: Send {
    /// Its name in the registry.
    fn name(&self) -> &'static str;
    fn run(self: Box<Self>);
    /// The task for a process with memory of its own.
    fn message(&self) -> Result<Message, Unsendable>;
    /// The handles in it.
    fn handles(&self) -> Result<Handles, Unsendable>;
}

/// The registry's name for tasks of this type: the same in every process of one program.
pub(super) fn name<T: Task>() -> &'static str {
    std::any::type_name::<T>()
}

impl<T: Task> AnyTask for T {
    fn name(&self) -> &'static str {
        name::<T>()
    }
    fn run(self: Box<Self>) {
        T::run(*self);
    }
    fn message(&self) -> Result<Message, Unsendable> {
        wire::message(self)
    }
    fn handles(&self) -> Result<Handles, Unsendable> {
        wire::survey(self)
    }
}

/// How a task ended.
pub(super) struct Ending {
    pub(super) code: i32,
    /// The message of its panic.
    pub(super) message: Option<String>,
}

/// The panic payload of a task that exits.
struct Exit(u8);

/// Ends the running process with this exit code, after the destructors of its task have run.
///
/// Like Python's `sys.exit`: it must be called by the thread that runs the [`Task`]; elsewhere it is a
/// panic without a message. ([`std::process::exit`] would end natively a process, and under a checker
/// the whole check.)
///
/// ```standalone_crate
/// use raceproof_suite::{backend::Std, primitives::process::{self, Process, Task}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Quit(u8);
///
/// impl Task for Quit {
///     fn run(self) {
///         process::exit(self.0)
///     }
/// }
///
/// process::serve(&[process::entry::<Quit>()]);
/// let child = Process::<Std>::new("quits", Quit(3));
/// child.start()?;
/// assert_eq!(child.join().unwrap_err().to_string(), "process `quits` ended with exit code 3");
/// assert_eq!(child.exit_code(), Some(3));
/// # Ok::<(), process::ProcessError>(())
/// ```
pub fn exit(code: u8) -> ! {
    resume_unwind(Box::new(Exit(code)))
}

/// What `work` returns, or the message of its panic. A call of [`exit`] passes through.
pub(in crate::primitives) fn attempt<B: Backend, T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        if payload.is::<Exit>() || B::is_engine_panic(&*payload) {
            resume_unwind(payload);
        }
        panic_message(&*payload)
    })
}

/// Runs `task` to its end, unless the environment of `B` ends the execution before.
pub(super) fn to_the_end<B: Backend>(task: impl FnOnce()) -> Ending {
    let Err(payload) = catch_unwind(AssertUnwindSafe(task)) else {
        return Ending { code: 0, message: None };
    };
    match payload.downcast::<Exit>() {
        Ok(exit) => Ending { code: exit.0.into(), message: None },
        Err(payload) if B::is_engine_panic(&*payload) => resume_unwind(payload),
        Err(payload) => Ending { code: 1, message: Some(panic_message(&*payload)) },
    }
}
