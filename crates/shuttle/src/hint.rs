//! Hints, as in `std::hint`.

pub use raceproof::hint::spin_loop;
#[doc(no_inline)]
pub use std::hint::{black_box, unreachable_unchecked};
