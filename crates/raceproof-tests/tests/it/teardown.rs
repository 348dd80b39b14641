//! Executions that end early: what is alive is unwound, destructors run, nothing aborts.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize as Real};

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::AtomicU32;
use raceproof::sync::{Condvar, Mutex, mpsc};
use raceproof::{Exploration, Explorer, Failure, FailureKind, Memory, Outcome, thread};

fn failure(model: impl Fn()) -> Failure {
    match Explorer::new().check(model).outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("no failure but {other:?}"),
    }
}

struct Tell(Arc<Real>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn destructors_run_in_a_deadlock() {
    let dropped = Arc::new(Real::new(0));
    let theirs = Arc::clone(&dropped);
    let kept = failure(move || {
        let mutex = Arc::new(Mutex::new(()));
        let condvar = Arc::new(Condvar::new());
        let guard = mutex.lock().unwrap();
        for _ in 0..3 {
            let (mutex, tell) = (Arc::clone(&mutex), Tell(Arc::clone(&theirs)));
            thread::spawn(move || {
                let _tell = tell;
                drop(mutex.lock());
            });
        }
        let _tell = Tell(Arc::clone(&theirs));
        drop(condvar.wait(guard));
        let _again = mutex.lock();
        thread::park();
    });
    assert_eq!(kept.kind, FailureKind::Deadlock);
    // The execution ran once to find it and once to tell it.
    assert_eq!(dropped.load(SeqCst), 8);
}

/// Locks, changes, waits and sends in its destructor, and unwraps everything.
struct Busy(Arc<(Mutex<i32>, Condvar)>, mpsc::Sender<i32>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut guard = self.0.0.lock().unwrap();
        *guard += 1;
        self.0.1.notify_all();
        drop(self.0.1.wait_timeout(guard, std::time::Duration::ZERO).unwrap());
        let _ = self.1.send(1);
    }
}

#[test]
fn destructors_may_lock_wait_and_send() {
    let kept = failure(|| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let (sender, receiver) = mpsc::channel();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let busy = Busy(Arc::clone(&shared), sender.clone());
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let _busy = busy;
                    let mut guard = shared.0.lock().unwrap();
                    loop {
                        guard = shared.1.wait(guard).unwrap();
                    }
                })
            })
            .collect();
        let _busy = Busy(shared, sender);
        drop(receiver);
        panic!("the root gives up with {} others", others.len());
    });
    assert_eq!(kept.kind, FailureKind::Assertion);
    assert!(kept.message.starts_with("the root gives up with 2 others"), "{}", kept.message);
}

#[test]
fn a_guard_held_elsewhere_is_waited_for() {
    let kept = failure(|| {
        let mutex = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&mutex);
        thread::spawn(move || {
            let mut guard = theirs.lock().unwrap();
            guard.push(1);
            thread::park();
            guard.push(2);
        });
        struct Push(Arc<Mutex<Vec<i32>>>);
        impl Drop for Push {
            fn drop(&mut self) {
                self.0.lock().unwrap().push(3);
            }
        }
        let _push = Push(mutex);
        thread::park();
    });
    assert_eq!(kept.kind, FailureKind::Deadlock);
}

#[test]
fn a_thread_that_cannot_be_unwound_is_abandoned() {
    let kept = failure(|| {
        struct Stubborn(Condvar, Mutex<bool>);
        impl Drop for Stubborn {
            fn drop(&mut self) {
                let mut ready = self.1.lock().unwrap();
                while !*ready {
                    ready = self.0.wait(ready).unwrap();
                }
            }
        }
        let _stubborn = Stubborn(Condvar::new(), Mutex::new(false));
        thread::park();
    });
    assert_eq!(kept.message, "`main` waits for its token");
}

#[test]
fn scoped_threads_are_unwound_before_what_they_borrow() {
    let kept = failure(|| {
        let text = String::from("borrowed");
        let mutex = Mutex::named("scope's", ());
        let _held = mutex.lock().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                struct Look<'a>(&'a String);
                impl Drop for Look<'_> {
                    fn drop(&mut self) {
                        assert_eq!(self.0, "borrowed");
                    }
                }
                let _look = Look(&text);
                drop(mutex.lock());
            });
        });
    });
    assert_eq!(
        kept.message,
        "`main` waits for the end of `thread 1`; `thread 1` waits for scope's, held by `main`"
    );
}

#[test]
fn a_panic_while_others_hold_everything() {
    for _ in 0..3 {
        let kept = failure(|| {
            let mutex = Arc::new(Mutex::new(0));
            let (sender, receiver) = mpsc::sync_channel(0);
            let theirs = Arc::clone(&mutex);
            let other = thread::spawn(move || {
                let guard = theirs.lock().unwrap();
                sender.send(*guard).unwrap();
                drop(guard);
            });
            let seen = receiver.recv().unwrap();
            assert_eq!(seen, 1, "the value");
            other.join().unwrap();
        });
        assert!(kept.message.contains("the value"), "{}", kept.message);
    }
}

