//! Programs of SCTBench, told again: programs with a bug, which many tools were measured with (Thomson, Donaldson
//! and Betts, *Concurrency Testing Using Schedule Bounding: an Empirical Study*, PPoPP 2014; the repository
//! `mc-imperial/sctbench`).
//!
//! Each is a function of ours that goes wrong as the program does, and is `fixed` by one or two of its lines. A variable
//! that the program shares without a lock is an atomic here: SCTBench looks for what comes of a race, not for the race.
//! Loops and arrays are shorter where that makes no difference but to the length of a proof. [`NOT_TOLD`] has the
//! programs that are not here.

use raceproof_suite::program::Scenario;

mod conditions;
mod counters;
mod locks;
mod published;

pub(crate) use self::published::MAPLE;

/// Every program that is told.
pub(crate) fn all() -> Vec<&'static Scenario> {
    [counters::ALL, locks::ALL, conditions::ALL].concat()
}

/// The programs of SCTBench that are not told, and why.
pub const NOT_TOLD: &[(&str, &str)] = &[
    ("aget-bug2", WHOLE),
    ("barnes", WHOLE),
    ("ctrace-test", WHOLE),
    ("ferret", WHOLE),
    ("fft", WHOLE),
    ("lu", WHOLE),
    ("pbzip2-0.9.4", WHOLE),
    ("qsort-mt", WHOLE),
    ("radbench-bug1", WHOLE),
    ("radbench-bug2", WHOLE),
    ("radbench-bug3", WHOLE),
    ("radbench-bug4", WHOLE),
    ("radbench-bug5", WHOLE),
    ("radbench-bug6", WHOLE),
    ("streamcluster", WHOLE),
    ("streamcluster2", WHOLE),
    ("streamcluster3", WHOLE),
    ("reorder-10", TOO_MANY),
    ("reorder-20", TOO_MANY),
    ("twostage-100", TOO_MANY),
    ("interlocked-work-steal-queue", LATER),
    ("interlocked-work-steal-queue-with-state", LATER),
    ("state-work-steal-queue", LATER),
    ("work-steal-queue", LATER),
    ("safestack", LATER),
];

const WHOLE: &str = "a whole program or library";
const TOO_MANY: &str =
    "its fixed form has too many threads for a proof; the same program is here with fewer";
const LATER: &str = "an algorithm of some hundred lines, not told yet";
