//! Loops and lines that pause, look, and give up in the end.

use std::sync::Arc;

use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex, mpsc};
use raceproof::{FailureKind, hint, outcome, thread};

use super::{SOON, fails_with, holds};

#[test]
fn two_sleeps_are_not_a_wait() {
    fails_with(FailureKind::Assertion, "too early", || {
        let a = Arc::new(AtomicUsize::new(0));
        let b = Arc::clone(&a);
        let writer = thread::spawn(move || b.store(1, SeqCst));
        for _ in 0..2 {
            thread::sleep(SOON);
        }
        assert_eq!(a.load(SeqCst), 1, "too early");
        writer.join().unwrap();
    });
}

#[test]
fn two_timed_waits_may_both_time_out() {
    fails_with(FailureKind::Assertion, "gave up", || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let setter = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        for _ in 0..2 {
            if *ready {
                break;
            }
            ready = pair.1.wait_timeout(ready, SOON).unwrap().0;
        }
        assert!(*ready, "gave up");
        drop(ready);
        setter.join().unwrap();
    });
}

#[test]
fn a_bounded_poll_beside_a_bounded_poll_may_give_up() {
    fails_with(FailureKind::Assertion, "gave up", || {
        let a = Arc::new(AtomicUsize::new(0));
        let b = Arc::clone(&a);
        let writer = thread::spawn(move || {
            let own = AtomicUsize::new(0);
            for _ in 0..2 {
                if own.load(SeqCst) > 0 {
                    break;
                }
                thread::yield_now();
            }
            b.store(1, SeqCst);
        });
        let mut seen = 0;
        for _ in 0..2 {
            thread::yield_now();
            seen = a.load(SeqCst);
            if seen > 0 {
                break;
            }
        }
        writer.join().unwrap();
        assert_eq!(seen, 1, "gave up");
    });
}

/// Every kind of pause, in a loop that gives up after some rounds.
#[test]
fn each_kind_of_pause_may_be_fruitless_to_the_end() {
    let pauses: [fn(); 4] =
        [thread::yield_now, hint::spin_loop, || thread::sleep(SOON), || thread::park_timeout(SOON)];
    for (index, pause) in pauses.into_iter().enumerate() {
        for rounds in 1..5 {
            let found = holds(|| {
                let flag = Arc::new(AtomicBool::new(false));
                let theirs = Arc::clone(&flag);
                let setter = thread::spawn(move || theirs.store(true, SeqCst));
                let found = (0..rounds).any(|_| {
                    pause();
                    flag.load(SeqCst)
                });
                outcome(found);
                setter.join().unwrap();
            });
            assert_eq!(found.len(), 2, "pause {index}, {rounds} rounds: {found:?}");
        }
    }
}

/// A function that pauses is called from several places: no loop at all.
#[test]
fn pauses_in_a_helper_are_no_loop() {
    fn settle() {
        thread::sleep(SOON);
    }
    let found = holds(|| {
        let a = Arc::new(AtomicUsize::new(0));
        let b = Arc::clone(&a);
        let writer = thread::spawn(move || b.store(1, SeqCst));
        settle();
        settle();
        settle();
        outcome(a.load(SeqCst));
        writer.join().unwrap();
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_loop_that_pauses_as_an_endless_one_does_is_another() {
    fn pause() {
        thread::yield_now();
    }
    fails_with(FailureKind::Assertion, "gave up", || {
        let step = Arc::new(AtomicUsize::new(0));
        let set = |value| {
            let step = Arc::clone(&step);
            thread::spawn(move || step.store(value, SeqCst))
        };
        let first = set(1);
        while step.load(SeqCst) == 0 {
            pause();
        }
        first.join().unwrap();
        let second = set(2);
        for _ in 0..60 {
            if step.load(SeqCst) == 2 {
                break;
            }
            pause();
        }
        assert_eq!(step.load(SeqCst), 2, "gave up");
        second.join().unwrap();
    });
}

#[test]
fn a_lock_tried_three_times_may_be_busy_each_time() {
    fails_with(FailureKind::Assertion, "busy", || {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        let taken = (0..3).any(|_| {
            let taken = lock.try_lock().is_ok();
            thread::yield_now();
            taken
        });
        assert!(taken, "busy");
        other.join().unwrap();
    });
}

#[test]
fn a_receive_with_a_timeout_tried_twice_may_time_out_twice() {
    let found = holds(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(1));
        let found = (0..2).any(|_| receiver.recv_timeout(SOON).is_ok());
        outcome(found);
        let _ = other.join();
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn parks_with_a_timeout_in_a_loop_repeat() {
    holds(|| {
        let parked = thread::spawn(|| {
            for _ in 0..2 {
                thread::park_timeout(SOON);
            }
        });
        parked.thread().unpark();
        parked.join().unwrap();
    });
}

/// std's own mutex spins a hundred times before it waits.
#[test]
fn a_hundred_and_fifty_spins_and_then_something_else() {
    holds(|| {
        let flag = AtomicBool::new(false);
        for _ in 0..150 {
            if flag.load(SeqCst) {
                return;
            }
            hint::spin_loop();
        }
        flag.store(true, SeqCst);
    });
}