#[test]
fn many_failing_executions_leave_nothing_behind() {
    let result = Explorer::new().keep_going().check(|| {
        let a = Arc::new(Mutex::new(0));
        let b = Arc::new(Mutex::new(0));
        let others: Vec<_> = (0..3)
            .map(|i| {
                let (first, second) = if i == 0 { (&a, &b) } else { (&b, &a) };
                let (first, second) = (Arc::clone(first), Arc::clone(second));
                thread::spawn(move || {
                    let _first = first.lock().unwrap();
                    let _second = second.lock().unwrap();
                })
            })
            .collect();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    assert_eq!(
        (result.executions, result.failures, result.deadlocks, result.redundant),
        (10, 4, 4, 0)
    );
}

/// Set in two steps; its destructor notes whether it is between them.
struct InTwoSteps {
    begun: AtomicU32,
    done: AtomicU32,
    found_between: Arc<AtomicBool>,
}

impl Drop for InTwoSteps {
    fn drop(&mut self) {
        if *self.begun.get_mut() != *self.done.get_mut() {
            self.found_between.store(true, SeqCst);
        }
    }
}

/// Whether a destructor has found what no thread leaves, in any execution.
fn finds_between(explorer: &Explorer, model: impl Fn(Arc<InTwoSteps>)) -> (Exploration, bool) {
    let between = Arc::new(AtomicBool::new(false));
    let found = explorer.check(|| {
        let [begun, done] = [(); 2].map(|()| AtomicU32::new(0));
        let found_between = Arc::clone(&between);
        model(Arc::new(InTwoSteps { begun, done, found_between }));
    });
    (found, between.load(SeqCst))
}

/// An execution that only tells how others are explored, or in which nothing new can follow, is run out: its threads do what
/// they were about to.
#[test]
fn executions_that_are_stopped_are_run_out() {
    for memory in [Memory::Sequential, Memory::C11] {
        let explorer = Explorer::new().memory(memory);
        let (found, between) = finds_between(&explorer, |shared| {
            let [first, second] = [(); 2].map(|()| Arc::clone(&shared));
            drop(shared);
            let set = thread::spawn(move || {
                first.begun.store(1, SeqCst);
                first.done.store(1, SeqCst);
            });
            let wait = thread::spawn(move || {
                if second.begun.load(SeqCst) == 1 {
                    while second.done.load(SeqCst) == 0 {
                        thread::yield_now();
                    }
                }
            });
            set.join().unwrap();
            wait.join().unwrap();
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
        assert!(!between, "under {memory:?}");
    }
}

/// What is run out may start threads that the search has not seen.
#[test]
fn threads_are_started_while_an_execution_is_run_out() {
    for memory in [Memory::Sequential, Memory::C11] {
        let found = Explorer::new().memory(memory).check(|| {
            let count = Arc::new(AtomicU32::new(0));
            let threads = [1, 2, 3].map(|number| {
                let theirs = Arc::clone(&count);
                let thread = thread::spawn(move || theirs.fetch_add(1, SeqCst));
                while count.load(SeqCst) < number {
                    thread::yield_now();
                }
                thread
            });
            assert_eq!(threads.map(|thread| thread.join().unwrap()), [0, 1, 2]);
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    }
}

/// Where a program has cells, or it is said, nothing is dropped of an execution that fails.
#[test]
fn executions_that_fail_are_forgotten_where_there_are_cells() {
    for (has_cells, unwinds) in [(false, true), (true, true), (false, false)] {
        let explorer = Explorer::new().memory(Memory::Sequential).unwinds(unwinds);
        let (found, between) = finds_between(&explorer, |shared| {
            let cell = has_cells.then(|| UnsafeCell::new(0));
            let other = Arc::clone(&shared);
            let set = thread::spawn(move || {
                other.begun.store(1, SeqCst);
                thread::park();
                other.done.store(1, SeqCst);
            });
            drop(shared);
            set.join().unwrap();
            drop(cell);
        });
        let Outcome::Failed(failure) = &found.outcome else { panic!("{found:?}") };
        assert_eq!(failure.kind, FailureKind::Deadlock);
        assert_eq!(between, !has_cells && unwinds);
    }
}

/// A daemon that is stopped is where it is to stay: the execution is whole, and what is left is looked at.
#[test]
fn executions_with_daemons_are_looked_at_as_others_where_there_are_cells() {
    let found = Explorer::new().memory(Memory::Sequential).leaks(true).check(|| {
        let cell = UnsafeCell::new(0);
        let daemon = thread::Builder::new().daemon().spawn(thread::park).unwrap();
        std::mem::forget(raceproof::sync::Arc::new(1));
        drop((daemon, cell));
    });
    let Outcome::Failed(failure) = &found.outcome else { panic!("{found:?}") };
    assert_eq!(failure.kind, FailureKind::Leak);
}
