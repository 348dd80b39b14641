//! Pools of processes.
//!
//! The [`Crew`](crate::primitives::executor) of a thread pool is beneath them, too: each of its threads hands
//! the work to a process of its own, waits for the result, and notices if the process is gone.

mod apply;
mod executor;
mod many;
mod seats;
mod serve;
mod team;
#[cfg(test)]
mod tests;
mod work;
mod workers;

pub use self::{
    apply::Pool,
    executor::ProcessPool,
    work::{NoStart, Work, worker, worker_with},
    workers::Workers,
};
