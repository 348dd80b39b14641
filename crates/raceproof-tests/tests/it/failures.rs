//! Every kind of failure: found, told with names, values and lines, and run again.

use std::cell::Cell;
use std::sync::Arc;

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering, Ordering::*, fence};
use raceproof::sync::{Condvar, Mutex};
use raceproof::{
    Explorer, Failure, FailureKind, Memory, Operation, Outcome, Value, choose, outcome, thread,
};

fn failure(model: impl Fn()) -> Failure {
    match Explorer::new().check(model).outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("no failure but {other:?}"),
    }
}

fn proved(model: impl Fn()) -> u64 {
    let result = Explorer::new().check(model);
    assert!(matches!(result.outcome, Outcome::Proved), "{:?}", result.outcome);
    result.executions
}

fn lost_update() {
    let count = Arc::new(AtomicI64::named("count", 0));
    let threads: Vec<_> = ["alice", "bob"]
        .map(|name| {
            let count = Arc::clone(&count);
            let run = move || {
                let seen = count.load(SeqCst);
                count.store(seen + 1, SeqCst);
            };
            thread::Builder::new().named(name).spawn(run).unwrap()
        })
        .into_iter()
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(count.load(SeqCst), 2, "lost update");
}

#[test]
fn an_assertion_is_told_with_its_trace() {
    let failure = failure(lost_update);
    assert_eq!(failure.kind, FailureKind::Assertion);
    assert!(
        failure.message.starts_with("assertion `left == right` failed: lost update"),
        "{}",
        failure.message
    );
    assert!(failure.location.as_ref().unwrap().file == file!());
    assert_eq!(failure.trace.threads, ["main", "alice", "bob"]);
    let of_count: Vec<_> = (failure.trace.steps.iter())
        .filter(|step| step.object.as_deref() == Some("count"))
        .map(|step| (step.thread, step.operation, step.value.clone().unwrap(), step.preemption))
        .collect();
    let expected = [
        (1, Operation::Load, Value::text(0), false),
        (2, Operation::Load, Value::text(0), true),
        (2, Operation::Store, Value::change(0, 1), false),
        (1, Operation::Store, Value::change(1, 1), false),
        (0, Operation::Load, Value::text(1), false),
    ];
    assert_eq!(of_count, expected);
    assert_eq!(failure.trace.preemptions(), 1);
}

#[test]
fn a_schedule_runs_the_same_execution_again() {
    let failure = failure(lost_update);
    let schedule = failure.schedule.to_string().parse().unwrap();
    let again = Explorer::replay(&schedule, lost_update);
    assert_eq!((again.executions, again.failures), (1, 1));
    let Outcome::Failed(again) = again.outcome else { panic!("it fails again") };
    assert_eq!(
        (again.kind, &again.message, &again.trace),
        (failure.kind, &failure.message, &failure.trace)
    );

    let good = Explorer::replay(&"1*2.2*2.0".parse().unwrap(), lost_update);
    assert_eq!((good.executions, good.failures), (1, 0));
    assert!(matches!(good.outcome, Outcome::Bounded(_)));
}

#[test]
fn a_schedule_of_another_program_is_refused() {
    let result = Explorer::replay(&"7*3".parse().unwrap(), lost_update);
    let Outcome::Failed(failure) = result.outcome else { panic!("it does not fit") };
    assert_eq!(failure.kind, FailureKind::Nondeterminism);
    assert!(
        failure.message.contains("at step 1 thread 7 cannot take its step"),
        "{}",
        failure.message
    );
}

#[test]
fn keep_going_counts_failing_traces() {
    let result = Explorer::new().keep_going().check(lost_update);
    assert_eq!(
        (result.executions, result.failures, result.deadlocks, result.redundant),
        (4, 2, 0, 0)
    );
}

