//! Executions of random programs under sequential consistency, run again.

use super::each;
use super::generator::{barriers, channels, crowded, once, program, readers, spread};
use super::programs::{Program, ended};
use super::units::plain;
use crate::replays;
use proptest::prelude::*;
use raceproof::{Explorer, Memory};

/// Executions of each program.
const MOST: u64 = 12;

fn compare_all(programs: impl Strategy<Value = Program>, cases: u32) {
    // A failure at the end of main would stop daemons elsewhere.
    let compared = each(programs.prop_map(plain), cases, |program, (spurious, _)| {
        let explorer = Explorer::new().memory(Memory::Sequential).livelock_after(3);
        let explorer = explorer.spurious_wakeups(spurious);
        replays::compare(&explorer, MOST, &|| ended(program))
    });
    assert!(compared >= cases / 8, "only {compared} programs that end well");
}

#[test]
fn executions_of_random_programs_are_run_again() {
    compare_all(program(), 60);
}

#[test]
fn executions_of_many_kinds_are_run_again() {
    compare_all(prop_oneof![crowded(), readers(), once(), channels(), barriers(), spread()], 120);
}
