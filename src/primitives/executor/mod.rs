//! Worker threads that run tasks, and the results of these tasks, which may be waited for.
//!
//! A thread has no result to wait for, and costs a start; a task is a closure that some worker of a
//! [`ThreadPool`] calls, and its [`Future`] has what came out, a panic included.

mod builder;
mod crew;
mod error;
mod future;
mod map;
mod pool;
mod stage;
mod task;
mod wait;

pub use self::{
    builder::ThreadPoolBuilder,
    error::{FutureError, MapError, NoWorkers, PoolJoinError, SubmitError},
    future::Future,
    map::Map,
    pool::ThreadPool,
    wait::{AsCompleted, WaitFor, Waited, as_completed, wait, wait_timeout},
};
pub(in crate::primitives) use self::{
    crew::{Crew, can_lock},
    task::{Body, First, Job, Task, caught, end},
};

#[cfg(test)]
mod tests;