fn opposite_order() {
    let a = Arc::new(Mutex::named("a", ()));
    let b = Arc::new(Mutex::named("b", ()));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let other = thread::spawn(move || {
        let _b = b2.lock().unwrap();
        let _a = a2.lock().unwrap();
    });
    {
        let _a = a.lock().unwrap();
        let _b = b.lock().unwrap();
    }
    other.join().unwrap();
}

#[test]
fn a_deadlock_says_who_waits_for_what() {
    let failure = failure(opposite_order);
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert_eq!(
        failure.message,
        "`main` waits for b, held by `thread 1`; `thread 1` waits for a, held by `main`"
    );
    let blocked: Vec<_> = failure
        .trace
        .blocked
        .iter()
        .map(|one| (one.thread, one.waits_for.as_str(), one.holders.clone()))
        .collect();
    assert_eq!(blocked, [(0, "b", vec![1]), (1, "a", vec![0])]);
    let result = Explorer::new().keep_going().check(opposite_order);
    assert_eq!(
        (result.executions, result.failures, result.deadlocks, result.redundant),
        (3, 1, 1, 0)
    );
}

#[test]
fn a_lost_wakeup_is_a_deadlock() {
    let failure = failure(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::named("ready")));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || theirs.1.notify_one());
        let guard = pair.0.lock().unwrap();
        drop(pair.1.wait(guard).unwrap());
        other.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert_eq!(failure.message, "`main` waits for ready");
}

#[test]
fn a_lock_taken_twice_is_a_deadlock() {
    let failure = failure(|| {
        let mutex = Mutex::named("account", 0);
        let _first = mutex.lock().unwrap();
        let _second = mutex.lock();
    });
    assert_eq!(failure.message, "`main` waits for account, which it holds itself");
}

#[test]
fn a_panic_comes_back_through_join_and_poisons() {
    proved(|| {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        let result = thread::spawn(move || {
            let _guard = theirs.lock().unwrap();
            panic!("on purpose");
        })
        .join();
        assert_eq!(*result.unwrap_err().downcast::<&str>().unwrap(), "on purpose");
        assert!(mutex.is_poisoned());
        assert!(mutex.lock().is_err());
        mutex.clear_poison();
        assert!(mutex.lock().is_ok());
    });
}

#[test]
fn a_panic_that_nobody_takes_fails() {
    let kept = failure(|| drop(thread::spawn(|| panic!("nobody hears this"))));
    assert_eq!(kept.kind, FailureKind::Assertion);
    assert_eq!(kept.message, "nobody hears this");
    assert!(kept.location.unwrap().file == file!());
    let unwrapped = failure(|| thread::spawn(|| assert_eq!(1, 2, "the reason")).join().unwrap());
    assert!(
        unwrapped.message.starts_with("assertion `left == right` failed: the reason"),
        "{}",
        unwrapped.message
    );
    let scoped = failure(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("in a scope"));
        })
    });
    assert_eq!(scoped.message, "in a scope");
}

/// Message passing: writes a cell, sets a flag; the other reads the cell if it sees the flag.
fn publish(set: Ordering, see: Ordering, fences: bool) -> impl Fn() {
    move || {
        let shared = Arc::new((UnsafeCell::named("data", 0), AtomicBool::named("flag", false)));
        let theirs = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            theirs.0.write(1);
            if fences {
                fence(Release);
            }
            theirs.1.store(true, set);
        });
        if shared.1.load(see) {
            if fences {
                fence(Acquire);
            }
            assert_eq!(shared.0.read(), 1);
        }
        writer.join().unwrap();
        assert_eq!(shared.0.read(), 1);
    }
}

