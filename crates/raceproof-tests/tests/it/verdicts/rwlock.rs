//! Read-write locks at which readers wait behind a writer, or pass it.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use raceproof::sync::atomic::{AtomicBool, AtomicUsize};
use raceproof::sync::{Mutex, RwLock, RwLockWriteGuard, TryLockError};
use raceproof::{Assumption, Explorer, FailureKind, Outcome, RwLockPolicy, outcome, thread};

use super::{fails, fails_with, holds};

/// Fails with a deadlock whose message contains the text and whose schedule fails again, and holds if readers
/// pass.
#[track_caller]
fn deadlocks_behind_a_writer(message: &str, model: impl Fn()) {
    let failure = fails(&model);
    assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
    assert!(failure.message.contains(message), "{failure}");
    let schedule = failure.schedule.to_string().parse().expect("a schedule");
    let Outcome::Failed(again) = Explorer::replay(&schedule, &model).outcome else {
        panic!("the schedule fails again")
    };
    assert_eq!((again.kind, again.message), (failure.kind, failure.message));
    let Outcome::Failed(fewest) = Explorer::new().minimise().check(&model).outcome else {
        panic!("it fails with few preemptions")
    };
    assert!(fewest.trace.preemptions() <= failure.trace.preemptions(), "{fewest}");
    let passing = Explorer::new().rwlock_policy(RwLockPolicy::ReadersPass).check(&model);
    assert!(matches!(passing.outcome, Outcome::Proved), "{passing:?}");
    assert_eq!(passing.assumptions, [Assumption::ReadersPass]);
}

