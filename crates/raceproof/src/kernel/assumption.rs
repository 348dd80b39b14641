//! What a proof takes for granted.

use std::fmt;

/// Something that the executions which were explored take for granted, and that a proof therefore
/// assumes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Assumption {
    /// The scheduler is fair to a loop that polls: one which has found nothing this many times in
    /// a row, with no other thread in between, was taken to wait until something that it looks at
    /// changes. How many fruitless rounds it takes until then was taken to decide nothing.
    FairPolls {
        /// The least number of rounds after which a loop was taken to wait.
        rounds: u32,
    },
    /// No load reads a store that comes after it in a cycle of reads and program order. Rust's memory
    /// model allows it to relaxed accesses in letter.
    NoLoadBuffering,
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Assumption::FairPolls { rounds } => write!(
                f,
                "a loop that polls waits for a change if it finds nothing {rounds} times in a row, \
                 and the number of its fruitless rounds decides nothing"
            ),
            Assumption::NoLoadBuffering => f.write_str(
                "under Rust's memory model, no load reads a store that depends on it or comes after \
                 it in its own thread, by way of other threads (load buffering)",
            ),
        }
    }
}
