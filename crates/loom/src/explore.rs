//! What loom takes as hints for its search. This search needs none: it explores everything, and what is equivalent
//! only once.

/// The number of threads that loom allows. Here a model may have more; this is how many it may have
/// at the most.
pub const MAX_THREADS: usize = u16::MAX as usize;

/// Where the search begins, if the model is built to
/// [expect](crate::model::Builder::expect_explicit_explore) that. Everything before is explored, too.
pub fn explore() {}

/// Where the search stops. Everything after is explored, too.
pub fn stop_exploring() {}

/// Says that the next step needs no other one in its place. They are explored all the same.
pub fn skip_branch() {}
