//! Programs of which the literature tells how many executions they have, written anew from what they do: threads,
//! locks and what those guard.
//!
//! The tests explore the small ones, `cargo bench -p raceproof-tests --bench literature` all of them.

pub mod genmc;
pub mod nidhugg;
mod row;
pub mod unfolding;

pub use row::{Counted, Row, assume, atomics, row, waiting};
pub(crate) use row::{DONE, Done, Patience};
