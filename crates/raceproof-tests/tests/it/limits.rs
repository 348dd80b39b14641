//! Limits and estimates of a search change nothing of what it finds.

use std::cell::Cell;
use std::time::Duration;

use crate::programs::{
    bounded_buffer, filesystem, indexer, lastzero, locked, philosophers, readers, unlocked,
};
use crate::workers::told;
use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raceproof::{Assumption, Exploration, Explorer, FailureKind, Memory, Outcome, thread};
use raceproof_tests::literature::unfolding;

/// A search with an estimate, and a limit of memory that is not reached, finds what one without them finds.
pub(crate) fn compare(explorer: &Explorer, model: impl Fn()) -> Exploration {
    let plain = explorer.check(&model);
    let gauged = explorer.clone().estimate().max_memory(1 << 40).alone_for(Duration::ZERO);
    let gauged = gauged.check(&model);
    assert_eq!(told(&gauged), told(&plain));
    assert!(matches!(gauged.outcome, Outcome::Bounded(_)) || gauged.estimate.is_none());
    plain
}

fn both() -> [Explorer; 2] {
    [Memory::Sequential, Memory::C11].map(|memory| Explorer::new().memory(memory))
}

#[test]
fn an_estimate_changes_nothing() {
    for explorer in both() {
        compare(&explorer, locked(3, 2));
        compare(&explorer, unlocked(4));
        compare(&explorer, readers(9));
        compare(&explorer, lastzero(8));
        compare(&explorer, indexer(13));
        compare(&explorer, filesystem(16));
        compare(&explorer, philosophers(4));
        compare(&explorer, bounded_buffer(2));
        let bounded = explorer.clone().max_executions(100);
        compare(&bounded, unlocked(4));
    }
    // Under one memory model, and then under the other.
    compare(&Explorer::new().keep_going(), || {
        let stores = &AtomicU32::new(0);
        thread::scope(|scope| {
            (1..4).for_each(|value| drop(scope.spawn(move || stores.store(value, Relaxed))));
        });
    });
}

/// The estimate after a part of a search, as a part of the truth.
fn estimated(explorer: &Explorer, model: impl Fn(), part: f64) -> f64 {
    let all = explorer.check(&model).executions as f64;
    let found = explorer.clone().estimate().max_executions((all * part) as u64).check(&model);
    found.estimate.expect("an estimate").executions as f64 / all
}

#[test]
fn a_search_is_estimated_before_it_is_over() {
    for explorer in both() {
        for (name, part) in [
            ("locked", estimated(&explorer, locked(6, 1), 0.05)),
            ("unlocked", estimated(&explorer, unlocked(4), 0.1)),
            ("readers", estimated(&explorer, readers(10), 0.05)),
            ("indexer", estimated(&explorer, indexer(14), 0.05)),
        ] {
            assert!((0.5..=2.0).contains(&part), "{name}: {part} times the truth");
        }
    }
}

#[test]
fn what_is_not_explored_weakly_is_estimated_from_its_tree() {
    let daemon = || {
        let builder = thread::Builder::new().daemon();
        let count = raceproof::sync::Arc::new(AtomicU32::new(0));
        let theirs = raceproof::sync::Arc::clone(&count);
        drop(builder.spawn(move || (0..4).for_each(|_| _ = theirs.fetch_add(1, Relaxed))));
        (0..4).for_each(|_| _ = count.fetch_add(1, Relaxed));
    };
    let explorer = Explorer::new().memory(Memory::Sequential);
    let part = estimated(&explorer, daemon, 0.5);
    assert!((0.3..=3.0).contains(&part), "{part} times the truth");
}

