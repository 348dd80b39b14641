//! Tries to take a read-write lock, poison that is looked at without the lock, and mutexes that are tried beside others
//! with which threads wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicBool, AtomicUsize};
use raceproof::sync::{Arc, Condvar, Mutex, RwLock};
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, outcome, thread};

fn explore(model: impl Fn()) -> Exploration {
    Explorer::new().memory(Memory::C11).check(model)
}

#[track_caller]
fn outcomes(model: impl Fn()) -> Vec<String> {
    let found = explore(model);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    found.outcomes.into_keys().collect()
}

/// A try finds the lock taken by another's read or write, or finds it so although it was given back.
#[test]
fn a_try_finds_what_was() {
    let tries = |writes: bool, ordering: Ordering| {
        outcomes(move || {
            let shared = Arc::new((RwLock::new(0), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                if writes {
                    *theirs.0.write().unwrap() += 1;
                } else {
                    drop(theirs.0.read().unwrap());
                }
                theirs.1.store(true, ordering);
            });
            let over = shared.1.load(ordering);
            let reads = shared.0.try_read().is_ok();
            let writes = shared.0.try_write().is_ok();
            outcome(format!("{over} {reads} {writes}"));
            other.join().unwrap();
        })
    };
    // A reader keeps no reader out, and a writer both.
    let beside_a_reader = ["false true false", "false true true", "true true true"];
    assert_eq!(tries(false, SeqCst), beside_a_reader);
    // A try that succeeds finds the last state, and what comes after it no older one.
    assert_eq!(tries(false, Relaxed), beside_a_reader);
    let over = |outcomes: &[String], what: &str| outcomes.iter().any(|it| it.starts_with(what));
    let (ordered, weak) = (tries(true, SeqCst), tries(true, Relaxed));
    assert!(!over(&ordered, "true false") && over(&ordered, "false false"), "{ordered:?}");
    assert!(over(&weak, "true false") && over(&weak, "true true"), "{weak:?}");
}

