//! Several workers against one, and searches with estimates against those without, on random programs under Rust's memory
//! model.

use super::generator::Objects;
use super::language::{Program, model};
use super::random::each;
use crate::{limits, workers};
use raceproof::{Explorer, Memory};

/// Executions after which a program is given up.
const MOST: u64 = 1_000;

/// Compares what several workers find of a program with what one does. False if it is too large.
fn compare(program: &Program) -> bool {
    let explorer = Explorer::new().memory(Memory::C11);
    let model = || drop(model(program));
    let small = explorer.clone().keep_going().max_executions(MOST).check(model).executions < MOST;
    if small {
        workers::compare(&explorer.clone().keep_going(), model);
        workers::compare(&explorer, model);
        // Under both models, one after the other.
        workers::compare(&Explorer::new(), model);
    }
    small
}

fn compare_all(objects: Objects, few: u32) {
    let (wanted, compared) = each(objects, few, compare);
    assert!(compared >= wanted / 3, "only {compared} programs were small enough");
}

#[test]
fn an_estimate_changes_nothing() {
    let objects = Objects { locks: 3, condvars: 3, rwlocks: 3, spins: 2, ..Objects::default() };
    let (_, compared) = each(objects, 30, |program| {
        for explorer in [Explorer::new().memory(Memory::C11).keep_going(), Explorer::new()] {
            limits::compare(&explorer.max_executions(300), || drop(model(program)));
        }
        true
    });
    assert!(compared >= 10, "only {compared} programs");
}

#[test]
fn workers_find_what_one_does_of_atomics() {
    compare_all(Objects::default(), 150);
}

#[test]
fn workers_find_what_one_does_of_mutexes_and_atomics() {
    compare_all(Objects { locks: 6, ..Objects::default() }, 150);
}

#[test]
fn workers_find_what_one_does_of_condition_variables() {
    compare_all(Objects { locks: 2, condvars: 10, ..Objects::default() }, 80);
}

#[test]
fn workers_find_what_one_does_of_read_write_locks() {
    compare_all(Objects { locks: 1, rwlocks: 12, ..Objects::default() }, 150);
}

#[test]
fn workers_find_what_one_does_of_tokens() {
    compare_all(Objects { locks: 1, condvars: 1, tokens: 12, ..Objects::default() }, 150);
}

#[test]
fn workers_find_what_one_does_of_loops_that_wait() {
    compare_all(Objects { locks: 2, spins: 6, ..Objects::default() }, 20);
}
