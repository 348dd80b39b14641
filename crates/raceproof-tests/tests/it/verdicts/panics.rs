//! Panics: which is told, and where.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use raceproof::sync::Mutex;
use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::{Explorer, FailureKind, Memory, Operation, Outcome, choose, outcome, thread};

use super::{fails, fails_with, holds};

#[test]
fn a_choice_inside_of_a_caught_panic_is_explored() {
    let found = holds(|| {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            if choose(2) == 1 {
                panic!("one");
            }
        }));
        outcome(caught.is_err());
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_panic_is_told_where_it_happens() {
    let failure = fails(|| {
        thread::spawn(|| panic!("here")).join().unwrap();
    });
    let step = failure.trace.steps.iter().find(|step| step.operation == Operation::Panic);
    let step = step.and_then(|step| step.place.as_ref());
    assert!(step.is_some(), "{failure}");
    assert_eq!(step, failure.location.as_ref(), "{failure}");
}

#[test]
fn a_join_that_is_unwrapped_passes_the_panic_on() {
    fails_with(FailureKind::Assertion, "the real failure", || {
        thread::spawn(|| panic!("the real failure")).join().unwrap();
    });
}

/// Takes a step when it is dropped.
struct Tell(Arc<AtomicUsize>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A thread that panics, and takes a step while it does.
fn panics(a: &Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    let theirs = Tell(Arc::clone(a));
    thread::spawn(move || {
        let _tell = theirs;
        panic!("expected");
    })
}

#[test]
fn a_thread_that_caught_a_panic_does_not_panic() {
    holds(|| {
        let a = Arc::new(AtomicUsize::new(0));
        let other = panics(&a);
        let _ = catch_unwind(|| panic!("harmless"));
        let lock = Mutex::new(());
        let guard = lock.lock().unwrap();
        a.load(SeqCst);
        assert!(!thread::panicking(), "it panics no longer");
        drop(guard);
        assert!(!lock.is_poisoned(), "poisoned");
        assert!(other.join().is_err());
    });
}

#[test]
fn std_knows_which_thread_panics() {
    let found = holds(|| {
        let a = Arc::new(AtomicUsize::new(0));
        let other = panics(&a);
        outcome(a.load(SeqCst));
        assert!(!std::thread::panicking(), "this thread does not panic");
        assert!(other.join().is_err());
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

/// A destructor that takes steps while its thread panics, or panics itself and catches that.
#[test]
fn a_thread_that_panics_does_so_after_each_step() {
    struct Looks(Arc<AtomicUsize>);
    impl Drop for Looks {
        fn drop(&mut self) {
            for _ in 0..2 {
                self.0.fetch_add(1, SeqCst);
                assert!(std::thread::panicking() && thread::panicking(), "its thread panics");
            }
            let a = Arc::clone(&self.0);
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _tell = Tell(a);
                panic!("inside")
            }));
            assert!(caught.is_err());
            self.0.fetch_add(1, SeqCst);
            assert!(std::thread::panicking() && thread::panicking(), "its thread still panics");
        }
    }
    for _ in 0..3 {
        holds(|| {
            let a = Arc::new(AtomicUsize::new(0));
            let threads = [0, 1].map(|_| {
                let looks = Looks(Arc::clone(&a));
                thread::spawn(move || {
                    let _looks = looks;
                    panic!("expected");
                })
            });
            assert!(threads.into_iter().all(|thread| thread.join().is_err()));
            assert!(!std::thread::panicking(), "this thread does not panic");
        });
        assert!(!std::thread::panicking(), "no panic is left");
    }
}

/// "If any of the automatically joined threads panicked, this function will panic", and so it does with
/// its closure's own panic.
#[test]
fn a_scope_whose_closure_panics_takes_its_threads_panics_as_well() {
    holds(|| {
        let result = catch_unwind(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("of a thread"));
                panic!("of the closure")
            })
        });
        let payload = result.unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"of the closure"));
    });
}

