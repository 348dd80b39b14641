//! The programs of the literature, with the counts that are published of them. The tests of raceproof are in `tests`.

pub mod literature;
