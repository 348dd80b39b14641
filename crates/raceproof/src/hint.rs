//! Hints, as in `std::hint`.

pub use std::hint::{
    assert_unchecked, black_box, cold_path, select_unpredictable, unreachable_unchecked,
};

use std::panic::Location;

/// Says that the thread spins: as [`yield_now`](crate::thread::yield_now).
#[track_caller]
pub fn spin_loop() {
    if crate::execution::is_outside() {
        return std::hint::spin_loop();
    }
    crate::execution::yield_at(Location::caller());
}
