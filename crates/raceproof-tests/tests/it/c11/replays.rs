//! Executions of random programs under Rust's memory model, run again.

use super::generator::Objects;
use super::language::model;
use super::random::each;
use crate::replays;
use raceproof::{Explorer, Memory};

/// Executions of each program.
const MOST: u64 = 12;

#[test]
fn executions_of_random_programs_are_run_again() {
    let all =
        Objects { locks: 3, condvars: 3, rwlocks: 3, tokens: 3, spins: 2, ..Objects::default() };
    for objects in [Objects::default(), all] {
        let (wanted, compared) = each(objects, 60, |program| {
            let explorer = Explorer::new().memory(Memory::C11);
            replays::compare(&explorer, MOST, &|| model(program))
        });
        assert!(compared >= wanted / 8, "only {compared} of {wanted} programs end well");
    }
}
