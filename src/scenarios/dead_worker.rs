//! A pool hands a task to a worker and returns a future. The worker runs the task, stores the
//! result, and wakes whoever waits for it.
//!
//! What if the worker dies? It is killed for using too much memory, or the task ends its thread.
//! Then nobody stores a result, and the future is awaited for ever. So it was with the futures that
//! were brought to Python 2: after a kill of one of its processes, a program hung
//! (<https://github.com/agronholm/pythonfutures/issues/29>, closed as `wontfix`). Python 3.3
//! watches the processes of such a pool, and every future fails with `BrokenProcessPool` once one
//! is gone.
//!
//! Here the promise is a value of the worker's own, so it can see to it itself. A killed process
//! runs no destructor: `killed-worker` is about that.
//!
//! Whoever promises a result must keep the promise on every way out, or break it where the other
//! can see. In Rust the place is a destructor: it runs on each way that a thread can leave by.

use crate::{
    backend::{Arc, Backend, Condvar, Mutex},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "dead-worker",
    group: Group::Trackers,
    lesson: "A worker that dies must break its promise where those who wait can see it",
    source: include_str!("dead_worker.rs"),
    variants: &[
        Variant::new(
            "silent-death",
            &SilentDeath,
            "The worker ends before it has stored a result, and nobody else will store one.",
        )
        .deadlocks("`main` waits for settled"),
        Variant::new(
            "broken-promise",
            &BrokenPromise,
            "The destructor stores that there will be no result, and wakes the one that waits.",
        ),
    ],
};

/// What is known of the result: nothing yet, or the result, or that there will be none.
type Settled = Option<Option<i64>>;

struct Future<B: Backend> {
    result: Mutex<B, Settled>,
    settled: Condvar<B>,
}

impl<B: Backend> Future<B> {
    fn new() -> Arc<Self> {
        Arc::new(Self { result: Mutex::named("result", None), settled: Condvar::named("settled") })
    }

    /// The first to settle it wins.
    fn settle(&self, result: Option<i64>) {
        self.result.lock().get_or_insert(result);
        self.settled.notify_all();
    }

    fn wait(&self) -> Option<i64> {
        let result = self.settled.wait_while(self.result.lock(), |result| result.is_none());
        result.flatten()
    }
}

/// A task, which does not survive an odd number.
fn task(n: i64) -> Option<i64> {
    (n % 2 == 0).then_some(n / 2)
}

/// Settles a future when it is dropped, if that has not been done.
struct Promise<B: Backend>(Arc<Future<B>>);

impl<B: Backend> Drop for Promise<B> {
    fn drop(&mut self) {
        self.0.settle(None);
    }
}

#[derive(Debug)]
struct SilentDeath;

impl Program for SilentDeath {
    fn run<B: Backend>(&self) {
        let future = Future::<B>::new();
        let promised = Arc::clone(&future);
        let worker = B::spawn("worker", move || {
            if let Some(half) = task(7) {
                promised.settle(Some(half));
            }
        });
        assert_eq!(future.wait(), None, "half of seven");
        worker.join().expect("no panic");
    }
}

#[derive(Debug)]
struct BrokenPromise;

impl Program for BrokenPromise {
    fn run<B: Backend>(&self) {
        let future = Future::<B>::new();
        let promise = Promise(Arc::clone(&future));
        let worker = B::spawn("worker", move || {
            if let Some(half) = task(7) {
                promise.0.settle(Some(half));
            }
        });
        assert_eq!(future.wait(), None, "half of seven");
        worker.join().expect("no panic");
    }
}
