//! Every variant under raceproof's own explorer with Rust's memory model, one test each.
//!
//! It explores each execution graph once: every value that a load may read, unless the orderings forbid it.
//! Programs that only lock and wait have as many executions as on dpor, or a few more if a wait may time out, so all
//! variants are checked, and all that hold are proved. A program that does what is not explored yet is not applicable, and the row says what it is.

use super::Model;
use raceproof_suite::backend::Engine;

pub(crate) fn model() -> Model {
    Model { proofs_wanted: true, ..Model::of(&Engine::C11) }
}