/// A guard poisons its lock if its thread panics when it is dropped and did not when it was made.
#[test]
fn a_lock_that_a_destructor_takes_and_releases_is_not_poisoned() {
    struct Locks(Arc<Mutex<u32>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let found = holds(|| {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Locks(Arc::clone(&lock));
        let other = thread::spawn(move || {
            let _locks = theirs;
            panic!("expected");
        });
        outcome(*lock.lock().unwrap());
        assert!(other.join().is_err());
        assert!(!lock.is_poisoned(), "poisoned");
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_thread_that_a_destructor_starts_does_not_panic() {
    struct Starts(Arc<AtomicUsize>);
    impl Drop for Starts {
        fn drop(&mut self) {
            let a = Arc::clone(&self.0);
            let other = thread::spawn(move || {
                assert!(!std::thread::panicking(), "it does not panic");
                a.fetch_add(1, SeqCst);
                assert!(!std::thread::panicking(), "it does not panic");
            });
            other.join().unwrap();
            assert!(std::thread::panicking(), "its starter does");
        }
    }
    holds(|| {
        let starts = Starts(Arc::default());
        let other = thread::spawn(move || {
            let _starts = starts;
            panic!("expected");
        });
        let payload = other.join().unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"expected"));
    });
}

/// A model may run in a destructor while its OS thread panics.
#[test]
fn a_model_knows_nothing_of_a_panic_around_it() {
    struct Models;
    impl Drop for Models {
        fn drop(&mut self) {
            let model = || {
                let lock = Arc::new(Mutex::new(0));
                let theirs = Arc::clone(&lock);
                let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
                assert!(!std::thread::panicking(), "no thread panics");
                drop(lock.lock().unwrap());
                other.join().unwrap();
            };
            assert!(matches!(Explorer::new().check(model).outcome, Outcome::Proved));
            assert!(std::thread::panicking(), "the OS thread does");
        }
    }
    let caught = catch_unwind(|| {
        let _models = Models;
        std::panic::resume_unwind(Box::new("around"));
    });
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"around"));
    assert!(!std::thread::panicking(), "no panic is left");
}

#[test]
fn the_panic_that_ended_the_thread_is_told() {
    fails_with(FailureKind::Assertion, "the real failure", || {
        let _ = catch_unwind(|| panic!("harmless"));
        resume_unwind(Box::new("the real failure"));
    });
}

#[test]
fn a_panic_caught_in_a_destructor_is_not_told() {
    struct Careful;
    impl Drop for Careful {
        fn drop(&mut self) {
            let _ = catch_unwind(|| panic!("harmless"));
        }
    }
    fails_with(FailureKind::Assertion, "the real failure", || {
        let _careful = Careful;
        panic!("the real failure");
    });
}

#[test]
fn another_thread_s_expected_panic_is_not_told() {
    struct Step(Arc<AtomicUsize>);
    impl Drop for Step {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let result = Explorer::new().keep_going().check(|| {
        let a = Arc::new(AtomicUsize::new(0));
        let step = Step(Arc::clone(&a));
        thread::spawn(move || {
            let _step = step;
            panic!("the real failure");
        });
        let step = Step(a);
        let expected = thread::spawn(move || {
            let _step = step;
            panic!("expected");
        });
        assert!(expected.join().is_err());
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("a thread panics") };
    assert!(failure.message.contains("the real failure"), "{failure}");
}

raceproof::thread_local! {
    static LAST: Last = const { Last };
}

/// Takes a step when its thread ends.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        choose(1);
    }
}

/// The main thread's panic ends the execution before another thread has joined the one that panicked first.
#[test]
fn a_panic_that_might_yet_have_been_taken_is_not_told() {
    let failure = fails(|| {
        thread::spawn(|| {
            thread::scope(|scope| {
                let first = scope.spawn(|| {
                    LAST.with(|_| ());
                    panic!("taken");
                });
                scope.spawn(move || assert!(first.join().is_err()));
            });
        });
        panic!("the real failure");
    });
    assert!(failure.message.contains("the real failure"), "{failure}");
    let handed_on = fails(|| {
        let first = thread::spawn(|| panic!("taken"));
        thread::spawn(move || {
            choose(1);
            assert!(first.join().is_err());
        });
        panic!("the real failure");
    });
    assert!(handed_on.message.contains("the real failure"), "{handed_on}");
    // No thread can take this one.
    let forsaken = fails(|| {
        drop(thread::spawn(|| panic!("the cause")));
        thread::spawn(|| choose(1));
        panic!("what follows");
    });
    assert!(forsaken.message.contains("the cause"), "{forsaken}");
}

/// Where failures are counted, threads go on after the main thread's panic. What comes of that does not hide it.
#[test]
fn a_panic_of_main_is_told_though_another_thread_never_ends() {
    for memory in [Memory::Sequential, Memory::C11] {
        let found = Explorer::new().keep_going().max_steps(100).memory(memory).check(|| {
            let lock = Arc::new(Mutex::new(()));
            thread::spawn(move || {
                loop {
                    drop(lock.lock());
                }
            });
            panic!("the real failure");
        });
        let Outcome::Failed(failure) = found.outcome else { panic!("{found:?}") };
        assert_eq!(failure.kind, FailureKind::Assertion, "{failure}");
        assert!(failure.message.contains("the real failure"), "{failure}");
    }
}
