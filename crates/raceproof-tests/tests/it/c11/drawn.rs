//! Executions of Rust's memory model that are drawn at random.

use super::generator::Objects;
use super::language::{Program, model};
use super::random::each;
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed};
use raceproof::{
    Assumption, Exploration, Explorer, FailureKind, Memory, Outcome, Sampling, outcome, thread,
};
use std::time::Duration;

/// Executions, those that are drawn, and executions of a program after which it is given up.
const DRAWN: u64 = 5_000;
const MOST: u64 = 60;

fn drawn(executions: u64) -> Explorer {
    Explorer::new().sample(Sampling::Graphs, executions)
}

/// Is each outcome of a small program drawn, and nothing else?
fn draws_all(program: &Program) -> bool {
    let run = || drop(model(program));
    let all = Explorer::new().memory(Memory::C11).keep_going().max_executions(MOST).check(run);
    if all.executions >= MOST {
        return false;
    }
    let found = drawn(DRAWN).keep_going().check(run);
    assert!(found.executions == DRAWN || all.executions == 0, "{found:?}");
    assert!(found.outcomes.keys().eq(all.outcomes.keys()), "{found:?}, {all:?}");
    let races = |it: &Exploration| it.failures > it.deadlocks;
    assert_eq!((found.deadlocks > 0, races(&found)), (all.deadlocks > 0, races(&all)));
    true
}

#[test]
fn each_outcome_of_a_small_program_is_drawn_and_nothing_else() {
    let all =
        Objects { locks: 3, condvars: 3, rwlocks: 3, tokens: 3, spins: 2, ..Objects::default() };
    for objects in [Objects::default(), all] {
        let (wanted, compared) = each(objects, 40, draws_all);
        assert!(compared >= wanted / 4, "only {compared} programs were small enough");
    }
}

/// Two threads that each write and then read what the other writes.
fn store_buffering() {
    let all = Arc::new([AtomicU32::named("x", 0), AtomicU32::named("y", 0)]);
    let theirs = Arc::clone(&all);
    let other = thread::spawn(move || {
        theirs[1].store(1, Relaxed);
        theirs[0].load(Relaxed)
    });
    all[0].store(1, Relaxed);
    let seen = all[1].load(Relaxed);
    outcome(format!("{seen}{}", other.join().unwrap()));
}

#[test]
fn the_same_seed_draws_the_same_graphs() {
    let often = |seed| drawn(100).seed(seed).check(store_buffering).outcomes;
    assert_eq!(often(1), often(1));
    assert_eq!(often(1).len(), 4, "{:?}", often(1));
    assert!((2..12).any(|seed| often(seed) != often(1)), "the seed makes no difference");
}

#[test]
fn a_sample_of_graphs_says_what_it_was() {
    let told = |found: Exploration| match found.outcome {
        Outcome::Bounded(bound) => (found.executions, bound),
        other => panic!("{other:?}"),
    };
    let all = (1_234, "1,234 random executions of Rust's memory model (seed 42)".to_owned());
    assert_eq!(told(drawn(1_234).seed(42).check(store_buffering)), all);
    let few = (10, "10 random executions of Rust's memory model (seed 0)".to_owned());
    assert_eq!(told(drawn(1_000).max_executions(10).check(store_buffering)), few);
    let refused = drawn(10).check(|| {
        let daemon = thread::Builder::new().daemon();
        drop(daemon.spawn(|| AtomicU32::new(0).load(Relaxed)).unwrap());
    });
    let (executions, told) = told(refused);
    assert_eq!(executions, 0);
    assert!(told.ends_with(", which does not explore daemons"), "{told}");
}

/// A message is passed by a flag that orders nothing, beside threads of which there are far too many interleavings.
fn message_beside_many() {
    let count = Arc::new(AtomicU32::new(0));
    let others = [(); 4].map(|()| {
        let count = Arc::clone(&count);
        thread::spawn(move || [(); 4].map(|()| count.fetch_add(1, Relaxed)))
    });
    let message = Arc::new([AtomicU32::named("data", 0), AtomicU32::named("ready", 0)]);
    let theirs = Arc::clone(&message);
    let sender = thread::spawn(move || {
        theirs[0].store(1, Relaxed);
        theirs[1].store(1, Relaxed);
    });
    if message[1].load(Relaxed) == 1 {
        assert_eq!(message[0].load(Relaxed), 1, "ready before its data");
    }
    for other in others {
        other.join().unwrap();
    }
    sender.join().unwrap();
}

#[test]
fn within_a_budget_executions_of_rusts_memory_model_are_drawn_too() {
    let within = |time| Explorer::new().within(Duration::from_millis(time));
    let found = within(2_000).check(message_beside_many);
    let Outcome::Failed(failure) = &found.outcome else { panic!("{found:?}") };
    assert_eq!(failure.kind, FailureKind::Assertion);
    assert!(failure.message.contains("ready before its data"), "{failure}");

    // What the sentence says was done.
    let found = within(1_000).check(|| {
        let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let threads = [0, 1, 0, 1, 0, 1].map(|n| {
            let counts = Arc::clone(&counts);
            thread::spawn(move || [n, 1 - n, n, n].map(|n| counts[n].fetch_add(1, Relaxed)))
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let Outcome::Bounded(done) = &found.outcome else { panic!("{found:?}") };
    assert!(done.ends_with(" random executions of Rust's memory model (seed 0)"), "{done}");
    let of_memory = Assumption::SequentialMemory { unexplored: None };
    // The schedules before were sequentially consistent.
    assert!(found.assumptions.contains(&of_memory), "{found:?}");
}