#[test]
fn nothing_is_estimated_unless_asked_for_and_needed() {
    let explorer = Explorer::new();
    assert!(explorer.clone().max_executions(10).check(unlocked(3)).estimate.is_none());
    assert!(explorer.clone().estimate().check(unlocked(3)).estimate.is_none());
    let few = explorer.clone().estimate().preemption_bound(1).check(unlocked(3));
    assert!(matches!(few.outcome, Outcome::Bounded(_)) && few.estimate.is_none());
    let runs = Cell::new(0);
    let found = explorer.check(|| {
        runs.set(runs.get() + 1);
        unlocked(3)();
    });
    // The first is run once more.
    assert_eq!(runs.get(), found.executions + 1);
}

#[test]
fn a_failure_on_a_walk_is_not_told() {
    // It fails in some executions, and the first of the search is not among them.
    let model = || {
        let count = AtomicU32::new(0);
        thread::scope(|scope| {
            (0..4).for_each(|_| {
                scope.spawn(|| count.store(count.load(Relaxed) + 1, Relaxed));
            });
        });
        assert_eq!(count.load(Relaxed), 4, "lost update");
    };
    for explorer in both() {
        let found = explorer.clone().estimate().max_executions(1).check(model);
        assert!(matches!(found.outcome, Outcome::Bounded(_)) && found.failures == 0, "{found:?}");
        let Outcome::Failed(failure) = compare(&explorer, model).outcome else { panic!() };
        assert_eq!(failure.kind, FailureKind::Assertion);
        compare(&explorer.keep_going(), model);
    }
}

#[test]
fn a_search_ends_where_it_may_keep_no_more() {
    for explorer in both() {
        let small = explorer.clone().max_memory(1);
        let found = small.check(unlocked(4));
        let Outcome::Bounded(bound) = &found.outcome else { panic!("{found:?}") };
        assert!(bound.ends_with(" for what is still to be explored"), "{bound}");
        assert!((1..100).contains(&found.executions), "{found:?}");
        // Workers that all begin at once keep it together.
        let together = small.workers(2).alone_for(Duration::ZERO);
        let found = together.check_in_parallel(unlocked(5));
        assert!(matches!(found.outcome, Outcome::Bounded(_)), "{found:?}");
    }
}

/// The least power of two that a search of this program may keep.
fn needed(model: impl Fn()) -> u64 {
    let explorer = Explorer::new().memory(Memory::Sequential).alone_for(Duration::ZERO);
    let is_enough = |most: &u64| {
        let found = explorer.clone().max_memory(*most).check(&model);
        matches!(found.outcome, Outcome::Proved)
    };
    (0..40).map(|power| 1 << power).find(is_enough).expect("it ends")
}

/// A search that has no room for its wakeup trees goes on by graphs, in which the same is found.
#[test]
fn a_search_without_room_goes_on_by_graphs() {
    let table = unfolding::table();
    let row = table.iter().map(|line| &line.row).find(|row| row.name == "poke 8, 3").unwrap();
    let explorer = Explorer::new().memory(Memory::Sequential).alone_for(Duration::ZERO);
    let bounded = explorer.clone().max_memory(100 << 10).check(&row.program);
    assert!(matches!(bounded.outcome, Outcome::Bounded(_)), "{bounded:?}");
    let found = explorer.clone().max_memory(500 << 10).check(&row.program);
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    assert_eq!(found.executions, row.count(Memory::Sequential));
    assert_eq!(found.assumptions, [Assumption::EndsAfterUses]);
    // Not explored by graphs.
    let found = explorer.max_memory(1).check(|| {
        unlocked(3)();
        let daemon = thread::Builder::new().daemon().spawn(|| {
            loop {
                thread::park()
            }
        });
        drop(daemon.unwrap());
    });
    assert!(matches!(found.outcome, Outcome::Bounded(_)), "{found:?}");
}

#[test]
fn more_is_kept_in_a_larger_search() {
    let (small, large) = (needed(locked(2, 2)), needed(locked(6, 1)));
    assert!(small < large && large < 1 << 20, "{small} and {large} bytes");
}

#[test]
#[should_panic(expected = "a search keeps something")]
fn a_search_has_to_keep_something() {
    let _ = Explorer::new().max_memory(0);
}
