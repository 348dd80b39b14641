//! Executions that end early: what is alive is unwound, destructors run, nothing aborts.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize as Real;
use std::sync::atomic::Ordering::SeqCst;

use raceproof::sync::{Condvar, Mutex, mpsc};
use raceproof::{Explorer, Failure, FailureKind, Outcome, thread};

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
