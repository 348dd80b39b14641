//! Processes, each with memory of its own, and what they talk through.
//!
//! As Python's `multiprocessing`. Natively a process is one of the operating system, this program started
//! once more; under a checker it is a thread, with those that it starts, that shares nothing: what crosses
//! to it are values that can be written as bytes, and the handles of this module. So a program that is
//! checked runs natively in real processes, unchanged.
//!
//! Each [`Queue`], [`Pipe`] and [`Lock`] lives in the process that made it, which serves it to the others;
//! a [`Manager`](super::manager::Manager) is a process that does nothing else. When the owner has ended,
//! every call from elsewhere is refused with [`Unreachable::OwnerGone`], also those that were under way.

mod error;
mod global;
mod handle;
mod item;
mod joining;
mod lock;
mod native;
mod own;
mod patience;
mod pipe;
mod queue;
pub(in crate::primitives) mod remote;
mod standing;
mod task;
#[cfg(test)]
pub(in crate::primitives) mod tests;
pub(in crate::primitives) mod wire;
mod world;

pub use self::{
    error::{
        Failed, GetError, ProcessError, PutError, RecvError, ReleaseError, SendError, TaskError,
        Unreachable,
    },
    global::{Global, ProcessGlobal},
    handle::Process,
    item::Item,
    lock::{Lock, LockGuard},
    native::entry::{Entry, entry, serve},
    pipe::{BothEnds, Pipe, PipeEnd},
    queue::{JoinableQueue, Queue},
    task::{Task, exit},
    wire::Unsendable,
};

pub(in crate::primitives) use self::patience::Client;
