//! Joins, scopes, and threads that do not do what they did before.

use std::cell::RefCell;
use std::sync::Arc;

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, Memory, Outcome, outcome, thread};

use super::{fails, fails_with, holds};

#[test]
fn a_sibling_joins_a_scoped_thread() {
    holds(|| {
        let a = AtomicUsize::new(0);
        thread::scope(|scope| {
            let first = scope.spawn(|| a.load(SeqCst));
            scope.spawn(|| first.join().unwrap());
            a.load(SeqCst);
        });
    });
}

struct Stores(Arc<AtomicUsize>);

impl Drop for Stores {
    fn drop(&mut self) {
        self.0.store(1, SeqCst);
    }
}

raceproof::thread_local! {
    static LATE: RefCell<Option<Stores>> = const { RefCell::new(None) };
}

/// The running thread gets a value whose destructor stores 1.
fn store_late(a: &Arc<AtomicUsize>) {
    LATE.with(|late| *late.borrow_mut() = Some(Stores(Arc::clone(a))));
}

#[test]
fn a_scope_ends_before_its_threads_locals_are_destroyed() {
    let found = holds(|| {
        let a = Arc::new(AtomicUsize::new(0));
        thread::scope(|scope| {
            scope.spawn(|| store_late(&a));
        });
        outcome(a.load(SeqCst));
    });
    assert_eq!(Vec::from_iter(found), ["0", "1"]);
}

/// "This might return `true` for a brief moment after the thread's main function has returned, but before the thread itself has
/// stopped running."
#[test]
fn a_thread_is_finished_before_its_locals_are_destroyed() {
    let found = holds(|| {
        let a = Arc::new(AtomicUsize::new(0));
        let thread = thread::spawn({
            let a = Arc::clone(&a);
            move || store_late(&a)
        });
        outcome(format!("{} {}", thread.is_finished(), a.load(SeqCst)));
        thread.join().unwrap();
        assert_eq!(a.load(SeqCst), 1);
    });
    assert_eq!(Vec::from_iter(found), ["false 0", "false 1", "true 0", "true 1"]);
}

/// However late the scope ends: what comes after the closure is not before what comes after the scope.
#[test]
fn a_scope_that_ends_late_sees_no_more_of_a_thread_than_its_closure() {
    let found = holds(|| {
        let a = Arc::new(AtomicUsize::new(0));
        let b = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| store_late(&a));
            b.store(a.load(SeqCst), SeqCst);
        });
        outcome(format!("{} {}", b.load(SeqCst), a.load(SeqCst)));
    });
    assert_eq!(Vec::from_iter(found), ["0 0", "0 1", "1 1"]);
}

#[test]
fn a_join_in_a_scope_waits_for_locals() {
    let found = holds(|| {
        let a = Arc::new(AtomicUsize::new(0));
        thread::scope(|scope| scope.spawn(|| store_late(&a)).join().unwrap());
        outcome(a.load(SeqCst));
    });
    assert_eq!(Vec::from_iter(found), ["1"]);
}

/// The closure happens before the end of the scope, the destructors do not: rust #116179.
#[test]
fn what_a_late_destructor_writes_races_with_what_follows_the_scope() {
    struct Writes(Arc<UnsafeCell<u32>>);
    impl Drop for Writes {
        fn drop(&mut self) {
            self.0.write(1);
        }
    }
    raceproof::thread_local! {
        static WRITES: RefCell<Option<Writes>> = const { RefCell::new(None) };
    }
    let model = |late: bool| {
        move || {
            let cell = Arc::new(UnsafeCell::new(0));
            thread::scope(|scope| {
                scope.spawn(|| {
                    let writes = Writes(Arc::clone(&cell));
                    if late {
                        WRITES.with(|local| *local.borrow_mut() = Some(writes));
                    } else {
                        LATE.with(|_| ());
                    }
                });
            });
            assert!(cell.read() < 2);
        }
    };
    assert_eq!(fails(model(true)).kind, FailureKind::DataRace);
    holds(model(false));
}

#[test]
fn a_scope_takes_the_panic_of_a_thread_with_locals() {
    fails_with(FailureKind::Assertion, "in the closure", || {
        let a = Arc::new(AtomicUsize::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                store_late(&a);
                panic!("in the closure");
            });
        });
    });
}

/// What is asleep may be all that is left if a thread does something else than before.
#[test]
fn a_search_that_its_sleep_sets_cut_is_no_proof() {
    let runs = std::cell::Cell::new(0);
    let result = Explorer::new().check(|| {
        runs.set(runs.get() + 1);
        let first = runs.get() == 1;
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || if first { &theirs.0 } else { &theirs.1 }.store(1, SeqCst));
        shared.0.store(2, SeqCst);
    });
    assert!(!matches!(result.outcome, Outcome::Proved), "{result:?}");
}

#[test]
fn a_deadlock_beside_a_thread_that_ended_before_it_was_asked_for() {
    let model = || {
        let (first, ended) = (thread::spawn(|| ()), thread::spawn(|| ()));
        first.join().unwrap();
        AtomicUsize::new(0).load(SeqCst);
        if ended.is_finished() {
            thread::park();
        }
    };
    for memory in [Memory::Sequential, Memory::C11] {
        let Outcome::Failed(failure) = Explorer::new().memory(memory).check(model).outcome else {
            panic!("it deadlocks")
        };
        assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
        let Outcome::Failed(again) = Explorer::replay(&failure.schedule, model).outcome else {
            panic!("the schedule fails again")
        };
        assert_eq!((again.kind, again.message), (failure.kind, failure.message));
    }
}

#[test]
fn a_thread_local_whose_destructor_looks_at_its_own_key() {
    holds(|| {
        let other = thread::spawn(|| OWN.with(|_| ()));
        other.join().unwrap();
    });
}

raceproof::thread_local! {
    static OWN: LooksAtItself = const { LooksAtItself };
}

struct LooksAtItself;

impl Drop for LooksAtItself {
    fn drop(&mut self) {
        let _ = OWN.try_with(|_| ());
    }
}
