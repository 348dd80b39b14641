//! Executions that fail while destructors have something to do.

use std::cell::RefCell;
use std::sync::Arc;

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Mutex, mpsc};
use raceproof::{FailureKind, thread};

use super::fails_with;

/// A pool as it is written by hand.
pub(super) struct Pool {
    pub(super) jobs: Option<mpsc::Sender<usize>>,
    workers: Vec<Option<thread::JoinHandle<usize>>>,
}

impl Pool {
    pub(super) fn new(n: usize) -> Self {
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