/// "A writer which is waiting to acquire the lock in write might or might not block concurrent calls
/// to read."
#[test]
fn a_second_read_behind_a_waiting_writer_may_deadlock() {
    let model = || {
        let lock = Arc::new(RwLock::named("lock", 0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
        let first = lock.read().unwrap();
        let second = lock.read().unwrap();
        drop((first, second));
        writer.join().unwrap();
    };
    deadlocks_behind_a_writer(
        "`main` waits to read lock, behind `thread 1` (rwlock.rs:40), which waits to write it; \
         `thread 1` waits for lock, held by `main`",
        model,
    );
    let drawn = fails(model).to_string();
    let lines = ["waits to read-lock lock: behind", "✗ waits to read lock, behind"];
    assert!(lines.iter().all(|line| drawn.contains(line)), "{drawn}");
}

#[test]
fn a_second_read_may_also_pass_the_writer() {
    let result = Explorer::new().keep_going().check(|| {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
        let first = lock.read().unwrap();
        let second = lock.read().unwrap();
        outcome(*first + *second);
        drop((first, second));
        writer.join().unwrap();
    });
    assert_eq!(Vec::from_iter(result.outcomes.keys()), ["0", "2"], "{result:?}");
    assert_eq!((result.executions, result.deadlocks, result.redundant), (3, 1, 0), "{result:?}");
}

/// parking_lot #212: one thread reads, and what it calls reads again.
#[test]
fn a_helper_that_reads_again() {
    fn total(lock: &RwLock<Vec<u32>>) -> u32 {
        lock.read().unwrap().iter().sum()
    }
    let model = |again: bool| {
        move || {
            let lock = Arc::new(RwLock::named("cache", vec![1]));
            let theirs = Arc::clone(&lock);
            let writer = thread::spawn(move || theirs.write().unwrap().push(2));
            let guard = lock.read().unwrap();
            if !again {
                drop(guard);
                total(&lock);
            } else {
                assert_eq!(total(&lock), guard.iter().sum::<u32>());
                drop(guard);
            }
            writer.join().unwrap();
        }
    };
    deadlocks_behind_a_writer("`main` waits to read cache, behind `thread 1`", model(true));
    holds(model(false));
}

/// cockroach 3710: a store's queue reads its state while a method below has it read-locked, and
/// a third thread writes.
#[test]
fn a_forced_scan_that_reads_what_its_caller_reads() {
    struct Store {
        state: RwLock<u32>,
        queued: Mutex<u32>,
    }
    impl Store {
        fn scan(&self, nested: bool) {
            let guard = self.state.read().unwrap();
            if nested {
                self.add();
                drop(guard);
            } else {
                drop(guard);
                self.add();
            }
        }
        fn add(&self) {
            let mut queued = self.queued.lock().unwrap();
            *queued += *self.state.read().unwrap();
        }
    }
    let model = |nested: bool| {
        move || {
            let store = Arc::new(Store { state: RwLock::named("state", 1), queued: Mutex::new(0) });
            let (scans, splits) = (Arc::clone(&store), Arc::clone(&store));
            let scanner = thread::spawn(move || scans.scan(nested));
            let splitter = thread::spawn(move || *splits.state.write().unwrap() += 1);
            scanner.join().unwrap();
            splitter.join().unwrap();
        }
    };
    deadlocks_behind_a_writer("`thread 1` waits to read state, behind `thread 2`", model(true));
    holds(model(false));
}

/// cockroach 6181: while a cache is read-locked, its contents are told by a method that reads it again.
#[test]
fn a_description_made_under_the_lock() {
    let describe = |cache: &RwLock<u32>| cache.read().unwrap().to_string();
    let model = |nested: bool| {
        move || {
            let cache = Arc::new(RwLock::named("ranges", 0));
            let lookup = |cache: Arc<RwLock<u32>>| {
                move || {
                    if nested {
                        let guard = cache.read().unwrap();
                        assert_eq!(describe(&cache), guard.to_string());
                    } else {
                        describe(&cache);
                    }
                    *cache.write().unwrap() += 1;
                }
            };
            let threads = [0, 1].map(|_| thread::spawn(lookup(Arc::clone(&cache))));
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
    };
    deadlocks_behind_a_writer("waits to read ranges, behind", model(true));
    holds(model(false));
}

/// cockroach 16167: a thread that executes a statement holds the lock for reading and asks for the
/// configuration, which is read under the same lock; another thread updates it.
#[test]
fn a_statement_that_asks_for_the_configuration() {
    let model = |nested: bool| {
        move || {
            let config = Arc::new(RwLock::named("config", 0));
            let ready = Arc::new(AtomicBool::new(false));
            let (updates, told) = (Arc::clone(&config), Arc::clone(&ready));
            let updater = thread::spawn(move || {
                *updates.write().unwrap() = 1;
                told.store(true, SeqCst);
            });
            let statement = config.read().unwrap();
            let version = *statement;
            if !nested {
                drop(statement);
                let _later = *config.read().unwrap();
            } else {
                assert_eq!(*config.read().unwrap(), version);
                assert!(version == 1 || !ready.load(SeqCst));
                drop(statement);
            }
            updater.join().unwrap();
        }
    };
    deadlocks_behind_a_writer("`main` waits to read config, behind `thread 1`", model(true));
    holds(model(false));
}

/// kubernetes 58107: two controllers work under a read lock and hand work to each other, and a third
/// thread writes in between: the read that would end the other's waits for the writer.
#[test]
fn a_worker_that_waits_for_another_reader() {
    let model = |nested: bool| {
        move || {
            let workers = Arc::new(RwLock::named("workers", 0));
            let (theirs, others) = (Arc::clone(&workers), Arc::clone(&workers));
            let sync = thread::spawn(move || *theirs.write().unwrap() += 1);
            let helper = move || {
                let _ = *others.read().unwrap();
            };
            if nested {
                let guard = workers.read().unwrap();
                thread::spawn(helper).join().unwrap();
                drop(guard);
            } else {
                drop(workers.read().unwrap());
                thread::spawn(helper).join().unwrap();
            }
            sync.join().unwrap();
        }
    };
    deadlocks_behind_a_writer("waits to read workers, behind `thread 1`", model(true));
    holds(model(false));
}

/// kubernetes 62464: the removal of a container reads the state, calls what reads it once more, and
/// another thread sets it.
#[test]
fn a_removal_that_looks_twice() {
    struct State {
        assignments: RwLock<u32>,
        policy: Mutex<()>,
    }
    impl State {
        fn is_exclusive(&self) -> bool {
            *self.assignments.read().unwrap() > 0
        }
        fn remove(&self, nested: bool) {
            let _policy = self.policy.lock().unwrap();
            if nested {
                let guard = self.assignments.read().unwrap();
                let _ = *guard > 0 && self.is_exclusive();
            } else {
                self.is_exclusive();
            }
        }
    }
    let model = |nested: bool| {
        move || {
            let state = State { assignments: RwLock::named("cpus", 1), policy: Mutex::new(()) };
            thread::scope(|scope| {
                scope.spawn(|| state.remove(nested));
                scope.spawn(|| *state.assignments.write().unwrap() = 2);
            });
        }
    };
    deadlocks_behind_a_writer("`thread 1` waits to read cpus, behind `thread 2`", model(true));
    holds(model(false));
}

/// Two threads read two locks in opposite order, which no two readers can deadlock by.
#[test]
fn readers_in_opposite_order_deadlock_through_writers() {
    deadlocks_behind_a_writer("waits to read b, behind", || {
        let locks = Arc::new((RwLock::named("a", 0), RwLock::named("b", 0)));
        let pairs = [0, 1, 2, 3].map(|_| Arc::clone(&locks));
        let [one, other, first, second] = pairs;
        let threads = [
            thread::spawn(move || {
                let _a = one.0.read().unwrap();
                let _b = one.1.read().unwrap();
            }),
            thread::spawn(move || {
                let _b = other.1.read().unwrap();
                let _a = other.0.read().unwrap();
            }),
            thread::spawn(move || *first.0.write().unwrap() = 1),
            thread::spawn(move || *second.1.write().unwrap() = 1),
        ];
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// The guard of a downgrade is a reader as any other.
#[test]
fn a_read_after_a_downgrade_may_wait_behind_a_writer() {
    deadlocks_behind_a_writer("`main` waits to read lock, behind `thread 1`", || {
        let lock = Arc::new(RwLock::named("lock", 0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() = 2);
        let mut writing = lock.write().unwrap();
        *writing = 1;
        let reading = RwLockWriteGuard::downgrade(writing);
        assert_eq!((*reading, *lock.read().unwrap()), (1, 1));
        drop(reading);
        writer.join().unwrap();
    });
}

#[test]
fn no_thread_writes_between_a_downgrade_and_its_end() {
    let seen = holds(|| {
        let lock = Arc::new(RwLock::new(0));
        let (theirs, third) = (Arc::clone(&lock), Arc::clone(&lock));
        let writer = thread::spawn(move || *theirs.write().unwrap() += 10);
        let reader = thread::spawn(move || *third.read().unwrap());
        let mut writing = lock.write().unwrap();
        *writing += 1;
        let now = *writing;
        let reading = RwLockWriteGuard::downgrade(writing);
        assert_eq!(*reading, now);
        drop(reading);
        writer.join().unwrap();
        outcome(reader.join().unwrap());
    });
    assert_eq!(Vec::from_iter(seen), ["0", "1", "10", "11"]);
}

/// A downgrade lets waiting readers in before its guard is given back.
#[test]
fn a_reader_enters_after_a_downgrade() {
    holds(|| {
        let shared = Arc::new((RwLock::new(0), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let guard = shared.0.write().unwrap();
        let reader = thread::spawn(move || {
            let _guard = theirs.0.read().unwrap();
            theirs.1.store(true, SeqCst);
        });
        let guard = RwLockWriteGuard::downgrade(guard);
        while !shared.1.load(SeqCst) {
            thread::yield_now();
        }
        drop(guard);
        reader.join().unwrap();
    });
}

/// What the value is when a writer that panics had downgraded: no guard for writing was there.
#[test]
fn a_panic_after_a_downgrade_poisons_nothing() {
    holds(|| {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || {
            let _reading = RwLockWriteGuard::downgrade(theirs.write().unwrap());
            panic!("expected");
        });
        let first = lock.read().map(|guard| *guard);
        assert!(other.join().is_err() && first.is_ok() && lock.write().is_ok());
    });
}

/// A poisoned lock is one all the same.
#[test]
fn a_poisoned_lock_lets_reads_wait_behind_a_writer() {
    deadlocks_behind_a_writer("`main` waits to read lock, behind `thread 2`", || {
        let lock = Arc::new(RwLock::named("lock", 0));
        let theirs = Arc::clone(&lock);
        let poisons = thread::spawn(move || {
            let _guard = theirs.write().unwrap();
            panic!("expected");
        });
        assert!(poisons.join().is_err());
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap_err().into_inner() = 1);
        let first = lock.read().unwrap_err();
        let second = lock.read().unwrap_err();
        drop((first, second));
        writer.join().unwrap();
    });
}

/// A reader that polls for what another reader is to do.
#[test]
fn a_reader_that_polls_for_another_is_a_livelock_behind_a_writer() {
    let model = || {
        let shared = Arc::new((RwLock::named("lock", 0), AtomicBool::new(false)));
        let (reads, writes) = (Arc::clone(&shared), Arc::clone(&shared));
        let writer = thread::spawn(move || *writes.0.write().unwrap() = 1);
        let reader = thread::spawn(move || {
            let _guard = reads.0.read().unwrap();
            reads.1.store(true, SeqCst);
        });
        let guard = shared.0.read().unwrap();
        while !shared.1.load(SeqCst) {
            thread::yield_now();
        }
        drop(guard);
        reader.join().unwrap();
        writer.join().unwrap();
    };
    let failure = fails(model);
    assert_eq!(failure.kind, FailureKind::Livelock, "{failure}");
    assert!(
        failure.message.contains("`thread 2` waits to read lock, behind `thread 1`"),
        "{failure}"
    );
    let passing = Explorer::new().rwlock_policy(RwLockPolicy::ReadersPass).check(model);
    assert!(matches!(passing.outcome, Outcome::Proved), "{passing:?}");
}

/// A round of the poll may be what another thread waits for.
#[test]
fn a_poll_that_wakes_another_thread_is_no_livelock() {
    let found = holds(|| {
        let shared = Arc::new((RwLock::new(0), AtomicBool::new(false)));
        let (reads, writes) = (Arc::clone(&shared), Arc::clone(&shared));
        let writer = thread::spawn(move || *writes.0.write().unwrap() = 1);
        let reader = thread::spawn(move || {
            thread::park();
            reads.1.store(true, SeqCst);
            outcome(*reads.0.read().unwrap());
        });
        let guard = shared.0.read().unwrap();
        while !shared.1.load(SeqCst) {
            reader.thread().unpark();
            thread::yield_now();
        }
        drop(guard);
        reader.join().unwrap();
        writer.join().unwrap();
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

/// Readers that wait for nothing inside let every writer come to its turn.
#[test]
fn readers_that_wait_for_nothing_inside_are_no_deadlock() {
    holds(|| {
        let lock = Arc::new(RwLock::new(0));
        let count = Arc::new(AtomicUsize::new(0));
        let threads = [0, 1].map(|_| {
            let (lock, count) = (Arc::clone(&lock), Arc::clone(&count));
            thread::spawn(move || {
                count.fetch_add(*lock.read().unwrap(), SeqCst);
                drop(lock.read().unwrap());
            })
        });
        *lock.write().unwrap() = 1;
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// What `try_read` and then, with the guard of the first, `try_read` come to beside a writer.
fn tries_beside_a_writer(policy: RwLockPolicy) -> Vec<String> {
    let result = Explorer::new().rwlock_policy(policy).check(|| {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
        let first = lock.read().unwrap();
        let tries = [0, 1].map(|_| lock.try_read().is_ok());
        outcome(format_args!("{} {tries:?}", *first));
        drop(first);
        writer.join().unwrap();
    });
    assert!(matches!(result.outcome, Outcome::Proved) && result.redundant == 0, "{result:?}");
    result.outcomes.into_keys().collect()
}

#[test]
fn a_try_read_may_fail_because_a_writer_waits() {
    let passing = ["0 [true, true]", "1 [true, true]"];
    assert_eq!(tries_beside_a_writer(RwLockPolicy::ReadersPass), passing);
    let any = ["0 [false, false]", "0 [true, false]", "0 [true, true]", "1 [true, true]"];
    assert_eq!(tries_beside_a_writer(RwLockPolicy::Any), any);
}

#[test]
fn a_try_read_that_must_succeed_among_readers_fails() {
    let model = || {
        let lock = Arc::new(RwLock::named("lock", 0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
        let first = lock.read().unwrap();
        assert!(lock.try_read().is_ok(), "busy");
        drop(first);
        writer.join().unwrap();
    };
    fails_with(FailureKind::Assertion, "busy", model);
    let failure = fails(model);
    assert!(failure.to_string().contains("thread 1 waits to write it"), "{failure}");
    let Outcome::Failed(again) = Explorer::replay(&failure.schedule, model).outcome else {
        panic!("the schedule fails again")
    };
    assert_eq!(again.message, failure.message);
}

/// Without readers inside, an attempt fails only if a writer is.
#[test]
fn a_try_read_that_fails_without_readers_has_a_writer_to_wait_for() {
    holds(|| {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
        if matches!(lock.try_read(), Err(TryLockError::WouldBlock)) {
            assert_eq!(*lock.read().unwrap(), 1);
        }
        writer.join().unwrap();
    });
}

/// A thread that tries until it can, beside a reader and a writer that waits.
#[test]
fn a_poll_by_try_read_ends() {
    holds(|| {
        let lock = Arc::new(RwLock::new(0));
        let (reads, writes) = (Arc::clone(&lock), Arc::clone(&lock));
        let reader = thread::spawn(move || *reads.read().unwrap());
        let writer = thread::spawn(move || *writes.write().unwrap() = 1);
        while lock.try_read().is_err() {
            thread::yield_now();
        }
        reader.join().unwrap();
        writer.join().unwrap();
    });
}

/// A thread that holds the lock for reading and tries until it can read once more.
#[test]
fn a_poll_by_try_read_under_a_read_guard_is_a_livelock() {
    let model = || {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() = 1);
        let first = lock.read().unwrap();
        while lock.try_read().is_err() {
            thread::yield_now();
        }
        drop(first);
        writer.join().unwrap();
    };
    assert_eq!(fails(model).kind, FailureKind::Livelock);
    let passing = Explorer::new().rwlock_policy(RwLockPolicy::ReadersPass).check(model);
    assert!(matches!(passing.outcome, Outcome::Proved), "{passing:?}");
}

#[test]
fn a_reader_polls_beside_a_reader_and_a_writer() {
    holds(|| {
        let lock = Arc::new(RwLock::new(0));
        let (second, third) = (Arc::clone(&lock), Arc::clone(&lock));
        let reader = thread::spawn(move || *second.read().unwrap());
        let writer = thread::spawn(move || *third.write().unwrap() = 1);
        while *lock.read().unwrap() == 0 {
            thread::yield_now();
        }
        reader.join().unwrap();
        writer.join().unwrap();
    });
}

/// An execution that was given up is torn down by a destructor that tries to read.
#[test]
fn a_try_read_in_teardown_changes_nothing() {
    struct Tries(Arc<RwLock<u32>>);
    impl Drop for Tries {
        fn drop(&mut self) {
            let _ = self.0.try_read();
        }
    }
    let failure = fails(|| {
        let shared = Arc::new((RwLock::new(0), AtomicBool::new(false)));
        let (lock, theirs) = (Arc::new(RwLock::new(0)), Arc::clone(&shared));
        let guarded = Tries(Arc::clone(&lock));
        let polls = thread::spawn(move || {
            while !theirs.1.load(SeqCst) {
                thread::yield_now();
            }
        });
        let tries = thread::spawn(move || {
            let guarded = guarded;
            shared.1.load(SeqCst);
            drop(guarded);
        });
        *lock.write().unwrap() = 1;
        polls.join().unwrap();
        tries.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::Livelock, "{failure}");
}
