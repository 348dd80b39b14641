#![doc = include_str!("../README.md")]

pub mod alloc;
pub mod cell;
mod explore;
pub mod future;
pub mod hint;
pub mod lazy_static;
pub mod model;
pub mod sync;
pub mod thread;

pub use explore::{MAX_THREADS, explore, skip_branch, stop_exploring};
#[doc(inline)]
pub use model::model;
/// Declares thread-local values, as `std::thread_local!`.
#[doc(inline)]
pub use raceproof::thread_local;
