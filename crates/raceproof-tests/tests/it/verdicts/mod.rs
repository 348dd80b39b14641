//! Small programs whose verdicts are known: each was once told wrongly, or is related to one that was.

mod arc;
mod barrier;
mod bounded;
mod cells;
mod channels;
mod lengths;
mod lifetimes;
mod many;
mod nested;
mod once;
mod orders;
mod panics;
mod poison;
mod polling;
mod repeats;
mod results;
mod rwlock;
mod spurious;
mod stacks;
mod teardown;
mod threads;
mod time;

use std::collections::BTreeSet;
use std::time::Duration;

use raceproof::{Explorer, Failure, FailureKind, Outcome};

const SOON: Duration = Duration::from_millis(1);

/// The failure of a model that fails.
#[track_caller]
fn fails(model: impl Fn()) -> Failure {
    match Explorer::new().check(model).outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("no failure but {other:?}"),
    }
}

/// Fails with this kind and message.
#[track_caller]
fn fails_with(kind: FailureKind, message: &str, model: impl Fn()) {
    let failure = fails(model);
    assert_eq!(failure.kind, kind, "{failure}");
    assert!(failure.message.contains(message), "{failure}");
}

/// Holds in every execution; returns what the executions come to.
#[track_caller]
fn holds(model: impl Fn()) -> BTreeSet<String> {
    let result = Explorer::new().check(model);
    match result.outcome {
        Outcome::Proved => {}
        Outcome::Failed(failure) => panic!("{failure}"),
        other => panic!("no proof but {other:?}"),
    }
    assert_eq!(result.redundant, 0, "redundant executions");
    result.outcomes.into_keys().collect()
}

/// Holds in every execution; returns how many these are.
#[track_caller]
fn executions(model: impl Fn()) -> u64 {
    let result = Explorer::new().check(model);
    assert!(matches!(result.outcome, Outcome::Proved), "{:?}", result.outcome);
    assert_eq!(result.redundant, 0, "redundant executions");
    result.executions
}
