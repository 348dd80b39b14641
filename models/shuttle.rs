//! Every variant under shuttle, one test each.
//!
//! shuttle's depth-first search has no reduction, so it ends only for the smallest programs (two threads
//! with a handful of steps); those rows are proofs, for sequentially consistent memory. Where it does
//! not end within 20,000 schedules, or seems after 1,000 of them to need more than 40,000, 2,000 PCT
//! schedules of depth 3 and 2,000 random ones follow, and the row says "passed", not "proved". That
//! costs at most about a second a row. All atomics are `SeqCst` here, and data races are not reported:
//! the expected results are those of sequential consistency, and a variant names a failure that shuttle
//! misses, with the reason.

use super::Model;
use raceproof_suite::backend::Engine;

pub(crate) fn model() -> Model {
    Model::of(&Engine::Shuttle)
}
