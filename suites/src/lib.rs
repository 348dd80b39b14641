//! The benchmark suites of others, told again for raceproof, and how its engines do on them.
//!
//! `raceproof check --suite goker` checks one; `raceproof-suites compare` writes `docs/COMPARISON.md`.

pub mod compare;
pub mod go;
pub mod goker;

use raceproof_suite::program::Scenario;

/// The suites, by name.
pub const SUITES: &[&str] = &["goker"];

/// The suite of this name.
#[must_use]
pub fn find(name: &str) -> Option<Vec<&'static Scenario>> {
    match name {
        "goker" => Some(goker::all()),
        _ => None,
    }
}

/// All that a check may be about.
#[must_use]
pub fn registry() -> Vec<&'static Scenario> {
    SUITES.iter().filter_map(|name| find(name)).flatten().collect()
}
