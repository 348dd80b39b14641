//! Memory that nothing guards, with data races reported.

mod copied;
mod pointers;
mod unguarded;

pub use copied::Cell;
pub use pointers::{ConstPtr, MutPtr};
pub use unguarded::UnsafeCell;
