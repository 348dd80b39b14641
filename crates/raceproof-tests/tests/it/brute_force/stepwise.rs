//! The graph of states against the search, on the same random programs.

use std::cell::Cell;

use super::generator::{barriers, channels, crowded, once, program, readers};
use super::programs::{Program, run};
use crate::stepwise::agrees;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use raceproof::{Explorer, Memory};

/// States beyond which a program is too large.
const MOST: usize = 3_000;

/// Compares the two on so many programs, a quarter of which must be small enough.
fn compare(programs: impl Strategy<Value = Program>, few: u32) {
    let asked = std::env::var("CASES").ok().and_then(|n| n.parse().ok());
    let cases = asked.unwrap_or(few);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let compared = Cell::new(0);
    let result = TestRunner::new(config).run(&(programs, any::<bool>()), |(program, spurious)| {
        let explorer = Explorer::new().memory(Memory::Sequential).livelock_after(3);
        let explorer = explorer.spurious_wakeups(spurious).max_executions(10_000);
        compared.set(compared.get() + u32::from(agrees(&explorer, MOST, || run(&program))));
        Ok(())
    });
    if let Err(error) = result {
        panic!("after {} programs: {error}", compared.get());
    }
    assert!(compared.get() >= cases / 4, "only {} programs were small enough", compared.get());
}

#[test]
fn states_of_random_programs() {
    compare(program(), 150);
}

#[test]
fn states_of_readers() {
    compare(readers(), 100);
}

#[test]
fn states_of_a_crowd() {
    compare(crowded(), 100);
}

#[test]
fn states_of_what_happens_once() {
    compare(once(), 100);
}

#[test]
fn states_of_channels() {
    compare(channels(), 100);
}

#[test]
fn states_of_barriers() {
    compare(barriers(), 100);
}
