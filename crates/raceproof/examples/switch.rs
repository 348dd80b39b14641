//! A crate that uses std, and the checker in its tests.
//!
//! ```sh
//! cargo run -p raceproof --example switch     # real threads
//! cargo test -p raceproof --example switch    # every interleaving
//! ```
//!
//! The crate takes its locks, atomics and threads from a module of its own, here `primitives`. That module
//! is std in a normal build and raceproof, a dev-dependency, under `cfg(test)`. Nothing else changes.

/// The types that the rest of the crate uses in place of `std::sync` and `std::thread`.
mod primitives {
    #[cfg(test)]
    pub(crate) use raceproof::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };
    #[cfg(not(test))]
    pub(crate) use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };
}

use primitives::{AtomicUsize, Ordering, thread};
use std::sync::Arc;

/// A number of seats, each of which can be taken once.
struct Seats {
    free: AtomicUsize,
}

impl Seats {
    fn new(seats: usize) -> Self {
        Self { free: AtomicUsize::new(seats) }
    }

    /// Takes a seat, and returns whether there was one.
    fn take(&self) -> bool {
        self.free
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |free| free.checked_sub(1))
            .is_ok()
    }
}

/// How many of `guests` find a seat, if all of them look for one at once.
fn seated(seats: usize, guests: usize) -> usize {
    let seats = Arc::new(Seats::new(seats));
    let guests: Vec<_> = (0..guests)
        .map(|_| {
            let seats = Arc::clone(&seats);
            thread::spawn(move || seats.take())
        })
        .collect();
    guests.into_iter().map(|guest| usize::from(guest.join().unwrap())).sum()
}

fn main() {
    println!("{} of 8 guests have a seat", seated(3, 8));
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_seat_is_taken_twice() {
        raceproof::model(|| assert_eq!(super::seated(1, 3), 1));
    }
}