#[test]
fn a_data_race_is_found_by_orderings() {
    assert_eq!(proved(publish(Release, Acquire, false)), 2);
    assert_eq!(proved(publish(SeqCst, SeqCst, false)), 2);
    assert_eq!(proved(publish(Relaxed, Relaxed, true)), 2);
    for (set, see) in [(Relaxed, Acquire), (Release, Relaxed), (Relaxed, Relaxed)] {
        let failure = failure(publish(set, see, false));
        assert_eq!(failure.kind, FailureKind::DataRace);
        assert!(
            failure.message.starts_with("data race on data: thread 1 writes it at "),
            "{}",
            failure.message
        );
        assert!(failure.message.ends_with("and nothing orders them"), "{}", failure.message);
        let last = failure.trace.steps.last().unwrap();
        assert_eq!((last.operation, last.object.as_deref()), (Operation::PlainRead, Some("data")));
        let decisive = failure.trace.steps.iter().filter(|step| step.decisive);
        let told: Vec<_> = decisive.map(|step| (step.thread, step.operation)).collect();
        assert_eq!(told, [(1, Operation::PlainWrite), (0, Operation::PlainRead)]);
    }
}

#[test]
fn a_release_sequence_goes_on_through_read_modify_writes() {
    let model = |middle: Ordering, plain_store: bool| {
        move || {
            let shared = Arc::new((UnsafeCell::new(0), AtomicUsize::new(0)));
            let (first, second) = (Arc::clone(&shared), Arc::clone(&shared));
            let a = thread::spawn(move || {
                first.0.write(1);
                first.1.store(1, Release);
            });
            let b = thread::spawn(move || {
                if plain_store {
                    if second.1.load(Relaxed) == 1 {
                        second.1.store(2, middle);
                    }
                } else {
                    let _ = second.1.compare_exchange(1, 2, middle, Relaxed);
                }
            });
            if shared.1.load(Acquire) == 2 {
                shared.0.read();
            }
            a.join().unwrap();
            b.join().unwrap();
        }
    };
    proved(model(Relaxed, false));
    assert_eq!(failure(model(Relaxed, true)).kind, FailureKind::DataRace);
}

#[test]
fn locks_and_joins_order_plain_accesses() {
    proved(|| {
        let shared = Arc::new((Mutex::new(()), UnsafeCell::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let _guard = theirs.0.lock().unwrap();
            theirs.1.write(theirs.1.read() + 1);
        });
        {
            let _guard = shared.0.lock().unwrap();
            shared.1.write(shared.1.read() + 1);
        }
        other.join().unwrap();
        assert_eq!(shared.1.read(), 2);
    });
    let racy = failure(|| {
        let shared = Arc::new(UnsafeCell::named("sum", 0));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || theirs.write(1));
        shared.write(2);
        other.join().unwrap();
    });
    assert_eq!(racy.kind, FailureKind::DataRace);
}

