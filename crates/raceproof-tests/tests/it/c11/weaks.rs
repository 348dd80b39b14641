//! Weak references of `Arc`s that decide something, which are not explored under Rust's memory model.

use raceproof::sync::Arc;
use raceproof::{Assumption, Explorer, Memory, Outcome, outcome, thread};

/// A thread makes a weak reference that is there for a while when its owner is gone, and the main thread, whose question comes
/// first here, may ask in between.
fn asks_in_between() {
    let mut value = Arc::new(2);
    let (theirs, other) = (Arc::clone(&value), Arc::new(0));
    let (first, second) = (Arc::clone(&other), Arc::clone(&other));
    let one = Arc::new(1);
    let its = Arc::clone(&one);
    let leaves = thread::spawn(move || {
        assert_eq!(Arc::weak_count(&first), 0);
        let weak = Arc::downgrade(&theirs);
        Arc::into_inner(theirs);
        drop((weak, first));
    });
    let unwraps = thread::spawn(move || {
        let third = Arc::clone(&second);
        drop(Arc::try_unwrap(its));
        drop((third, second));
    });
    outcome(Arc::get_mut(&mut value).is_some());
    leaves.join().unwrap();
    unwraps.join().unwrap();
    drop(one);
}

#[test]
fn a_question_before_the_first_weak_reference_is_refused() {
    let found = Explorer::new().memory(Memory::C11).check(asks_in_between);
    let Outcome::Failed(failure) = found.outcome else { panic!("{found:?}") };
    assert!(failure.message.contains("the count of weak references"), "{failure}");
    let found = Explorer::new().check(asks_in_between);
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    let of_memory = |it: &&Assumption| matches!(it, Assumption::SequentialMemory { .. });
    let told = found.assumptions.iter().find(of_memory).map(ToString::to_string);
    assert!(told.is_some_and(|told| told.contains("the count of weak references")), "{found:?}");
}
