//! Searches in units against whole ones, on random programs under Rust's memory model.

use super::generator::Objects;
use super::language::{Program, model};
use super::random::each;
use crate::units;
use raceproof::{Explorer, Memory};

/// Executions after which a program is given up.
const MOST: u64 = 150;

fn compare_all(objects: Objects, few: u32) {
    let nth = std::cell::Cell::new(0);
    let compare = |program: &Program| {
        nth.set(nth.get() + 7);
        let explorer = Explorer::new().memory(Memory::C11).keep_going();
        let model = || drop(model(program));
        let most = explorer.clone().max_executions(MOST);
        most.check(model).executions < MOST
            && units::compare(&explorer, nth.get(), &model).is_some()
    };
    let (wanted, compared) = each(objects, few, compare);
    assert!(compared >= wanted / 3, "only {compared} programs were small enough, and split");
}

#[test]
fn units_find_what_one_search_does_of_atomics() {
    compare_all(Objects::default(), 25);
}

#[test]
fn units_find_what_one_search_does_of_mutexes_and_atomics() {
    compare_all(Objects { locks: 6, ..Objects::default() }, 25);
}

#[test]
fn units_find_what_one_search_does_of_condition_variables() {
    compare_all(Objects { locks: 2, condvars: 10, ..Objects::default() }, 25);
}

#[test]
fn units_find_what_one_search_does_of_read_write_locks() {
    compare_all(Objects { locks: 1, rwlocks: 12, ..Objects::default() }, 25);
}

#[test]
fn units_find_what_one_search_does_of_tokens() {
    compare_all(Objects { locks: 1, condvars: 1, tokens: 12, ..Objects::default() }, 25);
}
