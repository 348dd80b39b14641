//! Which execution comes next: one strategy a folder.

mod fair;
mod graphs;
mod pool;
mod prefixes;
mod replay;
mod sampling;
mod schedules;
mod stepwise;
mod traces;

use crate::execution::Strategy;
use crate::kernel::Memory;

pub(crate) use fair::Fair;
pub(crate) use graphs::{Axioms, Graphs, Halt, Route};
pub(crate) use replay::Replay;
pub use sampling::{ParseSamplingError, Sampling};
pub(crate) use sampling::{Sampled, WANTED};
pub(crate) use schedules::Schedules;
pub(crate) use stepwise::{Stepwise, Walk};
pub(crate) use traces::Traces;

/// Runs the one execution of these steps, under this memory model.
pub(crate) fn along(memory: Memory, steps: Vec<(u16, u16)>) -> Box<dyn Strategy> {
    match memory {
        Memory::Sequential => Box::new(Replay::new(steps)),
        Memory::C11 => Box::new(Graphs::along(steps)),
    }
}
