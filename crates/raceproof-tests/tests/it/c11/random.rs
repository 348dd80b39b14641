//! The explorer against the axioms, on random programs.

use super::enumerate::{Found, all};
use super::generator::{Objects, program};
use super::language::{Program, What, model, parse};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use raceproof::{Explorer, FailureKind, Memory, Outcome};

/// What the explorer finds.
fn explored(program: &Program) -> Found {
    explored_by(&Explorer::new().keep_going().memory(Memory::C11), program)
}

/// What this explorer finds, which goes on.
pub(super) fn explored_by(explorer: &Explorer, program: &Program) -> Found {
    let found = explorer.check(|| drop(model(program)));
    if !writes(program) && !repeats(program) {
        assert_eq!(found.redundant, 0, "executions begun in vain");
    }
    if let Outcome::Failed(failure) = &found.outcome {
        let expected = [FailureKind::DataRace, FailureKind::Deadlock, FailureKind::Livelock];
        assert!(expected.contains(&failure.kind), "{failure}");
    }
    // There are no races beside loops that wait.
    let deadlocks = if spins(program) { found.failures } else { found.deadlocks };
    Found {
        executions: found.executions,
        races: found.failures - deadlocks,
        deadlocks,
        outcomes: found.outcomes,
    }
}

/// Does it write a read-write lock? A deadlock in which writers wait may be found more than once, and an
/// execution wait in vain.
fn writes(program: &Program) -> bool {
    program.iter().flatten().any(|what| matches!(what.what, What::Write(_)))
}

/// Does it wait by looking?
fn spins(program: &Program) -> bool {
    program
        .iter()
        .flatten()
        .any(|what| matches!(what.what, What::Spin(..) | What::SpinBoth(..) | What::SpinSwap(..)))
}

/// Does a loop look twice in a round? A round may turn out to be as the one before.
fn repeats(program: &Program) -> bool {
    program.iter().flatten().any(|what| matches!(what.what, What::SpinBoth(..)))
}

/// Does a loop write what was there? See [`waiting`](../../src/exploration/graphs/waiting.rs).
fn swaps(program: &Program) -> bool {
    program.iter().flatten().any(|what| matches!(what.what, What::SpinSwap(..)))
}

/// Graphs, the unfinished among them, after which brute force gives a program up.
const ENOUGH: usize = 500;

/// Compares the two; false if there are too many graphs to.
fn compare(program: &Program) -> bool {
    let Some(mut all) = all(program, ENOUGH) else { return false };
    let mut found = explored(program);
    if writes(program) {
        for found in [&mut all, &mut found] {
            let deadlocks = found.deadlocks.min(1);
            found.executions -= found.deadlocks - deadlocks;
            found.deadlocks = deadlocks;
        }
    }
    if swaps(program) {
        // As many kinds of endings; a look that finds what was there may not be explored in each of its places.
        assert_eq!(found.deadlocks > 0, all.deadlocks > 0, "{found:?}, {all:?}");
        assert!(found.outcomes.keys().eq(all.outcomes.keys()), "{found:?}, {all:?}");
        assert!(found.executions <= all.executions && found.deadlocks <= all.deadlocks);
        assert!(found.outcomes.iter().all(|(outcome, times)| *times <= all.outcomes[outcome]));
        return true;
    }
    assert_eq!(found, all);
    true
}

/// `few` programs, or as many as the variable `CASES` says.
pub(super) fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var("CASES").ok().and_then(|n| n.parse().ok());
    let cases = asked.unwrap_or(few);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Compares the two on so many programs.
fn compare_all(objects: Objects, few: u32) {
    let (wanted, compared) = each(objects, few, compare);
    assert!(compared >= wanted / 3, "only {compared} programs were small enough");
}

/// Compares something on so many programs; how many there were, and how many could be compared.
pub(super) fn each(objects: Objects, few: u32, compare: impl Fn(&Program) -> bool) -> (u32, u32) {
    each_of(&program(objects), few, compare)
}

/// As [`each`], of programs of any kind.
pub(crate) fn each_of<P: std::fmt::Debug>(
    programs: &impl Strategy<Value = P>,
    few: u32,
    compare: impl Fn(&P) -> bool,
) -> (u32, u32) {
    let config = cases(few);
    let wanted = config.cases;
    let compared = std::cell::Cell::new(0);
    let result = TestRunner::new(config).run(programs, |program| {
        compared.set(compared.get() + u32::from(compare(&program)));
        Ok(())
    });
    if let Err(error) = result {
        panic!("after {} programs: {error}", compared.get());
    }
    println!("{} programs compared", compared.get());
    (wanted, compared.get())
}

#[test]
fn each_graph_of_atomics_is_found_once() {
    compare_all(Objects::default(), 150);
}

#[test]
fn each_graph_of_mutexes_and_atomics_is_found_once() {
    compare_all(Objects { locks: 6, ..Objects::default() }, 150);
}

#[test]
fn each_graph_of_condition_variables_is_found_once() {
    compare_all(Objects { locks: 2, condvars: 10, ..Objects::default() }, 150);
}

#[test]
fn each_graph_of_read_write_locks_is_found_once() {
    compare_all(Objects { locks: 1, rwlocks: 12, ..Objects::default() }, 150);
}

#[test]
fn each_graph_of_tokens_is_found_once() {
    compare_all(Objects { locks: 1, condvars: 1, tokens: 12, ..Objects::default() }, 150);
}

