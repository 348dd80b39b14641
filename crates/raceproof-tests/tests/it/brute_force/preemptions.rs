//! Few preemptions: one schedule for all that are equivalent, against every schedule.

use std::cell::Cell;

use super::generator::{barriers, channels, crowded, once, program, readers, spread};
use super::programs::{Do, PARTIES, Program, Role};
use super::traces::observe;
use super::{MANY, each};
use proptest::prelude::*;
use raceproof::{Explorer, Memory, Outcome, RwLockPolicy};

/// Compares the two, and counts the programs that have fewer executions than schedules; false if there are too many
/// schedules to.
fn compare(
    program: &Program,
    (spurious, passes): (bool, bool),
    most: usize,
    reduced: &Cell<u32>,
) -> bool {
    let explorer = Explorer::new().keep_going().livelock_after(3).spurious_wakeups(spurious);
    let policy = if passes { RwLockPolicy::ReadersPass } else { RwLockPolicy::Any };
    let explorer = explorer.rwlock_policy(policy);
    let every = explorer.clone().every_interleaving_within(most).max_executions(MANY);
    let (all, schedules, _) = observe(&every, program, passes, false);
    if schedules >= MANY {
        return false;
    }
    let (ours, executions, _) = observe(&explorer.preemption_bound(most), program, passes, false);
    assert_eq!(ours.outcomes, all.outcomes, "outcomes");
    assert_eq!(ours.deadlocks, all.deadlocks, "deadlocks");
    let missing = all.traces.keys().filter(|trace| !ours.traces.contains_key(*trace)).count();
    let invented = ours.traces.keys().filter(|trace| !all.traces.contains_key(*trace)).count();
    // Where loops wait by looking, every schedule is run; where more threads come to a barrier than pass it together,
    // arrivals come one after the other, and steps that stop threads come before or after every other.
    let meets = |(operations, _): &&(Vec<Do>, Role)| format!("{operations:?}").contains("Meet");
    let is_mortal = |(operations, role): &(Vec<Do>, Role)| {
        *role != Role::Plain || format!("{operations:?}").contains("Kill")
    };
    let orders_all =
        program.iter().filter(meets).count() > PARTIES || program.iter().any(is_mortal);
    let is_exact = executions < schedules && !orders_all;
    let twice = ours.traces.values().filter(|count| **count > 1 && is_exact).count();
    assert_eq!((missing, invented, twice), (0, 0, 0), "missing, invented, twice");
    reduced.set(reduced.get() + u32::from(executions < schedules));
    true
}

fn compare_all(programs: impl Strategy<Value = Program>, cases: u32, least: u32) {
    let reduced = Cell::new(0);
    let all = each((programs, 0..4usize), cases, |(program, most), rules| {
        compare(program, rules, *most, &reduced)
    });
    println!("{} of {all} programs have fewer executions than schedules", reduced.get());
    let asked = std::env::var_os("CASES").is_some();
    assert!(reduced.get() >= least || asked, "only {} of {all} were reduced", reduced.get());
}

#[test]
fn few_preemptions_lose_no_trace() {
    compare_all(program(), 150, 60);
}

#[test]
fn few_preemptions_lose_no_trace_of_a_crowd() {
    compare_all(crowded(), 40, 15);
}

#[test]
fn few_preemptions_lose_no_trace_of_readers() {
    compare_all(readers(), 40, 15);
}

#[test]
fn few_preemptions_lose_no_trace_of_many_threads() {
    compare_all(spread(), 40, 15);
}

#[test]
fn few_preemptions_lose_no_trace_of_what_happens_once() {
    compare_all(once(), 40, 15);
}

#[test]
fn few_preemptions_lose_no_trace_of_channels() {
    compare_all(channels(), 40, 15);
}

#[test]
fn few_preemptions_lose_no_trace_of_barriers() {
    compare_all(barriers(), 40, 15);
}

/// Bounds that go up end with what a search for a proof finds, or with a failure that has the fewest preemptions.
#[test]
fn rising_bounds_end_with_a_proof() {
    let rose = Cell::new(0);
    each((program(), Just(())), 100, |(program, ()), (spurious, _)| {
        let explorer = Explorer::new().spurious_wakeups(spurious).livelock_after(3);
        let explorer = explorer.memory(Memory::Sequential).max_executions(MANY);
        let model = || super::programs::run(program);
        let proof = explorer.check(model);
        let found = explorer.clone().iterate_bounds().check(model);
        match (&proof.outcome, &found.outcome) {
            (Outcome::Proved, Outcome::Proved) => {
                assert_eq!((found.executions, found.redundant), (proof.executions, 0));
                assert_eq!(found.outcomes, proof.outcomes);
                rose.set(rose.get() + u32::from(proof.executions > 1));
            }
            (Outcome::Failed(_), Outcome::Failed(failure)) => {
                let preemptions = failure.trace.preemptions();
                let fewer = explorer.clone().keep_going().preemption_bound(preemptions.max(1) - 1);
                let fewer = fewer.check(model);
                assert!(preemptions == 0 || fewer.failures == 0, "{failure}");
            }
            (Outcome::Bounded(_), _) | (_, Outcome::Bounded(_)) => return false,
            (proof, found) => panic!("a proof says {proof:?}, and bounds {found:?}"),
        }
        true
    });
    assert!(rose.get() >= 20, "only {} programs were proved", rose.get());
}

/// A limit is that of all bounds together, and of the search for a proof behind them.
#[test]
fn rising_bounds_share_their_limit() {
    let explorer = Explorer::new().memory(Memory::Sequential);
    let model = crate::programs::unlocked(3);
    // With three preemptions nothing is left out.
    let of_bound = |most| explorer.clone().preemption_bound(most).check(&model).executions;
    let needed = (0..=3).map(of_bound).sum::<u64>() + explorer.check(&model).executions;
    let rising = explorer.iterate_bounds();
    let found = |most| rising.clone().max_executions(most).check(&model).outcome;
    assert!(matches!(found(needed), Outcome::Proved), "{needed}");
    assert!(matches!(found(needed - 1), Outcome::Bounded(_)), "{needed}");
}
