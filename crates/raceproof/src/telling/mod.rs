//! What a person is told: traces and how they are drawn, failures, schedules.
//!
//! [`Trace`](trace::Trace) is plain data that anything which watches threads can make;
//! [`draw`](lanes::draw) makes lanes of it.

#[doc(hidden)]
pub mod annotations;
mod decisive;
mod endless;
pub(crate) mod estimate;
pub mod failure;
pub mod lanes;
mod lines;
mod machines;
pub(crate) mod moment;
pub(crate) mod names;
pub mod operation;
#[doc(hidden)]
pub mod oracle;
mod page;
pub(crate) mod progress;
pub(crate) mod recorder;
pub mod schedule;
#[doc(hidden)]
pub mod sheet;
pub mod states;
mod terminal;
pub mod text;
pub mod trace;
pub(crate) mod values;
pub mod weaker;
mod words;

pub use names::unique;
#[doc(hidden)]
pub use values::wanted;
pub use values::{common_value, debug_value};
