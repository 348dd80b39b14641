//! Every variant under loom, one test each; empty unless built with `--cfg loom`.
//!
//! loom explores all interleavings and all values that C11 memory allows, for at most five threads
//! including the main one. Fixed variants run with three threads where that ends within the limit of
//! executions, otherwise with two; a row takes a few seconds, one of a pool of processes up to half a
//! minute, at 50 to 70 microseconds per execution. A row that did not end would be bounded to 3, then 2 preemptions, and say so. Timed waits
//! never time out under loom, so variants that need timeouts are not applicable. Waiters wake in the
//! order in which they came, and some interleavings are skipped: a variant names the failures and
//! outcomes that loom misses, with the reason, and loom must go on missing them.

use super::Model;
use raceproof_suite::backend::Engine;

pub(crate) fn model() -> Model {
    Model::of(&Engine::Loom)
}
