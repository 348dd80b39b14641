//! What facades of other checkers need: signals, plain accesses of atomics, accesses that stay open, searches in
//! turn.

use std::cell::Cell;

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use raceproof::sync::{Arc, OnceLock, Signal};
use raceproof::{Exploration, Explorer, FailureKind, Memory, Outcome, thread};

const BOTH: [Memory; 2] = [Memory::Sequential, Memory::C11];

#[track_caller]
fn check(memory: Memory, model: impl Fn()) -> Exploration {
    Explorer::new().memory(memory).check(model)
}

#[track_caller]
fn holds(memory: Memory, model: impl Fn()) -> u64 {
    let found = check(memory, model);
    assert!(matches!(found.outcome, Outcome::Proved), "{memory:?}: {:?}", found.outcome);
    found.executions
}

#[track_caller]
fn races(model: impl Fn()) {
    for memory in BOTH {
        match check(memory, &model).outcome {
            Outcome::Failed(failure) => {
                assert_eq!(failure.kind, FailureKind::DataRace, "{memory:?}: {failure}");
            }
            other => panic!("{memory:?}: no failure but {other:?}"),
        }
    }
}

#[test]
fn a_signal_is_given_and_taken_in_one_order() {
    let model = || {
        let signal = Arc::new(Signal::new());
        let theirs = Arc::clone(&signal);
        let other = thread::spawn(move || theirs.notify());
        signal.wait();
        other.join().unwrap();
    };
    assert_eq!(BOTH.map(|memory| holds(memory, model)), [1, 1]);
}

#[test]
fn a_signal_is_apart_from_the_thread_s_token() {
    for memory in BOTH {
        holds(memory, || {
            let signal = Signal::new();
            thread::current().unpark();
            signal.notify();
            signal.wait();
            thread::park();
        });
        let found = check(memory, || {
            let signal = Signal::new();
            thread::current().unpark();
            signal.wait();
        });
        let Outcome::Failed(failure) = found.outcome else { panic!("{:?}", found.outcome) };
        assert_eq!(failure.kind, FailureKind::Deadlock);
    }
}

#[test]
fn a_signal_orders_plain_memory() {
    for memory in BOTH {
        holds(memory, || {
            let shared = Arc::new((Signal::new(), UnsafeCell::new(0)));
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                theirs.1.write(1);
                theirs.0.notify();
            });
            shared.0.wait();
            assert_eq!(shared.1.read(), 1);
        });
    }
}

#[test]
fn a_wait_for_a_signal_may_end_once_for_no_reason() {
    for memory in BOTH {
        let found = check(memory, || {
            let signal = Arc::new(Signal::new());
            let theirs = Arc::clone(&signal);
            let ready = Arc::new(AtomicUsize::new(0));
            let set = Arc::clone(&ready);
            let other = thread::spawn(move || {
                set.store(1, Ordering::Release);
                theirs.notify();
            });
            let mut rounds = 0;
            while ready.load(Ordering::Acquire) == 0 {
                signal.wait_or_wake();
                rounds += 1;
            }
            raceproof::outcome(rounds);
            other.join().unwrap();
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
        assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["0", "1", "2"], "{memory:?}");
    }
}

#[test]
fn a_failure_after_a_wait_that_ends_for_no_reason_is_shown_again() {
    for memory in BOTH {
        let model = || {
            let signal = Arc::new(Signal::new());
            let given = Arc::new(AtomicUsize::new(0));
            let (theirs, set) = (Arc::clone(&signal), Arc::clone(&given));
            thread::spawn(move || {
                set.store(1, Ordering::SeqCst);
                theirs.notify();
            });
            signal.wait_or_wake();
            assert_eq!(given.load(Ordering::SeqCst), 1, "too early");
        };
        let explorer = Explorer::new().memory(memory);
        let Outcome::Failed(failure) = explorer.check(model).outcome else { panic!("it holds") };
        assert!(failure.message.contains("too early"), "{failure}");
        assert!(failure.to_string().contains("wakes for no reason"), "{failure}");
        let again = explorer.run_again(&failure.schedule, model).outcome;
        assert!(matches!(again, Outcome::Failed(again) if again.message == failure.message));
    }
}

#[test]
fn outside_of_a_model_a_signal_is_std_s() {
    let signal = std::sync::Arc::new(Signal::new());
    let theirs = std::sync::Arc::clone(&signal);
    let other = std::thread::spawn(move || theirs.notify());
    signal.wait_or_wake();
    other.join().unwrap();
}

#[test]
fn a_plain_load_races_with_a_store() {
    races(|| {
        let value = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&value);
        thread::spawn(move || theirs.store(1, Ordering::SeqCst));
        value.plain_load();
    });
    races(|| {
        let value = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&value);
        thread::spawn(move || _ = theirs.plain_load());
        value.store(1, Ordering::SeqCst);
    });
}

#[test]
fn a_plain_load_does_not_race_with_a_load() {
    for memory in BOTH {
        holds(memory, || {
            let value = Arc::new(AtomicUsize::new(7));
            let theirs = Arc::clone(&value);
            thread::spawn(move || assert_eq!(theirs.load(Ordering::Relaxed), 7));
            assert_eq!(value.plain_load(), 7);
        });
    }
}

