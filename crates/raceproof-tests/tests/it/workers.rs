//! Several workers find what one finds.

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use crate::programs::{
    bounded_buffer, filesystem, indexer, lastzero, locked, philosophers, readers, unlocked,
};
use raceproof::{Exploration, Explorer, Memory, Outcome, thread};

/// All that is told of a search, but for the time it takes.
pub(crate) fn told(found: &Exploration) -> impl PartialEq + Debug {
    let outcome = match &found.outcome {
        Outcome::Failed(failure) => {
            format!("{}: {} {}", failure.kind, failure.message, failure.schedule)
        }
        other => format!("{other:?}"),
    };
    let counts = [found.executions, found.steps, found.redundant, found.failures, found.deadlocks];
    (counts, outcome, found.outcomes.clone(), found.assumptions.clone())
}

/// Has 2 and 4 workers, from the first execution on, find what one does.
pub(crate) fn compare(explorer: &Explorer, model: impl Fn() + Sync) -> Exploration {
    let alone = explorer.check(&model);
    for workers in [2, 4] {
        let together = explorer.clone().workers(workers).alone_for(Duration::ZERO);
        let together = together.check_in_parallel(&model);
        assert_eq!(told(&together), told(&alone), "{workers} workers");
    }
    alone
}

fn count(model: impl Fn() + Sync) -> u64 {
    compare(&Explorer::new().memory(Memory::Sequential), model).executions
}

#[test]
fn published_counts() {
    assert_eq!(count(locked(4, 2)), 2_520);
    assert_eq!(count(locked(8, 1)), 40_320);
    assert_eq!(count(unlocked(4)), 576);
    assert_eq!(count(unlocked(5)), 14_400);
    assert_eq!(count(readers(13)), 8_192);
    assert_eq!(count(lastzero(10)), 3_328);
    assert_eq!(count(indexer(15)), 4_096);
    assert_eq!(count(filesystem(19)), 64);
    count(bounded_buffer(2));
    count(philosophers(3));
}

/// Explorers of 2 and 4 workers that all begin at once.
fn at_once() -> impl Iterator<Item = Explorer> {
    let explorer = Explorer::new().memory(Memory::Sequential).alone_for(Duration::ZERO);
    [2, 4].into_iter().map(move |workers| explorer.clone().workers(workers))
}

#[test]
fn workers_run_no_more_executions_than_one_may() {
    for explorer in at_once() {
        let found = explorer.max_executions(1_000).check_in_parallel(unlocked(5));
        let bound =
            matches!(&found.outcome, Outcome::Bounded(bound) if bound == "1,000 executions");
        assert!(bound && found.executions == 1_000, "{found:?}");
    }
}

#[test]
fn workers_stop_when_time_is_over() {
    for explorer in at_once() {
        let found =
            explorer.time_limit(Duration::from_millis(100)).check_in_parallel(locked(10, 1));
        assert!(matches!(found.outcome, Outcome::Bounded(_)), "{found:?}");
    }
}

#[test]
fn a_long_search_is_shared_and_a_short_one_is_not() {
    let threads = |explorer: &Explorer, model: &(dyn Fn() + Sync)| {
        let seen = std::sync::Mutex::new(std::collections::HashSet::new());
        let found = explorer.check_in_parallel(|| {
            seen.lock().unwrap().insert(std::thread::current().id());
            model();
        });
        assert!(matches!(found.outcome, Outcome::Proved));
        seen.into_inner().unwrap().len()
    };
    let explorer = Explorer::new().memory(Memory::Sequential).workers(2);
    assert_eq!(threads(&explorer, &lastzero(15)), 2);
    assert_eq!(threads(&explorer.alone_for(Duration::from_secs(600)), &lastzero(10)), 1);
}

/// A program that is not the same each time is told of, and no worker waits for another for ever.
#[test]
fn a_program_that_does_not_repeat_is_told_of() {
    for explorer in at_once() {
        let runs = AtomicUsize::new(0);
        let found = explorer.check_in_parallel(|| {
            if runs.fetch_add(1, Relaxed) % 20 == 19 {
                thread::spawn(|| ());
            }
            unlocked(4)();
        });
        assert!(!matches!(found.outcome, Outcome::Proved), "{found:?}");
    }
}

#[test]
#[should_panic(expected = "a search needs a worker")]
fn a_search_needs_a_worker() {
    let _ = Explorer::new().workers(0);
}
