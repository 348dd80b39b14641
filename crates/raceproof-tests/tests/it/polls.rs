//! Loops that poll: those that end by themselves are explored as any other code, those that
//! wait end in a proof that says what it assumes.

use std::collections::VecDeque;
use std::time::Duration;

use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Condvar, Mutex, RwLock};
use raceproof::{Assumption, Exploration, Explorer, FailureKind, Outcome, hint, outcome, thread};

const T: Duration = Duration::from_millis(1);

fn prove(model: impl Fn()) -> Exploration {
    let result = Explorer::new().max_executions(100_000).check(model);
    match &result.outcome {
        Outcome::Proved => {}
        Outcome::Bounded(bound) => panic!("no proof: {bound}"),
        Outcome::Failed(failure) => panic!("{failure}"),
    }
    assert_eq!(result.redundant, 0);
    result
}

fn fails(model: impl Fn(), text: &str) {
    fails_by(FailureKind::Assertion, model, text);
}

pub(crate) fn fails_by(kind: FailureKind, model: impl Fn(), text: &str) {
    let result = Explorer::new().max_executions(100_000).check(&model);
    let Outcome::Failed(failure) = result.outcome else { panic!("{result:?}") };
    assert_eq!(failure.kind, kind, "{failure}");
    assert!(failure.message.contains(text), "{failure}");
    let schedule = failure.schedule.to_string().parse().expect("it was printed");
    let again = Explorer::replay(&schedule, model);
    let Outcome::Failed(same) = again.outcome else { panic!("{schedule} ends well") };
    assert_eq!((same.kind, same.message), (failure.kind, failure.message));
}

#[test]
fn sleeping_twice_is_no_synchronisation() {
    fails(
        || {
            let a = Arc::new(AtomicUsize::new(0));
            let b = a.clone();
            let t = thread::spawn(move || b.store(1, SeqCst));
            for _ in 0..2 {
                thread::sleep(T);
            }
            assert_eq!(a.load(SeqCst), 1, "too early");
            t.join().unwrap();
        },
        "too early",
    );
}

#[test]
fn pauses_in_a_helper_are_no_loop() {
    fn settle() {
        thread::sleep(T);
    }
    fails(
        || {
            let a = Arc::new(AtomicUsize::new(0));
            let b = a.clone();
            let t = thread::spawn(move || b.store(1, SeqCst));
            settle();
            settle();
            assert_eq!(a.load(SeqCst), 1, "too early");
            t.join().unwrap();
        },
        "too early",
    );
}

#[test]
fn a_wait_that_gives_up_gives_up() {
    for rounds in [2, 3, 7, 200] {
        fails(
            move || {
                let p = Arc::new((Mutex::new(false), Condvar::new()));
                let q = p.clone();
                let t = thread::spawn(move || {
                    *q.0.lock().unwrap() = true;
                    q.1.notify_one();
                });
                let mut g = p.0.lock().unwrap();
                for _ in 0..rounds {
                    if *g {
                        break;
                    }
                    g = p.1.wait_timeout(g, T).unwrap().0;
                }
                assert!(*g, "gave up");
                drop(g);
                t.join().unwrap();
            },
            "gave up",
        );
    }
}

#[test]
fn two_that_give_up_on_each_other() {
    fails(
        || {
            let a = Arc::new(AtomicUsize::new(0));
            let b = a.clone();
            let t = thread::spawn(move || {
                let c = AtomicUsize::new(0);
                for _ in 0..2 {
                    if c.load(SeqCst) > 0 {
                        break;
                    }
                    thread::yield_now();
                }
                b.store(1, SeqCst);
            });
            let mut v = 0;
            for _ in 0..2 {
                thread::yield_now();
                v = a.load(SeqCst);
                if v > 0 {
                    break;
                }
            }
            t.join().unwrap();
            assert_eq!(v, 1, "missed");
        },
        "missed",
    );
}

#[test]
fn every_number_of_tries_is_found() {
    let result = prove(|| {
        let a = Arc::new(AtomicBool::new(false));
        let b = a.clone();
        let t = thread::spawn(move || b.store(true, SeqCst));
        let tries = (0..5).find(|_| {
            let there = a.load(SeqCst);
            if !there {
                thread::yield_now();
            }
            there
        });
        outcome(format!("{tries:?}"));
        t.join().unwrap();
    });
    let expected = ["None", "Some(0)", "Some(1)", "Some(2)", "Some(3)", "Some(4)"];
    assert_eq!(result.outcomes.keys().collect::<Vec<_>>(), expected);
    assert_eq!(result.executions, 6);
    assert_eq!(result.assumptions, []);
}

