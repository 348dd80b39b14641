//! The tests of raceproof are in `tests`.