#[test]
fn a_plain_load_is_ordered_by_what_orders_memory() {
    let model = |order| {
        move || {
            let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                theirs.0.store(1, Ordering::Relaxed);
                theirs.1.store(1, order);
            });
            if shared.1.load(Ordering::Acquire) == 1 {
                assert_eq!(shared.0.plain_load(), 1);
            }
        }
    };
    let _ = BOTH.map(|memory| holds(memory, model(Ordering::Release)));
    races(model(Ordering::Relaxed));
}

#[test]
fn the_last_owner_changes_an_atomic_plainly() {
    struct Node(AtomicPtr<u32>);

    impl Drop for Node {
        fn drop(&mut self) {
            let value = self.0.with_mut(|value| std::mem::replace(value, std::ptr::null_mut()));
            assert!(!value.is_null());
            assert!(self.0.load(Ordering::Relaxed).is_null());
        }
    }

    for memory in BOTH {
        holds(memory, || {
            let node = Node(AtomicPtr::new(std::ptr::null_mut()));
            thread::scope(|scope| {
                scope.spawn(|| _ = node.0.swap(std::ptr::dangling_mut(), Ordering::Relaxed));
                node.0.swap(std::ptr::dangling_mut(), Ordering::Relaxed);
            });
        });
    }
}

#[test]
fn plain_changes_of_an_atomic_are_there() {
    for memory in BOTH {
        holds(memory, || {
            let mut value = AtomicUsize::new(1);
            assert_eq!(value.with_mut(|value| std::mem::replace(value, 2)), 1);
            assert_eq!(value.load(Ordering::Relaxed), 2);
            value.store(3, Ordering::Relaxed);
            assert_eq!(value.plain_load(), 3);
            let value = Arc::new(value);
            let theirs = Arc::clone(&value);
            let other = thread::spawn(move || theirs.load(Ordering::Relaxed));
            assert_eq!(other.join().unwrap(), 3);
        });
    }
}

#[test]
fn an_access_of_a_cell_stays_open() {
    races(|| {
        let cell = Arc::new(UnsafeCell::new(0));
        let theirs = Arc::clone(&cell);
        let _write = cell.begin_write();
        thread::spawn(move || drop(theirs.begin_read())).join().unwrap();
    });
    for memory in BOTH {
        holds(memory, || {
            let cell = Arc::new(UnsafeCell::new(0));
            let theirs = Arc::clone(&cell);
            drop(cell.begin_write());
            let read = cell.begin_read();
            thread::spawn(move || drop(theirs.begin_read())).join().unwrap();
            drop(read);
            drop(cell.begin_write());
        });
    }
}

#[test]
fn a_model_is_searched_as_a_facade_likes() {
    let searched = Cell::new(0);
    Explorer::new().preemption_bound(0).allow_bounded().model_by(
        || (),
        |explorer, model| {
            searched.set(searched.get() + 1);
            let bounded = explorer.check(model).outcome;
            assert!(matches!(bounded, Outcome::Bounded(_)), "{bounded:?}");
            explorer.clone().without_preemption_bound().memory(Memory::C11).check(model)
        },
    );
    assert_eq!(searched.get(), 1);
}

#[test]
#[should_panic(expected = "RACEPROOF_REPLAY=")]
fn what_a_facade_finds_is_told_as_ever() {
    let model = || assert_eq!(raceproof::choose(2), 0, "one");
    Explorer::new().model_by(model, |explorer, model| explorer.check(model));
}

#[test]
fn what_is_dropped_when_all_threads_have_ended_is_no_leak() {
    raceproof::statics! {
        static LAZY: OnceLock<Arc<u32>> = OnceLock::new();
        static AT_ONCE: Arc<u32> = Arc::new(1);
    }

    let explorer = Explorer::new().leaks(true);
    let proved = |model: &dyn Fn()| matches!(explorer.check(model).outcome, Outcome::Proved);
    assert!(proved(&|| {
        let value = Arc::clone(LAZY.get_or_init(|| Arc::new(2)));
        assert_eq!(*Arc::clone(&AT_ONCE) + *value, 3);
    }));
    // A result for which no thread asks.
    assert!(proved(&|| {
        thread::spawn(|| Arc::clone(&Arc::new(3)));
    }));
    explorer.expect_failure("is never dropped", || {
        std::mem::forget(Arc::clone(LAZY.get_or_init(|| Arc::new(2))));
    });
}

#[test]
fn the_last_owner_s_destructor_comes_after_the_other_owners() {
    struct Node(AtomicUsize, UnsafeCell<u32>);

    impl Drop for Node {
        fn drop(&mut self) {
            self.1.write(1);
            assert_eq!(self.0.with_mut(|value| *value), 0);
        }
    }

    let model = |node: Arc<Node>| {
        node.0.load(Ordering::Relaxed);
        node.1.read();
    };
    let shared = || {
        let node = Arc::new(Node(AtomicUsize::new(0), UnsafeCell::new(0)));
        let theirs = Arc::clone(&node);
        thread::spawn(move || model(theirs));
        model(node);
    };
    for memory in BOTH {
        holds(memory, shared);
    }
    // The order ends with the destructor.
    races(|| {
        let node = Arc::new((AtomicUsize::new(0), Arc::new(UnsafeCell::new(0))));
        let (theirs, cell) = (Arc::clone(&node), Arc::clone(&node.1));
        thread::spawn(move || {
            theirs.1.write(1);
            theirs.0.load(Ordering::Relaxed);
            drop(theirs);
        });
        drop(node);
        cell.write(2);
    });
}
