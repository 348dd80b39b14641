//! Executions that fail while destructors have something to do.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex, mpsc};
use raceproof::{Explorer, FailureKind, thread};

use super::{fails, fails_with};

/// A pool as it is written by hand.
struct Pool {
    jobs: Option<mpsc::Sender<usize>>,
    workers: Vec<Option<thread::JoinHandle<usize>>>,
}

impl Pool {
    fn new(n: usize) -> Self {
        let (jobs, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let worker = |_| {
            let receiver = Arc::clone(&receiver);
            let work = move || {
                let mut sum = 0;
                loop {
                    let job = receiver.lock().unwrap().recv();
                    let Ok(job) = job else { return sum };
                    sum += job;
                }
            };
            Some(thread::spawn(work))
        };
        Pool { jobs: Some(jobs), workers: (0..n).map(worker).collect() }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for worker in &mut self.workers {
            worker.take().unwrap().join().unwrap();
        }
    }
}

#[test]
fn a_pool_whose_user_panics() {
    fails_with(FailureKind::Assertion, "the user gives up", || {
        let pool = Pool::new(1);
        pool.jobs.as_ref().unwrap().send(1).unwrap();
        panic!("the user gives up");
    });
}

/// Asks what makes an exploration begin again, when it is dropped.
struct Asks(Arc<Mutex<()>>, thread::JoinHandle<()>);

impl Drop for Asks {
    fn drop(&mut self) {
        self.0.clear_poison();
        self.1.is_finished();
    }
}

/// What a destructor does in an execution that is over does not change those to come.
#[test]
fn a_destructor_of_a_deadlock_asks_for_poison_and_for_an_end() {
    let found = Explorer::new().keep_going().check(|| {
        let lock = Arc::new(Mutex::new(()));
        let threads = [(); 3].map(|()| {
            let theirs = Arc::clone(&lock);
            thread::spawn(move || drop(theirs.lock()))
        });
        let _asks = threads.map(|thread| Asks(Arc::clone(&lock), thread));
        thread::park();
    });
    assert_eq!((found.executions, found.deadlocks, found.redundant), (6, 6, 0));
}

raceproof::thread_local! {
    static LATE: RefCell<Option<Stores>> = const { RefCell::new(None) };
}

struct Stores(Arc<AtomicUsize>);

impl Drop for Stores {
    fn drop(&mut self) {
        self.0.store(1, SeqCst);
    }
}

struct Spawns;

impl Drop for Spawns {
    fn drop(&mut self) {
        drop(thread::spawn(|| ()));
    }
}

/// The thread of the destructor cannot be unwound to its end, but its values are dropped.
#[test]
fn a_thread_local_of_a_thread_whose_destructor_spawns() {
    fails_with(FailureKind::Deadlock, "", || {
        LATE.with(|late| *late.borrow_mut() = Some(Stores(Arc::default())));
        let _spawns = Spawns;
        thread::park();
    });
}

#[test]
fn a_pool_in_a_deadlock() {
    fails_with(FailureKind::Deadlock, "", || {
        let pool = Pool::new(1);
        pool.jobs.as_ref().unwrap().send(1).unwrap();
        thread::park();
    });
}

struct Asserts(AtomicUsize);

impl Drop for Asserts {
    fn drop(&mut self) {
        assert_eq!(self.0.load(SeqCst), 1, "in a destructor");
    }
}

#[test]
fn an_assertion_in_a_destructor_of_a_deadlock() {
    fails_with(FailureKind::Deadlock, "", || {
        let _asserts = Asserts(AtomicUsize::new(0));
        thread::park();
    });
}

#[test]
fn an_assertion_in_a_destructor_beside_a_panic() {
    fails_with(FailureKind::Assertion, "the real failure", || {
        let parked = thread::spawn(|| {
            let _asserts = Asserts(AtomicUsize::new(0));
            thread::park();
        });
        drop(parked);
        panic!("the real failure");
    });
}

#[test]
fn a_lock_unwrapped_in_a_destructor_after_a_wait() {
    struct Waits(Arc<(Mutex<bool>, Condvar)>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let ready = self.0.1.wait(self.0.0.lock().unwrap()).unwrap();
            assert!(*ready, "woken too early");
        }
    }
    fails_with(FailureKind::Deadlock, "", || {
        let _waits = Waits(Arc::new((Mutex::new(false), Condvar::new())));
        thread::park();
    });
}

#[test]
fn a_worker_that_catches_panics_in_a_loop() {
    fails_with(FailureKind::Assertion, "the real failure", || {
        let (sender, receiver) = mpsc::channel::<usize>();
        thread::spawn(move || {
            loop {
                match catch_unwind(AssertUnwindSafe(|| receiver.recv())) {
                    Ok(Ok(_)) => {}
                    Ok(Err(_)) => break,
                    Err(_) => {}
                }
            }
        });
        let _sender = sender;
        panic!("the real failure");
    });
}

#[test]
fn a_failure_is_told_whole_although_a_destructor_panics() {
    let failure = fails(|| {
        let parked = thread::spawn(|| {
            let _asserts = Asserts(AtomicUsize::new(0));
            thread::park();
        });
        parked.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
    assert!(failure.message.contains("thread 1"), "{failure}");
    let [note] = &failure.notes[..] else { panic!("{:?}", failure.notes) };
    assert_eq!((note.kind, &note.thread[..]), (FailureKind::Assertion, "thread 1"));
    assert!(note.message.contains("in a destructor"), "{note}");
    let place = note.location.as_ref().unwrap();
    assert!(place.file.ends_with("teardown.rs"), "{note}");
    let line = "note: while the failed execution was unwound, `thread 1` panicked: assertion: ";
    assert!(failure.to_string().contains(line), "{failure}");
}

/// What std counts and locks is as before, although fibers are left in the middle of a panic.
#[test]
fn a_destructor_that_panics_leaves_std_as_it_was() {
    for _ in 0..3 {
        fails_with(FailureKind::Deadlock, "", || {
            let _outer = Asserts(AtomicUsize::new(0));
            let _inner = Asserts(AtomicUsize::new(0));
            thread::park();
        });
        assert!(!std::thread::panicking(), "no panic is left");
    }
    let hook = std::panic::take_hook();
    std::panic::set_hook(hook);
}

#[test]
fn a_destructor_that_panics_while_its_thread_unwinds_is_told() {
    fails_with(FailureKind::Assertion, "which aborts the process: assertion", || {
        let _asserts = Asserts(AtomicUsize::new(0));
        panic!("the first panic");
    });
}
