//! Every variant under raceproof's own explorer, one test each.
//!
//! It explores every inequivalent interleaving once, so every variant that holds is proved here, at a
//! size at least one thread larger than loom's, in milliseconds. Atomics are sequentially consistent
//! (their orderings count only for data races), so the expected results are those of that model.

mod support;

use raceproof_suite::{backend::Engine, check::Limits, contracts, scenarios};

fn main() -> std::process::ExitCode {
    let all = [scenarios::ALL, contracts::ALL].concat().leak();
    support::run(all, &[Engine::Dpor], Limits::default(), true)
}
