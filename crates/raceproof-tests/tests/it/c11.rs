//! Rust's memory model: litmus tests with known counts, and random programs against a brute force
//! that knows the axioms and shares no line with the explorer.

mod axioms;
mod drawn;
mod enumerate;
mod generator;
mod language;
mod litmus;
mod loops;
mod machines;
mod mirror;
mod owned;
mod owners;
mod places;
pub(crate) mod random;
mod reads_from;
mod replays;
mod sequential;
mod telling;
mod tries;
mod units;
mod weak_exchanges;
mod weakening;
mod weaks;
mod workers;