#[test]
fn an_endless_poll_is_proved() {
    let result = prove(|| {
        let a = Arc::new(AtomicBool::new(false));
        let b = a.clone();
        let t = thread::spawn(move || b.store(true, SeqCst));
        while !a.load(SeqCst) {
            thread::yield_now();
        }
        t.join().unwrap();
    });
    assert_eq!(result.executions, 3);
    assert!(matches!(result.assumptions[..], [Assumption::FairPolls { rounds: 1_000 }]));
}

#[test]
fn polls_that_change_something_of_their_own() {
    // A queue: `pop_front` takes its content mutably.
    prove(|| {
        let q = Arc::new(Mutex::new(VecDeque::new()));
        let p = q.clone();
        let t = thread::spawn(move || p.lock().unwrap().push_back(1));
        while q.lock().unwrap().pop_front().is_none() {
            thread::yield_now();
        }
        t.join().unwrap();
    });
    // Two that poll one queue.
    prove(|| {
        let q = Arc::new(Mutex::new(VecDeque::new()));
        let take = |q: &Mutex<VecDeque<usize>>| {
            while q.lock().unwrap().pop_front().is_none() {
                thread::yield_now();
            }
        };
        let (p, c) = (q.clone(), q.clone());
        let producer = thread::spawn(move || {
            p.lock().unwrap().push_back(1);
            p.lock().unwrap().push_back(2);
        });
        let consumer = thread::spawn(move || take(&c));
        take(&q);
        producer.join().unwrap();
        consumer.join().unwrap();
    });
    // Tries are counted under the guard.
    prove(|| {
        let q = Arc::new(Mutex::new((false, 0)));
        let p = q.clone();
        let t = thread::spawn(move || p.lock().unwrap().0 = true);
        loop {
            let mut g = q.lock().unwrap();
            if g.0 {
                break;
            }
            g.1 += 1;
            drop(g);
            thread::yield_now();
        }
        t.join().unwrap();
    });
    // A value is taken out and put back.
    prove(|| {
        let a = Arc::new(AtomicUsize::new(1));
        let b = a.clone();
        let t = thread::spawn(move || {
            while b.compare_exchange(1, 2, SeqCst, SeqCst).is_err() {
                thread::yield_now();
            }
        });
        loop {
            let value = a.swap(0, SeqCst);
            if value == 2 {
                break;
            }
            a.store(value, SeqCst);
            thread::yield_now();
        }
        t.join().unwrap();
    });
}

#[test]
fn a_loop_that_yields_at_two_places() {
    prove(|| {
        let a = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let b = a.clone();
        let t = thread::spawn(move || {
            b.0.store(true, SeqCst);
            b.1.store(true, SeqCst);
        });
        loop {
            if a.0.load(SeqCst) {
                break;
            }
            thread::yield_now();
            if a.1.load(SeqCst) {
                break;
            }
            hint::spin_loop();
        }
        t.join().unwrap();
    });
}

#[test]
fn a_thread_that_unparks_itself_and_parks() {
    prove(|| {
        let a = Arc::new(AtomicBool::new(false));
        let b = a.clone();
        let t = thread::spawn(move || b.store(true, SeqCst));
        while !a.load(SeqCst) {
            thread::current().unpark();
            thread::yield_now();
            thread::park();
        }
        t.join().unwrap();
    });
}

#[test]
fn timed_parks_of_a_bounded_loop() {
    prove(|| {
        let t = thread::spawn(|| {
            for _ in 0..2 {
                thread::park_timeout(T);
            }
        });
        t.thread().unpark();
        t.join().unwrap();
    });
}

#[test]
fn locks_that_are_tried_until_they_are_free() {
    prove(|| {
        let l = Arc::new(RwLock::new(0));
        let r = l.clone();
        let t = thread::spawn(move || *r.read().unwrap());
        while l.try_write().is_err() {
            thread::yield_now();
        }
        t.join().unwrap();
    });
    prove(|| {
        let l = Arc::new(RwLock::new(0));
        let (k, w) = (l.clone(), l.clone());
        let polls = thread::spawn(move || {
            while *k.read().unwrap() == 0 {
                thread::yield_now();
            }
        });
        let writes = thread::spawn(move || *w.write().unwrap() = 1);
        let _ = *l.read().unwrap();
        polls.join().unwrap();
        writes.join().unwrap();
    });
}

