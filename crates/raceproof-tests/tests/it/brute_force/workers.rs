//! Several workers against one, and searches with estimates against those without, on random programs.

use super::each;
use super::generator::{barriers, channels, crowded, once, program, readers, spread};
use super::programs::{Program, Role, run};
use crate::{limits, workers};
use proptest::prelude::*;
use raceproof::{Explorer, Memory, RwLockPolicy};

/// Executions after which a program is given up.
const MOST: u64 = 3_000;

/// Compares what several workers find of a program with what one does. False if it is too large.
fn compare(program: &Program, (spurious, passes): (bool, bool)) -> bool {
    let explorer = Explorer::new().livelock_after(3).spurious_wakeups(spurious);
    let policy = if passes { RwLockPolicy::ReadersPass } else { RwLockPolicy::Any };
    let explorer = explorer.rwlock_policy(policy).memory(Memory::Sequential);
    let model = || run(program);
    let small = explorer.clone().keep_going().max_executions(MOST).check(model).executions < MOST;
    if small {
        workers::compare(&explorer.clone().keep_going(), model);
        workers::compare(&explorer, model);
    }
    small
}

/// Compares them on programs without daemons and processes, which are one worker's.
fn compare_all(programs: impl Strategy<Value = Program>, cases: u32) {
    compare_each(programs.prop_map(plain), cases);
}

fn plain(program: Program) -> Program {
    program.into_iter().map(|(operations, _)| (operations, Role::Plain)).collect()
}

fn compare_each(programs: impl Strategy<Value = Program>, cases: u32) {
    let compared = each(programs, cases, compare);
    let asked = std::env::var_os("CASES").is_some();
    assert!(compared >= cases / 3 || asked, "only {compared} programs were small enough");
}

#[test]
fn an_estimate_changes_nothing() {
    let compared = each(program(), 30, |program, (spurious, _)| {
        let explorer = Explorer::new().livelock_after(3).spurious_wakeups(spurious);
        let explorer = explorer.max_executions(500).memory(Memory::Sequential);
        limits::compare(&explorer.clone().keep_going(), || run(program));
        limits::compare(&explorer, || run(program));
        true
    });
    assert!(compared >= 10, "only {compared} programs");
}

#[test]
fn workers_find_what_one_does() {
    compare_all(program(), 300);
}

#[test]
fn workers_find_what_one_does_of_daemons_and_processes() {
    compare_each(program(), 300);
}

#[test]
fn workers_find_what_one_does_of_readers() {
    compare_all(readers(), 150);
}

#[test]
fn workers_find_what_one_does_of_many_threads() {
    compare_all(spread(), 150);
}

#[test]
fn workers_find_what_one_does_of_a_crowd() {
    compare_all(crowded(), 150);
}

#[test]
fn workers_find_what_one_does_of_what_happens_once() {
    compare_all(once(), 150);
}

#[test]
fn workers_find_what_one_does_of_channels() {
    compare_all(channels(), 150);
}

#[test]
fn workers_find_what_one_does_of_barriers() {
    compare_all(barriers(), 150);
}
