//! Barriers: who passes, who leads, and in how many executions.

use std::collections::BTreeSet;
use std::sync::Arc;

use raceproof::sync::Barrier;
use raceproof::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use raceproof::{Explorer, FailureKind, Memory, cell, outcome, thread};

use super::{executions, fails_with, holds};

/// So many threads, main among them, that meet so often.
fn meet(threads: usize, rounds: usize, parties: usize) {
    let barrier = Arc::new(Barrier::new(parties));
    let body = move |barrier: &Barrier| (0..rounds).for_each(|_| _ = barrier.wait());
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let theirs = Arc::clone(&barrier);
            thread::spawn(move || body(&theirs))
        })
        .collect();
    body(&barrier);
    others.into_iter().for_each(|other| other.join().unwrap());
}

/// GenMC's barrier1: threads that write, wait and read what the others wrote.
fn barrier1(threads: usize) -> impl Fn() {
    move || {
        let barrier = Arc::new(Barrier::new(threads));
        let written: Arc<[AtomicUsize]> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
        let others: Vec<_> = (0..threads)
            .map(|own| {
                let (barrier, written) = (Arc::clone(&barrier), Arc::clone(&written));
                thread::spawn(move || {
                    written[own].store(own + 1, Relaxed);
                    barrier.wait();
                    written
                        .iter()
                        .enumerate()
                        .for_each(|(i, x)| assert_eq!(x.load(Relaxed), i + 1));
                })
            })
            .collect();
        others.into_iter().for_each(|other| other.join().unwrap());
    }
}

#[test]
fn the_order_of_arrivals_is_no_difference() {
    for threads in 3..=5 {
        let sequential = Explorer::new().memory(Memory::Sequential);
        assert_eq!(sequential.check(barrier1(threads)).executions, 1);
        // Under Rust's memory model arrivals are told apart.
        holds(barrier1(threads));
        assert_eq!(executions(move || meet(threads, 3, threads)), 1);
    }
    assert_eq!(executions(|| meet(1, 5, 0)), 1);
}

/// Any of the threads leads, each in an execution of its own; what other barriers do is not asked for.
#[test]
fn each_thread_of_a_round_may_lead() {
    let model = |rounds: usize| {
        move || {
            let barrier = Arc::new(Barrier::new(3));
            let lead = |barrier: &Barrier| barrier.wait().is_leader();
            let body =
                move |barrier: &Barrier| (0..rounds).map(|_| lead(barrier)).collect::<Vec<_>>();
            let others = [(); 2].map(|()| {
                let theirs = Arc::clone(&barrier);
                thread::spawn(move || body(&theirs))
            });
            let mut all = vec![body(&barrier)];
            all.extend(others.map(|other| other.join().unwrap()));
            for round in 0..rounds {
                assert_eq!(all.iter().filter(|leads| leads[round]).count(), 1);
            }
            outcome(format!("{all:?}"));
        }
    };
    assert_eq!((executions(model(1)), holds(model(1)).len()), (3, 3));
    assert_eq!((executions(model(2)), holds(model(2)).len()), (9, 9));
}

#[test]
fn what_comes_before_the_barrier_is_ordered_before_what_comes_after() {
    let model = |rounds: usize| {
        move || {
            let shared = Arc::new((Barrier::new(2), cell::UnsafeCell::new(0)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                theirs.1.with_mut(|_| ());
                (0..rounds).for_each(|_| _ = theirs.0.wait());
            });
            shared.0.wait();
            shared.1.with(|_| ());
            (1..rounds).for_each(|_| _ = shared.0.wait());
            shared.1.with_mut(|_| ());
            other.join().unwrap();
        }
    };
    assert_eq!(executions(model(1)), 1);
    assert_eq!(executions(model(2)), 1);
    fails_with(FailureKind::DataRace, "data race on cell", || {
        let shared = Arc::new((Barrier::new(2), cell::UnsafeCell::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.0.wait();
            theirs.1.with_mut(|_| ());
        });
        shared.0.wait();
        shared.1.with_mut(|_| ());
        other.join().unwrap();
    });
}

/// Any two of three threads pass, and the third waits for ever.
#[test]
fn one_too_many_is_left_behind_whichever_it_is() {
    let blocked = std::cell::RefCell::new(BTreeSet::new());
    let model = || meet(3, 1, 2);
    Explorer::new().keep_going().observe(model, |observed| {
        blocked.borrow_mut().insert(observed.blocked.last().copied());
    });
    assert_eq!(blocked.into_inner().len(), 3);
    fails_with(FailureKind::Deadlock, "waits for barrier at barrier.rs", model);
}

#[test]
fn a_leader_is_found_again_by_its_schedule() {
    let failure = Explorer::new().expect_failure("main leads", || {
        let barrier = Arc::new(Barrier::new(2));
        let theirs = Arc::clone(&barrier);
        let other = thread::spawn(move || _ = theirs.wait());
        assert!(!barrier.wait().is_leader(), "main leads");
        other.join().unwrap();
    });
    let text = failure.to_string();
    assert!(text.contains("arrives at barrier at barrier.rs"), "{text}");
    assert!(text.contains("passes barrier at barrier.rs"), "{text}");
}
