//! Weak compare-and-swaps that fail for no reason, against the axioms.

use super::enumerate::all;
use super::generator::Objects;
use super::language::{Program, What, model, parse};
use super::random::each;
use raceproof::{Assumption, Explorer, Memory, Outcome};

/// It with each compare-and-swap a weak one.
fn weak(program: &Program) -> Program {
    let mut program = program.clone();
    for what in program.iter_mut().flatten() {
        if let What::Cas(x, expected, new, success, failure) = what.what {
            what.what = What::WeakCas(x, expected, new, success, failure);
        }
    }
    program
}

/// Whether the explorer finds what the axioms say; false if there are too many graphs to compare. One in which it is said
/// that the exchange fails for no reason, and it finds another value than it expects, is found twice.
fn is_found(program: &Program) -> bool {
    let program = weak(program);
    let Some(all) = all(&program, 500) else { return false };
    let explorer = Explorer::new().keep_going().memory(Memory::C11).spurious_wakeups(true);
    let found = explorer.check(|| drop(model(&program)));
    assert!(found.outcomes.keys().eq(all.outcomes.keys()), "{found:?}, {all:?}");
    assert_eq!(found.deadlocks > 0, all.deadlocks > 0, "{found:?}, {all:?}");
    assert_eq!(found.failures > found.deadlocks, all.races > 0, "{found:?}, {all:?}");
    assert!(found.executions >= all.executions, "{found:?}, {all:?}");
    true
}

#[test]
fn beside_atomics() {
    let (wanted, compared) = each(Objects::default(), 100, is_found);
    assert!(compared >= wanted / 4, "only {compared} programs were small enough");
}

#[test]
fn beside_mutexes() {
    let objects = Objects { locks: 6, ..Objects::default() };
    let (wanted, compared) = each(objects, 60, is_found);
    assert!(compared >= wanted / 4, "only {compared} programs were small enough");
}

/// The smallest programs in which something may be left out, with how many graphs each has.
#[test]
fn of_the_smallest_programs() {
    let programs = [
        ("CW.rlx.rlx x 0 1", 2),
        // Not twice in a row.
        ("CW.rlx.rlx x 0 1; CW.rlx.rlx x 0 1", 2),
        ("CW.rlx.rlx x 0 1 | W.rlx x 2", 3),
        ("CW.rlx.rlx x 0 1 | CW.rlx.rlx x 0 1", 5),
        ("CW.rlx.rlx x 1 2; R.rlx x | W.rlx x 1", 4),
        ("W.rlx y 1; CW.rel.rlx x 0 1 | R.acq x; nz r0 R.rlx y", 0),
        ("W.rlx y 1; W.rel x 1 | CW.rlx.acq x 1 2; nz r0 R.rlx y", 0),
        ("CW.sc.sc x 0 1; R.sc y | CW.sc.sc y 0 1; R.sc x", 0),
    ];
    for (text, graphs) in programs {
        let program = parse(text);
        assert!(is_found(&program), "{text}");
        let all = all(&program, 500).expect("it is small");
        assert!(graphs == 0 || all.executions == graphs, "{text}: {}", all.executions);
    }
}

/// An explorer that is told so explores them by default where orderings are weak, and says how rare they are.
#[test]
fn by_default() {
    let program = parse("W.rlx y 1; CW.rel.rlx x 0 1 | R.acq x; R.rlx y");
    let found = Explorer::new().spurious_wakeups(true).check(|| drop(model(&program)));
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    assert!(found.assumptions.contains(&Assumption::NoLoadBuffering), "{found:?}");
    assert!(found.assumptions.contains(&Assumption::RareSpuriousWakeups), "{found:?}");
}
