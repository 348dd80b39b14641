//! Futures and tasks: for each claim a program that holds and one that fails.

mod cancelled;
mod counts;
mod handles;
mod lessons;
mod notified;
mod wakes;

use raceproof::{Exploration, Explorer, Failure, Memory, Outcome};

const BOTH: [Memory; 2] = [Memory::Sequential, Memory::C11];

/// How many executions prove it, under both memory models.
#[track_caller]
fn holds(explorer: &Explorer, model: impl Fn()) -> [u64; 2] {
    BOTH.map(|memory| {
        let found = explorer.clone().memory(memory).check(&model);
        assert!(matches!(found.outcome, Outcome::Proved), "{memory:?}: {:?}", found.outcome);
        assert!(found.redundant == 0 || memory == Memory::C11, "{found:?}");
        found.executions
    })
}

/// How it fails under both memory models. The schedule fails again.
#[track_caller]
fn fails(explorer: &Explorer, text: &str, model: impl Fn()) -> [Failure; 2] {
    BOTH.map(|memory| {
        let explorer = explorer.clone().memory(memory);
        let failure = explorer.expect_failure(text, &model);
        let schedule = failure.schedule.to_string().parse().expect("a schedule");
        let Outcome::Failed(again) = explorer.run_again(&schedule, &model).outcome else {
            panic!("{memory:?}: it does not fail again: {failure}")
        };
        assert_eq!((again.kind, again.message), (failure.kind, failure.message.clone()));
        failure
    })
}

/// What an exploration of all comes to. Every interleaving comes to the same, one at a time.
#[track_caller]
fn outcomes(explorer: &Explorer, model: impl Fn()) -> Vec<String> {
    let found: Exploration = explorer.check(&model);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    let every = explorer.clone().memory(Memory::Sequential).every_interleaving().check(&model);
    assert!(matches!(every.outcome, Outcome::Proved), "{:?}", every.outcome);
    assert!(found.outcomes.keys().eq(every.outcomes.keys()), "{found:?} {every:?}");
    found.outcomes.into_keys().collect()
}