/// As many executions as of a count of readers that is an atomic: each try is an exchange.
#[test]
fn tries_to_read_are_ordered_one_after_the_other() {
    let found = explore(|| {
        let lock = Arc::new(RwLock::new(0));
        let threads = [0, 1].map(|_| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || drop(lock.try_read().unwrap()))
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    // Two operations of each thread in any order.
    assert_eq!((found.executions, found.redundant), (6, 0));
}

struct Cell(UnsafeCell<u32>);

impl Cell {
    fn add(&self) -> u32 {
        #[allow(unsafe_code)]
        // SAFETY: the checker ends an execution at a race.
        self.0.with_mut(|cell| unsafe {
            *cell += 1;
            *cell
        })
    }

    fn get(&self) -> u32 {
        #[allow(unsafe_code)]
        // SAFETY: as above.
        self.0.with(|cell| unsafe { *cell })
    }
}

#[allow(unsafe_code)]
// SAFETY: as above.
unsafe impl Sync for Cell {}

/// Whoever succeeds comes after those whom the lock would have kept out; whoever fails comes after nobody.
#[test]
fn a_try_orders_memory_if_it_succeeds() {
    #[derive(Clone, Copy, PartialEq)]
    enum Mode {
        Read,
        Write,
    }
    let kind = |theirs: Mode, mine: Mode, if_taken: bool| {
        let found = explore(move || {
            let shared =
                Arc::new((Cell(UnsafeCell::new(0)), RwLock::new(()), AtomicBool::new(false)));
            let other = Arc::clone(&shared);
            let other = thread::spawn(move || {
                let use_it = || if mine == Mode::Read { other.0.add() } else { other.0.get() };
                match theirs {
                    Mode::Read => {
                        let _guard = other.1.read().unwrap();
                        use_it();
                    }
                    Mode::Write => {
                        let _guard = other.1.write().unwrap();
                        use_it();
                    }
                }
                other.2.store(true, Relaxed);
            });
            let over = shared.2.load(Relaxed);
            let use_it = |taken: bool| {
                if over && taken == if_taken {
                    if mine == Mode::Read {
                        shared.0.get()
                    } else {
                        shared.0.add()
                    };
                }
            };
            match mine {
                Mode::Read => use_it(shared.1.try_read().is_ok()),
                Mode::Write => use_it(shared.1.try_write().is_ok()),
            }
            other.join().unwrap();
        });
        match found.outcome {
            Outcome::Failed(failure) => Some(failure.kind),
            other => {
                assert!(matches!(other, Outcome::Proved), "{other:?}");
                None
            }
        }
    };
    // What read before is over, what the flag says is that it was: an older lock may be found, or one not taken yet.
    let race = Some(FailureKind::DataRace);
    for (theirs, mine) in
        [(Mode::Write, Mode::Read), (Mode::Write, Mode::Write), (Mode::Read, Mode::Write)]
    {
        assert_eq!(kind(theirs, mine, false), race, "a failed try");
        assert_eq!(kind(theirs, mine, true), None, "a try that succeeds");
    }
}

/// Locked by a try or not, what was done under the lock comes before.
#[test]
fn what_a_lock_guards_is_ordered_by_tries() {
    for writer_tries in [false, true] {
        let found = explore(move || {
            let shared = Arc::new(RwLock::new(0));
            let threads = [0, 1].map(|id| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || match id {
                    0 if writer_tries => {
                        if let Ok(mut value) = shared.try_write() {
                            *value += 1;
                        }
                    }
                    0 => *shared.write().unwrap() += 1,
                    _ => drop(shared.try_read().map(|value| assert!(*value < 2))),
                })
            });
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            let value = *shared.read().unwrap();
            outcome(value);
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
        let expected: &[&str] = if writer_tries { &["0", "1"] } else { &["1"] };
        assert_eq!(found.outcomes.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}

/// Poison is looked for without the lock: an older answer may be found, unless something orders the two.
#[test]
fn poison_may_be_seen_late() {
    let seen = |store: Ordering, load: Ordering| {
        outcomes(move || {
            let shared = Arc::new((Mutex::new(0), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                let poisons = AssertUnwindSafe(|| {
                    let _guard = theirs.0.lock();
                    std::panic::resume_unwind(Box::new("poison"));
                });
                assert!(catch_unwind(poisons).is_err());
                theirs.1.store(true, store);
            });
            let over = shared.1.load(load);
            outcome(format!("{over} {}", shared.0.is_poisoned()));
            other.join().unwrap();
            assert!(shared.0.is_poisoned());
            shared.0.clear_poison();
            assert!(shared.0.lock().is_ok());
        })
    };
    assert_eq!(seen(Release, Acquire), ["false false", "false true", "true true"]);
    assert_eq!(seen(Relaxed, Relaxed), ["false false", "false true", "true false", "true true"]);
}

/// A mutex that is tried, beside another with which a thread waits.
#[test]
fn a_mutex_is_tried_beside_a_condition_variable() {
    let found = explore(|| {
        let shared =
            Arc::new((Mutex::new(false), Condvar::new(), Mutex::new(0), AtomicUsize::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            if let Ok(mut count) = theirs.2.try_lock() {
                *count += 1;
            }
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let count = *shared.2.lock().unwrap();
        let ready = shared.1.wait_while(shared.0.lock().unwrap(), |ready| !*ready).unwrap();
        drop(ready);
        shared.3.store(count, Relaxed);
        other.join().unwrap();
        outcome(format!("{count} {}", *shared.2.lock().unwrap()));
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    let seen = found.outcomes.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(seen, ["0 0", "0 1", "1 1"]);
}

/// A loop tries until two others have given the lock back.
#[test]
fn a_loop_tries_until_the_lock_is_free() {
    let found = explore(|| {
        let shared = Arc::new(RwLock::new(0));
        let others = [0, 1].map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || *shared.write().unwrap() += 1)
        });
        loop {
            if let Ok(mut value) = shared.try_write() {
                *value += 1;
                break;
            }
            thread::yield_now();
        }
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(*shared.read().unwrap(), 3);
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
}
