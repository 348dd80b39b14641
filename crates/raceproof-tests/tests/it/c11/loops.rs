//! Loops that wait under Rust's memory model, and take locks to look, or change what those guard.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use raceproof::sync::atomic::{AtomicBool, AtomicU32};
use raceproof::sync::{Arc, Mutex, RwLock};
use raceproof::{Assumption, Exploration, Explorer, FailureKind, Memory, Outcome, outcome, thread};

fn explore(model: impl Fn()) -> Exploration {
    Explorer::new().memory(Memory::C11).max_executions(10_000).check(model)
}

/// Proves the program; returns its outcomes and how many executions there are.
#[track_caller]
fn prove(model: impl Fn()) -> (Vec<String>, u64) {
    let found = explore(model);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    let fair = |it: &Assumption| matches!(it, Assumption::FairPolls { .. });
    assert!(found.assumptions.iter().any(fair), "{:?}", found.assumptions);
    (found.outcomes.into_keys().collect(), found.executions)
}

#[track_caller]
fn fails(kind: FailureKind, model: impl Fn()) {
    let found = explore(model);
    let Outcome::Failed(failure) = found.outcome else { panic!("{:?}", found.outcome) };
    assert_eq!(failure.kind, kind, "{failure}");
}

/// Yields until this finds something.
fn poll<T>(mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        match look() {
            Some(found) => break found,
            None => thread::yield_now(),
        }
    }
}

/// The section that found the number comes after the one that set it, so what was stored before is there; by the relaxed
/// flag alone, it may be missing.
#[test]
fn a_mutex_that_is_taken_to_look() {
    let (outcomes, executions) = prove(|| {
        let shared = Arc::new((Mutex::new(0), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.1.store(7, Relaxed);
            *theirs.0.lock().unwrap() = 1;
        });
        poll(|| (*shared.0.lock().unwrap() == 1).then_some(()));
        outcome(shared.1.load(Relaxed).to_string());
        other.join().unwrap();
    });
    // The first look comes before the other thread's section, or after.
    assert_eq!((outcomes, executions), (vec!["7".to_owned()], 2));
}

#[test]
fn a_read_write_lock_that_is_read_to_look() {
    let (outcomes, executions) = prove(|| {
        let shared = Arc::new((RwLock::new(0), AtomicU32::new(0)));
        let threads = [1, 2].map(|number| {
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                theirs.1.store(number, Relaxed);
                *theirs.0.write().unwrap() += 1;
            })
        });
        poll(|| (*shared.0.read().unwrap() == 2).then_some(()));
        outcome((shared.1.load(Relaxed) > 0).to_string());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(outcomes, ["true"]);
    assert!(executions > 2);
}

/// A loop that takes a number out changes what the mutex guards in each round, as far as can be seen.
#[test]
fn a_loop_that_takes_a_number_out() {
    let (outcomes, executions) = prove(|| {
        let queue = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&queue);
        let taker = thread::spawn(move || poll(|| theirs.lock().unwrap().pop()));
        for number in [1, 2] {
            queue.lock().unwrap().push(number);
        }
        outcome(taker.join().unwrap().to_string());
    });
    // It looks before the first, between the two, or after both, and before the first as well or not.
    assert_eq!((outcomes, executions), (vec!["1".to_owned(), "2".to_owned()], 4));
}

/// Two loops that hand a turn to each other, so that each round is a change, and a third thread that sees one of them.
fn takes_turns(until: u32, unseen: u32) -> impl Fn() {
    move || {
        let turn = Arc::new(Mutex::new(0));
        let take = move |turn: &Mutex<u32>, of: u32| {
            poll(|| {
                let mut turn = turn.lock().unwrap();
                *turn += u32::from(*turn % 2 == of);
                (*turn > until).then_some(())
            });
        };
        let [theirs, seen] = [(); 2].map(|()| Arc::clone(&turn));
        let other = thread::spawn(move || take(&theirs, 1));
        let third = thread::spawn(move || assert!(*seen.lock().unwrap() != unseen, "seen"));
        take(&turn, 0);
        other.join().unwrap();
        third.join().unwrap();
    }
}

/// How often they do so is not bounded, so that is refused, and under sequential consistency either found or assumed.
#[test]
fn loops_that_let_each_other_go() {
    let found = explore(takes_turns(21, 22));
    let Outcome::Failed(failure) = found.outcome else { panic!("{:?}", found.outcome) };
    assert_eq!(failure.kind, FailureKind::Misuse, "{failure}");
    assert!(failure.message.contains("does more than look"), "{failure}");

    let sequential = |unseen| Explorer::new().check(takes_turns(21, unseen));
    for unseen in 0..8 {
        assert!(matches!(sequential(unseen).outcome, Outcome::Failed(_)), "{unseen}");
    }
    let found = sequential(15);
    let assumption = Assumption::ShortExchanges { rounds: 8 };
    assert!(matches!(found.outcome, Outcome::Proved), "a limit: {:?}", found.outcome);
    assert!(found.assumptions.contains(&assumption), "{:?}", found.assumptions);
}

/// A number of tries decides: the loop ends by itself, and each number of its rounds is found.
#[test]
fn a_bounded_loop_of_sections() {
    let (outcomes, _) = {
        let found = explore(|| {
            let number = Arc::new(Mutex::new(0));
            let theirs = Arc::clone(&number);
            let other = thread::spawn(move || *theirs.lock().unwrap() = 1);
            let mut tries = 0;
            while tries < 3 && *number.lock().unwrap() == 0 {
                tries += 1;
                thread::yield_now();
            }
            outcome(tries.to_string());
            other.join().unwrap();
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
        (found.outcomes.into_keys().collect::<Vec<_>>(), found.executions)
    };
    assert_eq!(outcomes, ["0", "1", "2", "3"]);
}

#[test]
fn a_section_that_never_finds_anything_is_a_livelock() {
    fails(FailureKind::Livelock, || {
        let number = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&number);
        let other = thread::spawn(move || drop(theirs.lock().unwrap()));
        poll(|| (*number.lock().unwrap() == 1).then_some(()));
        other.join().unwrap();
    });
}

/// It waits for the mutex then, and not by its loop.
#[test]
fn a_mutex_that_is_never_given_back_is_a_deadlock() {
    fails(FailureKind::Deadlock, || {
        let number = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&number);
        let other = thread::spawn(move || {
            let _held = theirs.lock().unwrap();
            thread::park();
        });
        poll(|| (*number.lock().unwrap() == 1).then_some(()));
        other.join().unwrap();
    });
}

/// The loop has ended, and what its thread is about to do is not for its loop to wait for.
#[test]
fn a_loop_that_has_ended_before_a_deadlock() {
    fails(FailureKind::Deadlock, || {
        let flag = Arc::new(AtomicBool::new(false));
        let other = thread::spawn(thread::park);
        for _ in 0..2 {
            if flag.load(SeqCst) {
                break;
            }
            thread::yield_now();
        }
        other.join().unwrap();
    });
}

/// A try finds the mutex taken by a round of the other loop, of which it does not matter which.
#[test]
fn a_mutex_that_one_loop_tries_and_another_takes() {
    let (outcomes, executions) = prove(|| {
        let number = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&number);
        let other = thread::spawn(move || *poll(|| theirs.try_lock().ok()) += 1);
        poll(|| (*number.lock().unwrap() > 0).then_some(()));
        other.join().unwrap();
        outcome("over");
    });
    assert_eq!((outcomes, executions), (vec!["over".to_owned()], 3));
}
