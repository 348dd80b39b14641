//! Hints, as in `std::hint`.

use std::panic::Location;

/// Says that the thread spins: as [`yield_now`](super::thread::yield_now).
#[track_caller]
pub fn spin_loop() {
    super::yields::yield_at(Location::caller());
}
