//! Worker threads that run tasks, and the results of these tasks, which may be waited for.
//!
//! A thread has no result to wait for, and costs a start; a task is a closure that some worker of a
//! [`ThreadPool`] calls, and its [`Future`] has what came out, a panic included.

mod builder;
mod completed;
mod crew;
mod error;
mod future;
mod limit;
mod map;
mod outcome;
mod pool;
mod stage;
mod task;
mod wait;

pub use self::{
    builder::ThreadPoolBuilder,
    completed::{AsCompleted, AsCompletedTimeout, Unfinished, as_completed, as_completed_timeout},
    error::{FutureError, MapError, NoWorkers, PoolJoinError, SubmitError},
    future::Future,
    map::Map,
    pool::ThreadPool,
    wait::{WaitFor, Waited, wait, wait_timeout},
};
pub(in crate::primitives) use self::{
    crew::{Crew, can_lock},
    task::{Body, First, Job, Task, caught, chunks, end},
};

#[cfg(test)]
mod tests;
