//! Statics: each execution has its own, there from the beginning, whichever thread uses it first.

use std::panic::{AssertUnwindSafe, catch_unwind};

use raceproof::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use raceproof::sync::{Arc, Condvar, LazyLock, Mutex, OnceLock};
use raceproof::{Explorer, FailureKind, Memory, Outcome, choose, outcome, statics, thread};

statics! {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    static OTHER: AtomicUsize = AtomicUsize::new(0);
    static LIST: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    static LATER: OnceLock<String> = OnceLock::new();
    static LAZY: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(LIST.lock().unwrap().len() as u32));
    static PAIR: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    static MANY: [AtomicBool; 4] = std::array::from_fn(|_| AtomicBool::new(false));
    static OWNED: Arc<AtomicUsize> = Arc::new(AtomicUsize::new(0));
}

/// Explores a program that is proved, and what it comes to.
#[track_caller]
fn proved(program: impl Fn()) -> (u64, Vec<String>) {
    let found = Explorer::new().check(program);
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    (found.executions, found.outcomes.into_keys().collect())
}

#[test]
fn each_execution_has_its_own() {
    let (executions, outcomes) = proved(|| {
        let other = thread::spawn(|| COUNT.store(COUNT.load(SeqCst) + 1, SeqCst));
        COUNT.store(COUNT.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
        outcome(COUNT.load(SeqCst));
    });
    // As with an atomic that the main thread makes first.
    let with_one_made = Explorer::new().check(|| {
        let count = Arc::new(AtomicUsize::new(1));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        count.store(count.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
    });
    assert_eq!((executions, outcomes), (with_one_made.executions, vec!["2".into(), "3".into()]));
}

/// Whichever thread is the first to use a static, it is the same object: no execution is missed and none
/// is run twice.
#[test]
fn the_first_to_use_one_makes_no_difference() {
    let program = |first: &'static AtomicUsize, second: &'static AtomicUsize| {
        let increment = |atomic: &AtomicUsize| atomic.fetch_add(1, SeqCst);
        let threads = [
            thread::spawn(move || (increment(first), increment(second))),
            thread::spawn(move || (increment(second), increment(first))),
            thread::spawn(move || (increment(first), increment(second))),
        ];
        outcome(format!("{:?}", threads.map(|thread| thread.join().unwrap())));
    };
    let (executions, outcomes) = proved(|| program(&COUNT, &OTHER));
    let (as_usual, usual) = proved(|| {
        program(Box::leak(Box::new(AtomicUsize::new(1))), Box::leak(Box::new(AtomicUsize::new(0))))
    });
    assert_eq!((executions, outcomes.len()), (as_usual, as_usual as usize));
    assert_eq!(outcomes, usual);
}

/// In some executions a thread comes to a static that it does not use in others.
#[test]
fn statics_that_only_some_executions_use() {
    let (executions, outcomes) = proved(|| {
        let use_both = || {
            if COUNT.fetch_add(1, SeqCst) == 2 { OTHER.fetch_add(1, SeqCst) } else { 9 }
        };
        let threads = [thread::spawn(use_both), thread::spawn(use_both)];
        let mine = OTHER.fetch_add(10, SeqCst);
        outcome(format!("{mine} {:?}", threads.map(|thread| thread.join().unwrap())));
    });
    // Two orders of the threads at COUNT, and two of OTHER.
    assert_eq!((executions, outcomes.len()), (4, 4), "{outcomes:?}");
}

#[test]
fn everything_may_be_a_static() {
    let (_, outcomes) = proved(|| {
        let other = thread::spawn(|| {
            LIST.lock().unwrap().push(1);
            MANY[choose(2)].store(true, SeqCst);
            *PAIR.0.lock().unwrap() = true;
            PAIR.1.notify_one();
            OWNED.fetch_add(1, SeqCst);
            LATER.get_or_init(|| "theirs".into()).len()
        });
        drop(PAIR.1.wait_while(PAIR.0.lock().unwrap(), |ready| !*ready).unwrap());
        let mine = LATER.get_or_init(|| "mine".into()).len();
        assert_eq!(mine, other.join().unwrap());
        assert_eq!((OWNED.load(SeqCst), Arc::strong_count(&OWNED)), (1, 1));
        outcome(format!("{mine} {}", *LAZY.lock().unwrap()));
    });
    assert_eq!(outcomes, ["4 1", "6 1"]);
}

/// Outside of a model there is one, which no model changes.
#[test]
fn outside_there_is_one() {
    statics! { static HITS: AtomicUsize = AtomicUsize::new(0); }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| HITS.fetch_add(1, SeqCst));
        }
    });
    raceproof::model(|| assert_eq!(HITS.fetch_add(1, SeqCst), 0));
    assert_eq!(HITS.load(SeqCst), 4);
}

#[test]
fn they_have_their_names() {
    let program = || {
        let add = || {
            let mut list = LIST.lock().unwrap();
            list.push(COUNT.load(SeqCst) as u32);
            drop(list);
            COUNT.store(COUNT.load(SeqCst) + 1, SeqCst);
        };
        let other = thread::spawn(add);
        add();
        other.join().unwrap();
        assert_eq!(COUNT.load(SeqCst), 3, "lost");
    };
    let failure = Explorer::new().expect_failure("lost", program);
    let told = failure.to_string();
    assert!(told.contains("LIST") && told.contains("COUNT"), "{told}");
    let Outcome::Failed(again) = Explorer::replay(&failure.schedule, program).outcome else {
        panic!("it fails again")
    };
    assert_eq!((again.message, again.trace), (failure.message, failure.trace));
}

/// They are no leaks, and their values are dropped with the execution.
#[test]
fn their_end_is_that_of_the_execution() {
    struct Guard(&'static std::sync::atomic::AtomicUsize);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    static DROPS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    statics! { static GUARD: (Guard, Arc<u8>) = (Guard(&DROPS), Arc::new(1)); }
    let found = Explorer::new().leaks(true).check(|| {
        choose(3);
        assert_eq!(*GUARD.1, 1);
    });
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    // The first execution is run once more.
    assert_eq!((found.executions, DROPS.load(SeqCst)), (3, 4));
}

#[test]
fn what_makes_them_takes_no_steps() {
    statics! {
        static STEPS: usize = COUNT.fetch_add(1, SeqCst);
        static PANICS: usize = panic!("never made");
    }
    let failure = Explorer::new().expect_failure("to make the static STEPS takes steps", || {
        let _ = *STEPS;
    });
    assert_eq!(failure.kind, FailureKind::Misuse);
    Explorer::new().expect_failure("never made", || {
        let _ = *PANICS;
    });
    assert!(catch_unwind(AssertUnwindSafe(|| *PANICS)).is_err());
}

/// Under Rust's memory model, too: the value that is there from the beginning is the oldest.
#[test]
fn a_message_in_statics_needs_release_and_acquire() {
    let passed = |store, load| {
        move || {
            let other = thread::spawn(move || {
                OTHER.store(5, Relaxed);
                COUNT.store(2, store);
            });
            if COUNT.load(load) == 2 {
                assert_eq!(OTHER.load(Relaxed), 5, "it is not there");
            }
            other.join().unwrap();
        }
    };
    let weak = || Explorer::new().memory(Memory::C11);
    let found = weak().check(passed(Release, Acquire));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert_eq!(found.executions, 2);
    weak().expect_failure("it is not there", passed(Relaxed, Acquire));
}
