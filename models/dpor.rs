//! Every variant under raceproof's own explorer, one test each.
//!
//! It explores every inequivalent interleaving once, so every variant that holds is proved here, at a
//! size at least one thread larger than loom's, in milliseconds. Atomics are sequentially consistent
//! (their orderings count only for data races), so the expected results are those of that model.

use super::Model;
use raceproof_suite::backend::Engine;

pub(crate) fn model() -> Model {
    Model { proofs_wanted: true, ..Model::of(&Engine::Dpor) }
}
