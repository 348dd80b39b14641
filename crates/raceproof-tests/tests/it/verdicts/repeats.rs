//! Loops that wait and change something in each round: a fair scheduler may end them, or nothing does.

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{
    Assumption, Exploration, Explorer, FailureKind, Memory, Outcome, hint, outcome, thread,
};

#[derive(Default)]
struct Shared {
    done: AtomicUsize,
    lent: AtomicUsize,
    rounds: Mutex<usize>,
}

fn explore(round: impl Fn(&Shared) + Clone + Send + 'static) -> Exploration {
    Explorer::new().max_executions(50_000).check(move || {
        let shared = Arc::new(Shared::default());
        let (theirs, round) = (shared.clone(), round.clone());
        let borrower = thread::spawn(move || {
            while theirs.done.load(SeqCst) == 0 {
                round(&theirs);
                thread::yield_now();
            }
        });
        while shared.lent.load(SeqCst) == 0 {
            thread::yield_now();
        }
        shared.done.store(1, SeqCst);
        borrower.join().unwrap();
    })
}

fn assumes_fairness(found: &Exploration) -> bool {
    found.assumptions.iter().any(|it| matches!(it, Assumption::FairPolls { .. }))
}

/// Whoever puts a value in and takes it out again is seen by a fair scheduler at some time.
#[test]
fn a_value_that_is_swapped_in_and_out_is_seen_at_some_time() {
    let found = explore(|shared| {
        shared.lent.swap(7, SeqCst);
        shared.lent.store(0, SeqCst);
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert!(assumes_fairness(&found) && found.redundant == 0, "{found:?}");
    // The states after the first were seen to go on for fewer rounds.
    let fewest =
        |it: &Assumption| matches!(it, Assumption::FairPolls { rounds } if *rounds < 1_000);
    assert!(found.assumptions.iter().any(fewest), "{found:?}");
}

/// As before, with a pause that is several: a back-off.
#[test]
fn a_loop_may_pause_several_times_in_each_round() {
    for more in 1..4 {
        let found = explore(move |shared| {
            shared.lent.swap(7, SeqCst);
            shared.lent.store(0, SeqCst);
            (0..more).for_each(|_| hint::spin_loop());
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
        assert!(assumes_fairness(&found) && found.redundant == 0, "{found:?}");
    }
}

/// As before, with a number of the loop's own under a lock at which nobody else looks.
#[test]
fn a_loop_may_count_its_rounds() {
    let found = explore(|shared| {
        *shared.rounds.lock().unwrap() += 1;
        shared.lent.swap(7, SeqCst);
        shared.lent.store(0, SeqCst);
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert!(assumes_fairness(&found), "{found:?}");
}

/// Nothing ends a loop that waits for a value which nobody puts in.
#[test]
fn a_value_that_never_comes_is_waited_for_for_ever() {
    let found = explore(|shared| {
        drop(shared.rounds.lock().unwrap());
        shared.done.swap(0, SeqCst);
    });
    let Outcome::Failed(failure) = &found.outcome else { panic!("{found:?}") };
    assert!(matches!(failure.kind, FailureKind::Livelock | FailureKind::StepLimit), "{failure}");
}

/// Two loops that put a value in and take it out, for each other, and never leave.
#[test]
fn loops_that_only_keep_each_other_busy_do_not_end() {
    let model = || {
        let shared = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads = [0, 1].map(|mine| {
            let shared = shared.clone();
            thread::spawn(move || {
                while shared[1 - mine].load(SeqCst) < 2 {
                    shared[mine].swap(1, SeqCst);
                    shared[mine].store(0, SeqCst);
                    thread::yield_now();
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    };
    let found = Explorer::new().max_executions(2_000).check(model);
    let Outcome::Failed(failure) = &found.outcome else { panic!("{found:?}") };
    assert!(matches!(failure.kind, FailureKind::Livelock | FailureKind::StepLimit), "{failure}");
}

/// What a loop counts up, another may wait for: its rounds are not the same.
#[test]
fn a_loop_that_counts_for_another_goes_on() {
    let counts = |by_lock: bool, fails: bool| {
        move || {
            let shared = Arc::new(Shared::default());
            let theirs = shared.clone();
            let counting = thread::spawn(move || {
                while theirs.done.load(SeqCst) == 0 {
                    if by_lock {
                        *theirs.rounds.lock().unwrap() += 1;
                    } else {
                        theirs.lent.fetch_add(1, SeqCst);
                    }
                    thread::yield_now();
                }
            });
            let count = || match by_lock {
                true => *shared.rounds.lock().unwrap(),
                false => shared.lent.load(SeqCst),
            };
            while count() < 5 {
                thread::yield_now();
            }
            shared.done.store(1, SeqCst);
            counting.join().unwrap();
            outcome("five rounds");
            assert!(!fails, "five rounds");
        }
    };
    let explorer = Explorer::new().memory(Memory::Sequential).max_executions(2_000);
    for by_lock in [false, true] {
        let Outcome::Failed(failure) = explorer.check(counts(by_lock, true)).outcome else {
            panic!("five rounds are not found")
        };
        assert!(failure.message.contains("five rounds"), "{failure}");
        // It is an execution of the search, and no continuation that is only tried.
        let found = explorer.check(counts(by_lock, false));
        assert!(found.outcomes.contains_key("five rounds"), "{found:?}");
    }
}
