//! The mirror of parking_lot: for each claim a program that holds and one that fails.

mod condvars;
mod locks;
mod outside;
mod rwlocks;

use raceproof::{Explorer, Failure, Memory, Outcome};

const BOTH: [Memory; 2] = [Memory::Sequential, Memory::C11];

/// How many executions prove it, one at a time and under Rust's memory model, none of them in vain.
#[track_caller]
fn holds(model: impl Fn()) -> [u64; 2] {
    let found = proved(model);
    assert_eq!(found.map(|(_, in_vain)| in_vain), [0, 0], "executions in vain");
    found.map(|(executions, _)| executions)
}

/// How many executions prove it, and how many more were begun in vain.
#[track_caller]
fn proved(model: impl Fn()) -> [(u64, u64); 2] {
    BOTH.map(|memory| {
        let found = Explorer::new().memory(memory).check(&model);
        assert!(matches!(found.outcome, Outcome::Proved), "{memory:?}: {:?}", found.outcome);
        (found.executions, found.redundant)
    })
}

/// How many executions prove it, where tries of locks are explored under sequential consistency only.
#[track_caller]
fn holds_sequentially(model: impl Fn()) -> u64 {
    let found = Explorer::new().memory(Memory::Sequential).check(&model);
    assert!(matches!(found.outcome, Outcome::Proved) && found.redundant == 0, "{found:?}");
    found.executions
}

/// How it fails. The schedule fails again.
#[track_caller]
fn fails(text: &str, model: impl Fn()) -> Failure {
    let failure = Explorer::new().expect_failure(text, &model);
    let schedule = failure.schedule.to_string().parse().expect("a schedule");
    let Outcome::Failed(again) = Explorer::replay(&schedule, &model).outcome else {
        panic!("it does not fail again: {failure}")
    };
    assert_eq!((again.kind, &again.message), (failure.kind, &failure.message));
    failure
}

/// What an exploration of all comes to, which every interleaving comes to as well.
#[track_caller]
fn outcomes(model: impl Fn()) -> Vec<String> {
    let explorer = Explorer::new().memory(Memory::Sequential);
    let [found, every] =
        [explorer.check(&model), explorer.clone().every_interleaving().check(&model)];
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert!(matches!(every.outcome, Outcome::Proved), "{:?}", every.outcome);
    let found = Vec::from_iter(found.outcomes.into_keys());
    assert_eq!(found, Vec::from_iter(every.outcomes.into_keys()));
    found
}
