//! The errors of a barrier.

/// The barrier is broken: the party does not wait, because others will not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the barrier is broken")]
pub struct Broken;

/// A barrier needs at least one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a barrier needs at least one party")]
pub struct NoParties;
