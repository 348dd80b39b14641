//! The results of threads for which nobody asks: whoever comes last drops one, the thread or its handle.

use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{Explorer, FailureKind, Memory, Outcome, outcome, thread};

/// Executions, and the outcomes under each memory model, which are the same.
fn explored(model: impl Fn() + Copy) -> [(u64, Vec<String>); 2] {
    [Memory::Sequential, Memory::C11].map(|memory| {
        let found = Explorer::new().memory(memory).check(model);
        assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
        (found.executions, found.outcomes.into_keys().collect())
    })
}

/// Says which thread drops it.
struct Says;

impl Drop for Says {
    fn drop(&mut self) {
        outcome(thread::current().name().unwrap_or("a thread without a name"));
    }
}

fn named<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new().name("other".into()).spawn(f).unwrap()
}

#[test]
fn a_result_is_dropped_by_the_thread_or_by_who_drops_its_handle() {
    for (executions, outcomes) in explored(|| drop(named(|| Says))) {
        assert_eq!((executions, outcomes), (2, vec!["main".to_owned(), "other".to_owned()]));
    }
    let others = explored(|| {
        let (theirs, mine) = (Arc::new(AtomicU32::new(0)), AtomicU32::new(0));
        let handle = named(move || {
            theirs.store(1, SeqCst);
            Says
        });
        mine.store(1, SeqCst);
        drop(handle);
        mine.store(2, SeqCst);
    });
    for (executions, outcomes) in others {
        assert_eq!((executions, outcomes), (2, vec!["main".to_owned(), "other".to_owned()]));
    }
}

#[test]
fn a_result_may_live_on_when_its_handle_is_gone() {
    let detached = || {
        let value = Arc::new(());
        let theirs = Arc::clone(&value);
        drop(thread::spawn(move || theirs));
        value
    };
    for (_, outcomes) in explored(|| outcome(Arc::strong_count(&detached()))) {
        assert_eq!(outcomes, ["1", "2"]);
    }
    for memory in [Memory::Sequential, Memory::C11] {
        let asserts = || assert_eq!(Arc::strong_count(&detached()), 1);
        let found = Explorer::new().memory(memory).check(asserts);
        let Outcome::Failed(failure) = found.outcome else { panic!("{:?}", found.outcome) };
        assert_eq!(failure.kind, FailureKind::Assertion);
        // It is found again by its schedule.
        let again = Explorer::new().memory(memory).run_again(&failure.schedule, asserts);
        assert!(matches!(again.outcome, Outcome::Failed(_)), "{:?}", again.outcome);
    }
}

/// Whichever of the two comes first, the failure is found again by its schedule.
#[test]
fn who_drops_a_result_is_run_again() {
    struct Fails(&'static str);
    impl Drop for Fails {
        fn drop(&mut self) {
            assert_ne!(thread::current().name(), Some(self.0));
        }
    }
    for memory in [Memory::Sequential, Memory::C11] {
        for name in ["main", "other"] {
            let model = || drop(named(move || Fails(name)));
            let found = Explorer::new().memory(memory).check(model);
            let Outcome::Failed(failure) = found.outcome else { panic!("{:?}", found.outcome) };
            assert_eq!(failure.kind, FailureKind::Assertion, "{failure}");
            let again = Explorer::new().memory(memory).run_again(&failure.schedule, model);
            let Outcome::Failed(again) = again.outcome else { panic!("{:?}", again.outcome) };
            assert_eq!(again.kind, FailureKind::Assertion, "{again}");
        }
    }
}

/// That a thread leaves its result is a step of the schedule, before it is known that anybody drops the handle.
#[test]
fn a_schedule_with_a_result_that_is_left_is_run_again() {
    /// Writes 1 if main drops it.
    struct Writes(Arc<AtomicU32>);
    impl Drop for Writes {
        fn drop(&mut self) {
            if thread::current().name() == Some("main") {
                self.0.store(1, SeqCst);
            }
        }
    }
    for memory in [Memory::Sequential, Memory::C11] {
        let model = || {
            let (written, lock) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(())));
            let result = Writes(Arc::clone(&written));
            let handle = thread::spawn(move || result);
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || {
                let _held = theirs.lock().unwrap();
                let before = written.load(SeqCst);
                assert_eq!(written.load(SeqCst), before);
            });
            drop(handle);
            drop(lock.lock().unwrap());
            other.join().unwrap();
        };
        let found = Explorer::new().memory(memory).check(model);
        let Outcome::Failed(failure) = found.outcome else { panic!("{:?}", found.outcome) };
        assert_eq!(failure.kind, FailureKind::Assertion, "{failure}");
        let again = Explorer::new().memory(memory).run_again(&failure.schedule, model);
        let Outcome::Failed(again) = again.outcome else { panic!("{:?}", again.outcome) };
        assert_eq!(again.kind, FailureKind::Assertion, "{again}");
    }
}

/// A panic that is caught, and in which a handle is dropped, hides nothing.
#[test]
fn a_handle_that_is_dropped_in_a_panic_is_one_that_is_dropped() {
    let found = explored(|| {
        let handle = named(|| Says);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _handle = handle;
            panic!("caught");
        }));
        assert!(caught.is_err());
    });
    for (executions, outcomes) in found {
        assert_eq!((executions, outcomes), (2, vec!["main".to_owned(), "other".to_owned()]));
    }
}

/// A scope waits for the closures of its threads; what their results do afterwards is over when it returns.
#[test]
fn a_result_of_a_scoped_thread_is_dropped_by_either() {
    struct Locks(Arc<Mutex<u32>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let found = explored(|| {
        let count = Arc::new(Mutex::new(0));
        thread::scope(|scope| {
            scope.spawn(|| Locks(Arc::clone(&count)));
        });
        outcome(*count.lock().unwrap());
    });
    for (executions, outcomes) in found {
        assert_eq!((executions, outcomes), (2, vec!["1".to_owned()]));
    }
}

/// A result that is asked for, or that nobody drops, or that has no destructor, costs nothing.
#[test]
fn other_results_are_no_steps() {
    let found = explored(|| {
        let joined = thread::spawn(|| String::from("result"));
        drop(thread::spawn(|| 1));
        std::mem::forget(thread::spawn(|| String::from("forgotten")));
        outcome(joined.join().unwrap());
    });
    for (executions, outcomes) in found {
        assert_eq!((executions, outcomes), (1, vec!["result".to_owned()]));
    }
}
