//! The locks of [`raceproof::parking_lot`] under the name of the package that they mirror, so that a program needs no
//! other `use` lines:
//!
//! ```toml
//! [dependencies]
//! parking_lot = { path = "…/crates/parking_lot" }
//! ```
//!
//! ```
//! use parking_lot::Mutex;
//!
//! raceproof::model(|| {
//!     let mutex = Mutex::new(1);
//!     *mutex.lock() += 1;
//!     assert_eq!(mutex.into_inner(), 2);
//! });
//! ```

pub use raceproof::parking_lot::*;
