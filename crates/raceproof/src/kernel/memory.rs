//! Memory models.

/// What the memory orderings of atomics mean. Which of them are explored: see
/// [`Explorer::memory`](crate::Explorer::memory).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Memory {
    /// A load reads what was last stored, whatever its ordering. The orderings decide what else
    /// they order: plain memory that a relaxed flag guards is a data race.
    #[default]
    Sequential,
    /// Rust's own, which is that of C++20, as in RC11: a load may read an older value unless something
    /// orders it after the newer one. Load buffering, a load that reads a store which comes after it
    /// in a cycle of reads and program order, is not explored.
    C11,
}
