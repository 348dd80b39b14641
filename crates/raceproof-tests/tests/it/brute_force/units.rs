//! Searches in units against whole ones, on random programs under sequential consistency.

use super::each;
use super::generator::{barriers, channels, crowded, once, program, readers, spread};
use super::programs::{Program, Role, run};
use crate::units;
use proptest::prelude::*;
use raceproof::{Explorer, Memory, RwLockPolicy};

/// Executions after which a program is given up.
const MOST: u64 = 300;

/// Compares what units find of programs without daemons and processes with what one search finds. So many must be split.
fn compare_all(programs: impl Strategy<Value = Program>, cases: u32, split: u32) {
    let nth = std::cell::Cell::new(0);
    let compare = |program: &Program, (spurious, _): (bool, bool)| {
        nth.set(nth.get() + 7);
        let explorer = Explorer::new().livelock_after(3).spurious_wakeups(spurious).keep_going();
        let explorer = explorer.rwlock_policy(RwLockPolicy::ReadersPass).memory(Memory::Sequential);
        let most = explorer.clone().max_executions(MOST);
        let model = || run(program);
        most.check(model).executions < MOST && units::compare(&explorer, nth.get(), &model).is_some()
    };
    let compared = each(programs.prop_map(plain), cases, compare);
    let asked = std::env::var_os("CASES").is_some();
    assert!(compared >= split || asked, "only {compared} programs were small enough, and split");
}

fn plain(program: Program) -> Program {
    program.into_iter().map(|(operations, _)| (operations, Role::Plain)).collect()
}

#[test]
fn units_find_what_one_search_does() {
    compare_all(program(), 300, 50);
}

#[test]
fn units_find_what_one_search_does_of_readers() {
    compare_all(readers(), 150, 50);
}

#[test]
fn units_find_what_one_search_does_of_many_threads() {
    compare_all(spread(), 150, 50);
}

#[test]
fn units_find_what_one_search_does_of_a_crowd() {
    compare_all(crowded(), 150, 50);
}

#[test]
fn units_find_what_one_search_does_of_what_happens_once() {
    compare_all(once(), 150, 50);
}

#[test]
fn units_find_what_one_search_does_of_channels() {
    compare_all(channels(), 150, 50);
}

#[test]
fn units_find_what_one_search_does_of_barriers() {
    compare_all(barriers(), 150, 50);
}