#[test]
fn too_many_steps_are_too_many() {
    let result = Explorer::new().max_steps(50).check(|| {
        let x = Arc::new(AtomicUsize::named("x", 0));
        let theirs = Arc::clone(&x);
        thread::Builder::new().named("setter").spawn(move || theirs.store(1, SeqCst)).unwrap();
        while x.load(SeqCst) == 0 {}
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("it does not end") };
    assert_eq!(failure.kind, FailureKind::StepLimit);
    let (begin, end) = failure.message.split_once(" at failures.rs:").unwrap();
    assert_eq!(begin, "the execution is not over after 50 steps: `main` is busy with x");
    assert!(end.contains("; `setter` could have run instead. A loop that waits"), "{end}");
    assert!(end.ends_with("needs a higher `Explorer::max_steps`"), "{end}");
    assert_eq!(failure.trace.steps.len(), 51);
}

#[test]
fn ten_thousand_steps_are_told_in_few_lines() {
    let failure = failure(|| {
        let x = AtomicUsize::new(0);
        while x.fetch_add(1, SeqCst) < 1_000_000 {}
    });
    assert_eq!((failure.kind, failure.trace.steps.len()), (FailureKind::StepLimit, 10_000));
    let told = failure.to_string();
    assert!(told.contains("lines left out") && told.lines().count() < 60, "{told}");
}

#[test]
fn misuse_says_what_is_wrong() {
    let outside = std::panic::catch_unwind(|| choose(2)).unwrap_err();
    let message = outside.downcast::<String>().unwrap();
    assert_eq!(
        *message,
        "a type of raceproof is used outside a model: run it inside raceproof::model or Explorer::check"
    );

    let nested = failure(|| {
        Explorer::new().check(|| ());
    });
    assert_eq!(nested.kind, FailureKind::Misuse);
    assert!(nested.message.starts_with("a model inside a model"), "{}", nested.message);

    let kept = Cell::new(None);
    let stale = failure(|| {
        choose(2);
        let mutex: &Mutex<i32> =
            kept.take().unwrap_or_else(|| Box::leak(Box::new(Mutex::new(0))) as &_);
        kept.set(Some(mutex));
        drop(mutex.lock());
    });
    assert_eq!(stale.kind, FailureKind::Misuse);
    assert!(
        stale.message.starts_with("an object made in another execution at"),
        "{}",
        stale.message
    );

    let none = failure(|| {
        choose(0);
    });
    assert_eq!(none.kind, FailureKind::Misuse);
    assert!(none.message.starts_with("choose takes between 1 and 49152"), "{}", none.message);
}

#[test]
fn a_program_that_differs_is_told_so() {
    let runs = Cell::new(0);
    let failure = failure(|| {
        runs.set(runs.get() + 1);
        let x = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || {
            theirs.store(1, SeqCst);
        });
        if runs.get() % 2 == 0 {
            x.store(2, SeqCst);
        }
        x.load(SeqCst);
        x.load(SeqCst);
        other.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::Nondeterminism);
    assert!(
        failure.message.contains("the program does not do the same when it is run again"),
        "{}",
        failure.message
    );
}

/// What a static keeps is written in the first run, after the steps that others have in common with it.
#[test]
fn a_program_whose_first_run_alone_differs_is_not_proved() {
    for (memory, more) in
        [Memory::Sequential, Memory::C11].map(|memory| [(memory, 0), (memory, 2)]).concat()
    {
        let runs = Cell::new(0);
        let found = Explorer::new().memory(memory).check(|| {
            runs.set(runs.get() + 1);
            let x = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&x);
            let other = thread::spawn(move || theirs.store(1, SeqCst));
            x.load(SeqCst);
            other.join().unwrap();
            for _ in 0..if runs.get() == 1 { 1 } else { more } {
                x.store(3, SeqCst);
            }
        });
        let Outcome::Failed(failure) = &found.outcome else { panic!("{memory:?}: {found:?}") };
        assert_eq!(failure.kind, FailureKind::Nondeterminism, "{failure}");
        assert_eq!((runs.get() >= 2, found.executions), (true, 1));
    }
}

/// A model of one execution is not run twice: its tests may count what it does in statics.
#[test]
fn one_execution_is_run_once() {
    let runs = Cell::new(0);
    Explorer::new().model(|| runs.set(runs.get() + 1));
    assert_eq!(runs.get(), 1);
}

#[test]
fn outcomes_are_counted() {
    let result = Explorer::new().check(|| {
        let x = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        outcome(x.load(SeqCst));
        other.join().unwrap();
        outcome(choose(2));
    });
    let expected =
        [("0, 0", 1), ("0, 1", 1), ("1, 0", 1), ("1, 1", 1)].map(|(text, n)| (text.to_owned(), n));
    assert_eq!(result.outcomes.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(result.executions, 4);
}

#[test]
fn limits_are_no_proof() {
    let model = || {
        for _ in 0..3 {
            choose(3);
        }
    };
    let limited = Explorer::new().max_executions(5).check(model);
    assert!(matches!(&limited.outcome, Outcome::Bounded(reason) if reason == "5 executions"));
    assert_eq!(limited.executions, 5);
    assert_eq!(proved(model), 27);
}
