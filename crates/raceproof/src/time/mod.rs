//! Time, as in `std::time`, by a clock that belongs to the model.
//!
//! A model takes no real time into account. Its clock goes on by what its waits say, and is ahead by any
//! length besides, as real clocks are whenever threads are slow:
//!
//! - Time never goes back. What comes after something, in a thread or by synchronisation, is at the same
//!   time or later.
//! - An operation that ends because its time is over ends at least so long after it began:
//!   [`sleep`](crate::thread::sleep), and a timed wait, park or receive that times out.
//! - Every time that these allow is explored, as far as the program can tell: where it *compares* two times that nothing orders,
//!   each outcome is an alternative. What was found once is so from then on. To take the time has
//!   no alternatives, and costs no execution.
//!
//! So a thread that waits for a deadline may find it passed at any moment, and finds it passed after a wait for all the time
//! that was left:
//!
//! ```
//! use raceproof::sync::{Arc, Condvar, Mutex};
//! use raceproof::thread;
//! use raceproof::time::{Duration, Instant};
//!
//! raceproof::model(|| {
//!     let ready = Arc::new((Mutex::new(false), Condvar::new()));
//!     let theirs = Arc::clone(&ready);
//!     let other = thread::spawn(move || {
//!         *theirs.0.lock().unwrap() = true;
//!         theirs.1.notify_one();
//!     });
//!     let deadline = Instant::now() + Duration::from_millis(10);
//!     let mut there = ready.0.lock().unwrap();
//!     while !*there {
//!         let now = Instant::now();
//!         if now >= deadline {
//!             break; // Some executions give up here, and none waits for ever.
//!         }
//!         there = ready.1.wait_timeout(there, deadline - now).unwrap().0;
//!     }
//!     drop(there);
//!     other.join().unwrap();
//! });
//! ```
//!
//! # Lengths of time
//!
//! [`Instant::elapsed`] and the like give a [`Duration`] of `std`: a number, of which the model cannot see what it decides. A program that only
//! measures and prints has one execution for each interleaving, all the same: every execution that takes such a number is run a second time with
//! another one. If that changes any step, the outcome, or a failure, the search begins again, and each length that is open is a choice from then on: of the least that is
//! possible, and the most, which is 1,000 hours where nothing bounds it. A loop that gives up when `start.elapsed() > limit` is found to do so.
//! What is assumed of lengths is part of the verdict: [`Assumption::MeasuredTimes`](crate::Assumption::MeasuredTimes) and
//! [`Assumption::ExtremeTimes`](crate::Assumption::ExtremeTimes).
//!
//! # The system's clock
//!
//! [`SystemTime`] goes as the other clock does: nobody sets it
//! ([`Assumption::SystemClock`](crate::Assumption::SystemClock)). A model begins at the same system time in each run.
//!
//! Outside of a model both are the real clocks.

mod instant;
mod reading;
mod system;

pub use instant::Instant;
pub use std::time::{Duration, SystemTimeError, TryFromFloatSecsError};
pub use system::{SystemTime, UNIX_EPOCH};
