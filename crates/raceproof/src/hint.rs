//! Hints, as in `std::hint`.

use std::panic::Location;

/// Says that the thread spins: as [`yield_now`](crate::thread::yield_now).
#[track_caller]
pub fn spin_loop() {
    crate::execution::yield_at(Location::caller());
}
