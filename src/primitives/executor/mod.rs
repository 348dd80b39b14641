//! Worker threads that run tasks, and futures of their results.
//!
//! A thread has no result, and costs a start. A task is a closure that a worker of a [`ThreadPool`]
//! calls, and its [`Future`] holds the result, which may be a panic.

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
    crew::{Breaker, Crew, Open, can_lock},
    limit::Limit,
    task::{First, Job, One, Place, Task, caught, chunks, end, unheard},
};

#[cfg(test)]
mod tests;
