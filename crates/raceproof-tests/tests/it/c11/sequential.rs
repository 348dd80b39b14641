//! Programs whose atomics are all `SeqCst`: both memory models, and so both strategies, find the same.
//!
//! A notification orders no memory under C11. It does in every interleaving, so it is given with the
//! mutex here.

use super::generator::{Objects, sequential};
use super::language::{Do, Program, What, model};
use super::random::{each, each_of};
use raceproof::{
    Assumption, Equivalence, Exploration, Explorer, FailureKind, Memory, Outcome, RwLockPolicy,
};

/// Executions beyond which a program is too large.
const ENOUGH: u64 = 3_000;

fn explored(program: &Program, memory: Memory) -> Exploration {
    let explorer = Explorer::new().keep_going().max_executions(ENOUGH).memory(memory);
    let explorer = explorer.rwlock_policy(RwLockPolicy::ReadersPass);
    let found = explorer.check(|| drop(model(program)));
    if let Outcome::Failed(failure) = &found.outcome {
        let expected = [FailureKind::DataRace, FailureKind::Deadlock];
        assert!(expected.contains(&failure.kind), "{failure}");
    }
    found
}

/// Are the executions counted alike? Waits that end by their timeouts, and unparks, commute with each other in
/// interleavings only.
fn counts_alike(program: &Program) -> bool {
    program.iter().flatten().all(|what| {
        !matches!(what.what, What::WaitTimeout(..) | What::Unpark(_) | What::PlainWrite(_))
    })
}

/// Compares the two; false if there are too many executions to.
fn compare(program: &Program) -> bool {
    let found = [Memory::C11, Memory::Sequential].map(|memory| explored(program, memory));
    compare_found(program, found)
}

/// Compares a search by graphs of interleavings with one by wakeup trees.
fn compare_graphs(program: &Program) -> bool {
    let explorer = Explorer::new().keep_going().max_executions(ENOUGH).memory(Memory::Sequential);
    let explorer = explorer.rwlock_policy(RwLockPolicy::ReadersPass);
    let model = || drop(model(program));
    let trees = explorer.check(model);
    let found = explorer.equivalence(Equivalence::Graphs).check(model);
    let by_graphs = found.assumptions.contains(&Assumption::EndsAfterUses);
    by_graphs && compare_found(program, [found, trees])
}

fn compare_found(program: &Program, [c11, sequential]: [Exploration; 2]) -> bool {
    if c11.executions.max(sequential.executions) >= ENOUGH {
        return false;
    }
    let races = |found: &Exploration| found.failures - found.deadlocks;
    let deadlocks = c11.deadlocks.max(sequential.deadlocks) > 0;
    let writes = |what: &Do| matches!(what.what, What::Write(_));
    let told_apart = deadlocks && program.iter().flatten().any(writes);
    if counts_alike(program) && !told_apart {
        assert_eq!(c11.executions, sequential.executions);
        assert_eq!(c11.deadlocks, sequential.deadlocks);
        assert_eq!(c11.outcomes, sequential.outcomes);
    }
    assert_eq!(races(&c11) > 0, races(&sequential) > 0, "data races");
    if races(&c11) == 0 {
        assert_eq!(c11.deadlocks > 0, sequential.deadlocks > 0, "deadlocks");
        assert!(c11.outcomes.keys().eq(sequential.outcomes.keys()), "outcomes");
    }
    true
}

fn compare_all(objects: Objects, few: u32) {
    let (wanted, compared) = each_of(&sequential(objects), few, compare);
    assert!(compared >= wanted / 2, "only {compared} programs were small enough");
}

/// Whatever their orderings.
#[test]
fn graphs_of_interleavings_are_counted_as_trees_count_them() {
    let several = Objects { locks: 3, rwlocks: 3, condvars: 3, tokens: 2, ..Objects::default() };
    for objects in [Objects::default(), Objects { locks: 6, ..Objects::default() }, several] {
        let objects = Objects { notify_locked: true, ..objects };
        let (wanted, compared) = each(objects, 100, compare_graphs);
        assert!(compared >= wanted / 3, "only {compared} programs were small enough");
    }
}

#[test]
fn both_strategies_agree_on_atomics_and_mutexes() {
    compare_all(Objects { locks: 6, ..Objects::default() }, 150);
}

#[test]
fn both_strategies_agree_on_read_write_locks() {
    compare_all(Objects { locks: 2, rwlocks: 12, ..Objects::default() }, 150);
}

#[test]
fn both_strategies_agree_on_condition_variables_and_tokens() {
    let objects = Objects { locks: 3, condvars: 8, notify_locked: true, ..Objects::default() };
    compare_all(objects, 80);
    compare_all(Objects { tokens: 4, ..objects }, 80);
}
