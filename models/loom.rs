//! Every variant under loom, one test each; empty unless built with `--cfg loom`.
//!
//! loom explores all interleavings and all values that C11 memory allows, for at most five threads
//! with the main one. Fixed variants run with three threads where that ends within the limit of
//! executions, else with two; a few seconds a row at most, at 50 to 70 microseconds an execution.
//! Were a row not to end, it would be bounded to 3, then 2 preemptions, and say so. Timed waits never
//! time out under loom, so variants that need timeouts are not applicable. Waiters wake in the order they
//! came, and some interleavings are skipped: a failure or an outcome that loom misses is named by its
//! variant, with the reason, and must go on being missed.

mod support;

use raceproof_suite::{backend::Engine, check::Limits, contracts, scenarios};

fn main() -> std::process::ExitCode {
    let all = [scenarios::ALL, contracts::ALL].concat().leak();
    support::run(all, &[Engine::Loom], Limits::default(), false)
}