#[test]
fn each_graph_of_loops_that_wait_is_found_once() {
    compare_all(Objects { spins: 8, ..Objects::default() }, 150);
}

#[test]
fn each_graph_of_loops_that_wait_beside_mutexes_is_found_once() {
    compare_all(Objects { locks: 5, spins: 6, ..Objects::default() }, 150);
}

/// The smallest programs in which an explorer goes wrong that leaves something out; and that of the variable
/// `PROGRAM`.
#[test]
fn each_graph_of_the_smallest_difficult_programs_is_found_once() {
    let programs = [
        "R.rlx y; N 2 | W.rlx y 1",
        "R.rlx y | A.rlx y 1 | W.rlx y 1",
        "A.rlx x 1 | W.rlx x 1; X.rlx x 2",
        "W.rlx x 1 | X.rlx x 2 | A.rlx x 1 | A.rlx x 1",
        "A.rlx x 1 | C.rlx.rlx x 0 1",
        "L m | L m",
        "L m | L m | L m",
        "L m; U m | L m; U m | L m; U m | L m",
        "W.rlx y 1 | R.rlx y | W.rlx y 2",
        "W.rlx x 1; R.rlx x | W.rlx x 2",
        "W.sc x 1; A.sc y 1 | W.sc y 2; A.sc x 1",
        "W.sc x 1; W.rel y 1 | A.sc y 1; R.rlx y | W.sc y 3; R.sc x",
        "L m; W.sc y 1; U m | W.sc y 2; W.sc x 1 | R.sc x; L m; W.sc x 2",
        "L m; L a; U a; U m | L a; L m; U m; U a",
        "L m; S c m; U m | N1 c | L m; S c m; U m",
        "L m; S c m; U m | L m; S c m; U m | N1 c; N1 c",
        "L m; T c m; U m | N1 c | L m; S c m; U m",
        "L m; T c m; U m | L m; T c m; U m | NA c",
        "LR x; UR x | LW x; UW x | LR x; UR x",
        "LW x; UW x | LR x; UR x | LR x; UR x",
        "LR x; UR x; LR x; UR x | LW x; UW x | LW x; UW x",
        "LR x; LR x; UR x; UR x | LW x; UW x",
        "P; R.rlx x | W.rlx x 1; UP 0 | UP 0",
        "PT; P | UP 0 | UP 0",
        "SP.rlx x 1 | W.rlx x 1",
        "SP.rlx x 1 | W.rlx x 2; W.rlx x 1; W.rlx x 3",
        "SP.acq x 2; R.rlx y | W.rlx y 1; A.rel x 1 | A.rlx x 1",
        "SP.rlx x 1; W.rlx y 1 | SP.rlx y 1; W.rlx x 1",
        // The thread leaves its loop when it reads the last write, and need not read that soon.
        "W.rlx x 1 | X.rlx x 3; SP.rlx x 1",
        "SP.rlx x 1 | A.rlx x 1; A.rlx x 1",
        "L m; SP.rlx x 1; U m | L m; W.rlx x 1; U m",
        "SB.rlx x 1 y 1 | W.rlx x 1; W.rlx y 1",
        "SB.rlx x 1 y 1 | W.rlx x 1; W.rlx x 2 | W.rlx y 1",
        "SB.acq x 1 x 2; L m | L m; W.rlx x 1; U m; W.rlx x 2",
        "SB.rlx y 0 x 1 | SP.rlx y 1; A.rlx x 1 | A.rlx y 1",
        "SB.rlx y 2 x 0; A.rlx x 1; SB.rlx x 0 x 0 | W.rlx y 2; W.rlx x 1 | R.rlx x",
        "SP.rlx x 1; SP.rlx x 2 | W.rlx x 1; W.rlx x 1",
        "SS.rlx x 0 | W.rlx x 1",
        "SS.acq x 1; W.rel x 0 | SS.acq x 1; W.rel x 0",
        "SS.ar x 1; W.rlx x 0 | A.rlx x 1; W.rlx x 0; X.rlx x 1",
        "SS.sc x 2 | SS.sc x 0",
        "A.rlx x 2 | A.rlx x 2 | SS.rlx x 0",
    ];
    let asked = std::env::var("PROGRAM").ok();
    let asked = asked.as_deref().into_iter();
    for program in programs.into_iter().chain(asked) {
        let program = parse(program);
        assert_eq!(Some(explored(&program)), all(&program, 20_000));
    }
}

/// The graph of states against the search, on the same programs.
#[test]
fn as_many_ends_of_states_as_graphs() {
    let config = cases(30);
    let wanted = config.cases;
    let compared = std::cell::Cell::new(0);
    let objects = Objects { locks: 3, condvars: 3, ..Objects::default() };
    let result = TestRunner::new(config).run(&program(objects), |program| {
        let explorer = Explorer::new().memory(Memory::C11).max_executions(3_000);
        let compares = !writes(&program) && !spins(&program);
        let agrees =
            compares && crate::stepwise::agrees(&explorer, 3_000, || drop(model(&program)));
        compared.set(compared.get() + u32::from(agrees));
        Ok(())
    });
    if let Err(error) = result {
        panic!("after {} programs: {error}", compared.get());
    }
    assert!(compared.get() >= wanted / 4, "only {} programs were small enough", compared.get());
}
