//! Loops that look for something and pause, without an end of their own.

use std::collections::VecDeque;
use std::sync::Arc;

use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Mutex, RwLock, mpsc};
use raceproof::{Explorer, Memory, Outcome, hint, thread};

use super::{SOON, fails, holds};
use crate::polls::look;

#[test]
fn a_poll_of_timed_receives_ends() {
    holds(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(1).unwrap());
        while receiver.recv_timeout(SOON) == Err(mpsc::RecvTimeoutError::Timeout) {}
        other.join().unwrap();
    });
}

#[test]
fn a_queue_is_polled_through_a_mutable_guard() {
    holds(|| {
        let queue = Arc::new(Mutex::new(VecDeque::new()));
        let theirs = Arc::clone(&queue);
        let pusher = thread::spawn(move || theirs.lock().unwrap().push_back(1));
        while queue.lock().unwrap().pop_front().is_none() {
            thread::yield_now();
        }
        pusher.join().unwrap();
    });
}

#[test]
fn a_poll_counts_its_idle_rounds() {
    holds(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        let idle = Mutex::new(0_u64);
        while !flag.load(SeqCst) {
            *idle.lock().unwrap() += 1;
            thread::yield_now();
        }
        setter.join().unwrap();
    });
}

#[test]
fn a_poll_pauses_at_two_places() {
    holds(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        while !flag.load(SeqCst) {
            hint::spin_loop();
            thread::yield_now();
        }
        setter.join().unwrap();
    });
}

#[test]
fn a_poll_swaps_a_value_out_and_puts_it_back() {
    holds(|| {
        let shared = Arc::new((AtomicUsize::new(7), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let setter = thread::spawn(move || theirs.1.store(true, SeqCst));
        while !shared.1.load(SeqCst) {
            let value = shared.0.swap(0, SeqCst);
            shared.0.store(value, SeqCst);
            thread::yield_now();
        }
        setter.join().unwrap();
    });
}

#[test]
fn a_poll_by_unparking_oneself_ends() {
    holds(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        while !flag.load(SeqCst) {
            thread::current().unpark();
            thread::yield_now();
            thread::park();
        }
        setter.join().unwrap();
    });
}

#[test]
fn a_writer_polls_a_lock_beside_a_reader() {
    holds(|| {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let reader = thread::spawn(move || drop(theirs.read().unwrap()));
        while lock.try_write().is_err() {
            thread::yield_now();
        }
        reader.join().unwrap();
    });
}

/// A thread looks three times and gives up, while another looks until it sees something.
#[test]
fn a_bounded_poll_beside_an_endless_one_may_give_up() {
    let found = Explorer::new().check(|| {
        let flag = Arc::new(AtomicUsize::new(0));
        let (theirs, third) = (Arc::clone(&flag), Arc::clone(&flag));
        let gives_up = thread::spawn(move || {
            for _ in 0..3 {
                if theirs.load(SeqCst) != 0 {
                    return;
                }
                thread::sleep(SOON);
            }
            panic!("gave up");
        });
        let sets = thread::spawn(move || third.store(1, SeqCst));
        while flag.load(SeqCst) == 0 {
            thread::sleep(SOON);
        }
        gives_up.join().unwrap();
        sets.join().unwrap();
    });
    assert!(matches!(found.outcome, Outcome::Failed(_)), "{:?}", found.outcome);
}

/// An object that a thread had for itself before a loop that waits was found to wait.
#[test]
fn a_loop_waits_beside_an_object_that_was_a_thread_s_own() {
    let found = Explorer::new().memory(Memory::Sequential).check(|| {
        let mut count = AtomicUsize::new(0);
        count.store(1, SeqCst);
        *count.get_mut() = 1;
        let shared = Arc::new((count, AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.0.fetch_add(1, SeqCst);
            theirs.1.store(true, SeqCst);
        });
        while !shared.1.load(SeqCst) {
            thread::yield_now();
        }
        other.join().unwrap();
        assert_eq!(shared.0.load(SeqCst), 2);
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
}

/// How many fruitless rounds there are may decide something if another thread looks at what each of them changes: no proof, which
/// would assume that it does not.
#[test]
fn rounds_that_another_thread_can_count_are_no_proof() {
    let check = |next| Explorer::new().check(counted_rounds(next, 50)).outcome;
    for next in [|count| count + 1, |count| 1 - count, |count: usize| (count + 1).min(3)] {
        let outcome = check(next);
        assert!(matches!(outcome, Outcome::Bounded(_)), "{outcome:?}");
    }
    // The first round changes it, or none.
    for next in [|_| 1, |count| count] {
        let outcome = check(next);
        assert!(matches!(outcome, Outcome::Proved), "{outcome:?}");
    }
}

/// The number of fruitless rounds decides something: that is found by random executions, whoever counts them.
#[test]
fn a_number_of_rounds_that_decides_is_found() {
    let found = fails(counted_rounds(|count| count + 1, 3));
    assert!(found.message.contains("3 rounds"), "{found}");
    let counts_tries = || {
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let other = thread::spawn(move || ends.store(true, SeqCst));
        let mut tries = 0;
        while !over.load(SeqCst) {
            tries += 1;
            thread::yield_now();
        }
        other.join().unwrap();
        assert!(tries < 5, "too many tries");
    };
    let found = fails(counts_tries);
    assert!(found.message.contains("too many tries"), "{found}");
    let again = Explorer::replay(&found.schedule, counts_tries).outcome;
    let Outcome::Failed(again) = again else { panic!("{again:?}") };
    assert_eq!(again.message, found.message);
}

/// A thread changes a count in each round of its loop; another one reads it once, and must not find `wrong`.
fn counted_rounds(next: fn(usize) -> usize, wrong: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (rounds, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (theirs, ends) = (Arc::clone(&rounds), Arc::clone(&over));
        let other = thread::spawn(move || {
            let seen = theirs.load(SeqCst);
            ends.store(true, SeqCst);
            assert!(seen != wrong, "{wrong} rounds");
        });
        while !over.load(SeqCst) {
            rounds.store(next(rounds.load(SeqCst)), SeqCst);
            thread::yield_now();
        }
        other.join().unwrap();
    }
}

/// What a loop that ended has looked at may change: the next one, which looks elsewhere, does not go on for that.
#[test]
fn a_loop_after_another_that_looked_elsewhere() {
    let another = |flag: &AtomicBool| flag.load(SeqCst) || (thread::yield_now(), false).1;
    // A loop's first round is free where nothing was yielded before.
    for (through_one_helper, executions) in [(true, 9), (false, 12)] {
        let result = Explorer::new().check(|| {
            let [first, then] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
            let (theirs, last) = (first.clone(), then.clone());
            let t = thread::spawn(move || {
                theirs.store(true, SeqCst);
                last.store(true, SeqCst);
            });
            (0..3).find(|_| look(&first));
            while if through_one_helper { !look(&then) } else { !another(&then) } {}
            t.join().unwrap();
        });
        assert!(matches!(result.outcome, Outcome::Proved), "{result:?}");
        assert_eq!(result.executions, executions);
        assert!(result.steps < 20 * executions, "{} steps", result.steps);
    }
}
