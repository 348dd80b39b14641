//! The benchmark suites of others, told again for raceproof, and how its engines do on them.
//!
//! `raceproof check --suite goker` checks one; `raceproof-suites compare` writes `docs/COMPARISON.md`.

pub mod compare;
pub mod go;
pub mod goker;
pub mod samples;
pub mod sctbench;
mod semaphores;

use raceproof_suite::program::Scenario;

/// The suites, by name.
pub const SUITES: &[&str] = &["goker", "sctbench", "semaphores"];

/// The contracts of what the suites are told with.
pub static CONTRACTS: &[&Scenario] = &[&go::contracts::SCENARIO];

/// The suite of this name; that of the contracts is `contracts`.
#[must_use]
pub fn find(name: &str) -> Option<Vec<&'static Scenario>> {
    match name {
        "goker" => Some(goker::all()),
        "sctbench" => Some(sctbench::all()),
        "semaphores" => Some(semaphores::all()),
        "contracts" => Some(CONTRACTS.to_vec()),
        _ => None,
    }
}

/// All that a check may be about.
#[must_use]
pub fn registry() -> Vec<&'static Scenario> {
    SUITES.iter().chain(&["contracts"]).filter_map(|name| find(name)).flatten().collect()
}
