//! Hints, as in `std::hint`.
#![allow(unsafe_code)]

/// Says that the thread spins: as [`yield_now`](crate::thread::yield_now).
#[track_caller]
pub fn spin_loop() {
    raceproof::hint::spin_loop();
}

/// Panics: it says that no thread comes here, and one does.
///
/// # Safety
///
/// It is safe to call, unlike std's.
///
/// # Panics
///
/// Always.
#[track_caller]
pub unsafe fn unreachable_unchecked() -> ! {
    unreachable!("unreachable_unchecked was reached!")
}
