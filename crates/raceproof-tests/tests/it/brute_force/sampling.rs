//! Schedules at random against the search, on the same random programs: what a sample comes to, some execution does; and
//! of a small program, a sample comes to everything.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::generator::{barriers, channels, crowded, once, program, readers};
use super::programs::{Program, run};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use raceproof::{Exploration, Explorer, Memory, Outcome, Sampling};

const ALL: [Sampling; 4] =
    [Sampling::Uniform, Sampling::Pct { depth: 3 }, Sampling::Pos, Sampling::Urw];

/// Schedules among which there are those of a small program that are rarest.
const MANY: u64 = 200_000;

/// What executions come to: outcomes, and whether some fail and some are stuck.
fn ends(found: &Exploration) -> (BTreeSet<&str>, bool, bool) {
    let outcomes = found.outcomes.keys().map(String::as_str).collect();
    (outcomes, found.failures > 0, found.deadlocks > 0)
}

/// Is everything in one of these also in the other?
fn is_within(one: &Exploration, other: &Exploration) -> bool {
    let ((outcomes, fails, is_stuck), (all, may_fail, may_be_stuck)) = (ends(one), ends(other));
    outcomes.is_subset(&all) && fails <= may_fail && is_stuck <= may_be_stuck
}

/// Compares the two on so many programs, an eighth of which must be small.
fn compare(programs: impl Strategy<Value = Program>, cases: u32) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let small = Cell::new(0);
    let result = TestRunner::new(config).run(&(programs, any::<u64>()), |(program, seed)| {
        let explorer = Explorer::new().memory(Memory::Sequential).livelock_after(3);
        let explorer = explorer.keep_going().max_executions(2_000);
        let all = explorer.check(|| run(&program));
        if matches!(&all.outcome, Outcome::Bounded(_)) || all.executions >= 2_000 {
            return Ok(());
        }
        let is_small = all.executions <= 12;
        small.set(small.get() + u32::from(is_small));
        for how in ALL {
            let sample = explorer.clone().sample(how, if is_small { 2_000 } else { 50 });
            let found = sample.seed(seed).check(|| run(&program));
            prop_assert!(is_within(&found, &all), "{}: {:?}, {:?}", how, found, all);
            // Three change points, or weights that are measured, need not come to everything.
            if is_small && how == Sampling::Uniform && !is_within(&all, &found) {
                // What is rare takes longer.
                let sample = explorer.clone().max_executions(MANY).sample(how, MANY);
                let found = sample.seed(seed).check(|| run(&program));
                prop_assert!(is_within(&all, &found), "{}: {:?}, {:?}", how, found, all);
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("after {} small programs: {error}", small.get());
    }
    assert!(small.get() >= cases / 8, "only {} programs were small", small.get());
}

#[test]
fn samples_of_random_programs() {
    compare(program(), 40);
}

#[test]
fn samples_of_readers() {
    compare(readers(), 30);
}

#[test]
fn samples_of_a_crowd() {
    compare(crowded(), 30);
}

#[test]
fn samples_of_what_happens_once() {
    compare(once(), 30);
}

#[test]
fn samples_of_channels() {
    compare(channels(), 30);
}

#[test]
fn samples_of_barriers() {
    compare(barriers(), 30);
}