#[test]
fn a_long_spin_and_then_something_else() {
    prove(|| {
        let a = Arc::new(AtomicBool::new(false));
        for _ in 0..150 {
            if a.load(SeqCst) {
                break;
            }
            hint::spin_loop();
        }
        for _ in 0..150 {
            hint::spin_loop();
        }
    });
}

/// A look that pauses if nothing is there.
pub(crate) fn look(flag: &AtomicBool) -> bool {
    let there = flag.load(SeqCst);
    if !there {
        hint::spin_loop();
    }
    there
}

/// A loop that ends by itself, and one that does not, look the same from where they yield.
#[test]
fn two_loops_that_yield_through_one_helper() {
    let result = prove(|| {
        let a = Arc::new(AtomicBool::new(false));
        let b = a.clone();
        let t = thread::spawn(move || b.store(true, SeqCst));
        let tries = (0..3).find(|_| look(&a));
        while tries.is_none() && !look(&a) {}
        outcome(format!("{tries:?}"));
        t.join().unwrap();
    });
    let expected = ["None", "Some(0)", "Some(1)", "Some(2)"];
    assert_eq!(result.outcomes.keys().collect::<Vec<_>>(), expected);
}

/// The calls of a loop that does not end are those of another thread's that does.
#[test]
fn one_loop_with_two_limits() {
    fn poll(flag: &AtomicBool, limit: usize) -> bool {
        for _ in 0..limit {
            if flag.load(SeqCst) {
                return true;
            }
            thread::yield_now();
        }
        false
    }
    let result = prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let ours = [usize::MAX, 3].map(|limit| {
            let flag = flag.clone();
            thread::spawn(move || poll(&flag, limit))
        });
        flag.store(true, SeqCst);
        outcome(format!("{:?}", ours.map(|thread| thread.join().unwrap())));
    });
    let expected = ["[true, false]", "[true, true]"];
    assert_eq!(result.outcomes.keys().collect::<Vec<_>>(), expected);
}

/// The calls and the place of a loop that does not end are those of a loop of another thread that does,
/// which has seen just as much.
#[test]
fn one_loop_of_a_thread_and_of_its_first_child() {
    fn poll(flag: &AtomicBool, limit: usize) -> bool {
        for _ in 0..limit {
            if flag.load(SeqCst) {
                return true;
            }
            thread::yield_now();
        }
        false
    }
    let result = prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let (theirs, third) = (flag.clone(), flag.clone());
        let bounded = thread::spawn(move || poll(&theirs, 3));
        let sets = thread::spawn(move || third.store(true, SeqCst));
        assert!(poll(&flag, usize::MAX));
        sets.join().unwrap();
        outcome(bounded.join().unwrap());
    });
    assert_eq!(result.outcomes.keys().collect::<Vec<_>>(), ["false", "true"]);
}

/// A round looks at another place each time: what lets the loop end may not have been looked at yet.
#[test]
fn flags_that_are_polled_in_turns() {
    let model = |order: [usize; 3]| {
        move || {
            let flags = Arc::new([(); 3].map(|()| AtomicBool::new(false)));
            let theirs = flags.clone();
            let t = thread::spawn(move || {
                for flag in order {
                    theirs[flag].store(true, SeqCst);
                }
            });
            let found = (0..).find(|round| {
                let there = flags[round % 3].load(SeqCst);
                if !there {
                    thread::yield_now();
                }
                there
            });
            let set = flags.iter().filter(|flag| flag.load(SeqCst)).count();
            outcome(format!("{} of {set}", found.unwrap() % 3));
            t.join().unwrap();
        }
    };
    // Whichever is set first may be found alone, and whatever is set by then.
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let result = prove(model(order));
        let mut expected = Vec::new();
        for (nth, flag) in order.into_iter().enumerate() {
            expected.extend((nth + 1..=3).map(|set| format!("{flag} of {set}")));
        }
        expected.sort();
        assert_eq!(result.outcomes.into_keys().collect::<Vec<_>>(), expected, "{order:?}");
    }
}
