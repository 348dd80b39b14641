//! A point at which a fixed number of threads wait for one another.
//!
//! Once all have come, all go on, and the barrier is ready for the next round. It can also break,
//! so that no thread waits for one that will not come.

mod cyclic;
mod error;
mod round;

pub(in crate::primitives) use self::round::State as Rounds;
pub use self::{
    cyclic::Barrier,
    error::{Broken, NoParties},
};
