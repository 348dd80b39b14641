//! Processes, each with its own memory, and the objects through which they communicate.
//!
//! Like Python's `multiprocessing`. Natively a process is one of the operating system, this program
//! started once more. Under a checker it is a thread, with those that it starts, that shares nothing: only
//! values that can be written as bytes, and the handles of this module, can cross to it. So a checked
//! program runs natively in real processes, unchanged.
//!
//! Each [`Queue`], [`Pipe`] and [`Lock`] is in the process that made it, which serves it to the others; a
//! [`Manager`](super::manager::Manager) is a process that does nothing else. When the owner has ended,
//! every call from another process is refused with [`Unreachable::OwnerGone`], including calls that were
//! under way.

mod error;
mod family;
mod global;
mod handle;
mod item;
mod joining;
pub(in crate::primitives) mod kept;
pub(in crate::primitives) mod lease;
mod lock;
pub(in crate::primitives) mod native;
mod own;
pub(in crate::primitives) mod patience;
mod pipe;
mod pool;
pub(in crate::primitives) mod queue;
pub(in crate::primitives) mod remote;
mod standing;
mod stream;
pub(in crate::primitives) mod sync;
pub(in crate::primitives) mod task;
#[cfg(test)]
pub(in crate::primitives) mod tests;
pub(in crate::primitives) mod wire;
mod world;

pub use self::{
    error::{
        Failed, GetError, ProcessError, PutError, RecvError, ReleaseError, SendError, TaskError,
        Unreachable,
    },
    family::{Identity, active_children, cpu_count, current_process, parent_process},
    global::{Global, ProcessGlobal},
    handle::Process,
    item::Item,
    lock::{Lock, LockGuard},
    native::entry::{Entry, entry, serve},
    pipe::{BothEnds, Pipe, PipeEnd},
    pool::{NoStart, Pool, ProcessPool, Work, Workers, worker, worker_with},
    queue::{JoinableQueue, Queue},
    stream::{Stream, StreamError},
    sync::{
        Barrier, BarrierError, BoundedSemaphore, Condition, ConditionError, Event, OwnerError,
        Permit, RLock, RLockGuard, Semaphore, SemaphoreError,
    },
    task::{Task, exit},
    wire::Unsendable,
};

pub(in crate::primitives) use self::patience::Client;
