//! Shared ownership, as in `std::sync`, with counts that the explorer knows.

mod convert;
mod make;
mod owner;
mod raw;
mod share;
mod traits;
mod weak;

pub use owner::Arc;
pub use weak::Weak;
