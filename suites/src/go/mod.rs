//! Go's channels, `select` and locks, for programs that are told from Go.
//!
//! They stand here and not among the primitives of the suite, which mean what Python's do: only the programs of
//! [`goker`](crate::goker) need them. [`contracts`] has what they promise, and `tests/suites/broken.rs` copies of them
//! that break it.

mod chan;
mod context;
pub mod contracts;
mod rwmutex;
mod select;
mod sync;
mod waiter;

pub use self::{
    chan::Chan,
    context::Context,
    rwmutex::{Reading, RwMutex, Writing},
    select::{Case, Selected, select, select_or_default},
    sync::{Once, WaitGroup},
};
