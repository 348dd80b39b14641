//! Pools of one worker, whose tasks end when they are told.

use super::{BLOCKS, Object, none, number, truth};
use raceproof::{
    native::{AsyncResult, Event, Future, Pool, Queue, Semaphore, ThreadPool},
    primitives::{FutureError, WaitFor, wait_timeout},
};
use std::{
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

const ZERO: Duration = Duration::ZERO;

/// The task that fails.
pub(super) const UNLUCKY: i64 = 3;

/// What lets the tasks of one worker go.
struct Gate {
    begun: Queue<()>,
    go: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: Queue::new(0), go: Semaphore::new(0) })
    }

    /// A task that tells when it begins, and waits until it may end.
    fn task(self: &Arc<Self>, value: i64) -> impl FnOnce() -> i64 + Send + use<> {
        let gate = Arc::clone(self);
        move || {
            gate.begun.put(()).expect("nobody shuts it down");
            gate.go.acquire();
            if value == UNLUCKY {
                // Without a word on standard error.
                resume_unwind(Box::new("no luck"));
            }
            value
        }
    }
}

/// A pool and its tasks. Lets every task go on drop, before the pool waits for them.
struct Gated<P, T> {
    pool: P,
    gate: Arc<Gate>,
    /// Whether a task is known to have begun and not to have ended.
    running: bool,
    down: bool,
    calls: Arc<AtomicI64>,
    tasks: Vec<T>,
}

impl<P, T> Gated<P, T> {
    fn new(pool: P) -> Self {
        let (gate, calls) = (Gate::new(), Arc::default());
        Self { pool, gate, running: false, down: false, calls, tasks: Vec::new() }
    }

    /// Waits until the first task that is not done has begun.
    fn settle(&mut self, done: fn(&T) -> bool) {
        if !self.running && !self.tasks.iter().all(done) {
            self.gate.begun.get().expect("nobody shuts it down");
            self.running = true;
        }
    }

    /// What counts a call.
    fn call(&self) -> impl FnOnce() + Send + use<P, T> {
        let calls = Arc::clone(&self.calls);
        move || {
            calls.fetch_add(1, SeqCst);
        }
    }
}

impl<P, T> Drop for Gated<P, T> {
    fn drop(&mut self) {
        self.gate.go.release_many(self.tasks.len() + 1).expect("more than none");
    }
}

fn answer(result: Result<i64, FutureError>) -> String {
    number(result.map_err(|error| match error {
        FutureError::Cancelled => "CancelledError",
        FutureError::TimedOut => "TimeoutError",
        FutureError::Panicked(_) => "LookupError",
        FutureError::BrokenPool(_) | FutureError::Taken => "another error",
    }))
}

pub(super) fn thread_pool(_: i64) -> Object {
    let mut gated = Gated::new(ThreadPool::new(1).expect("a worker"));
    Box::new(move |(operation, argument)| {
        let given = on_pool(&mut gated, operation, argument);
        gated.settle(Future::done);
        given
    })
}

fn on_pool(gated: &mut Gated<ThreadPool, Future<i64>>, operation: &str, argument: i64) -> String {
    let all_done = gated.tasks.iter().all(Future::done);
    match operation {
        "submit" => {
            let submitted = gated.pool.submit(gated.gate.task(argument));
            none(submitted.map(|task| gated.tasks.push(task)).map_err(|_| "RuntimeError"))
        }
        "let_end" if !gated.running => "nothing runs".into(),
        "let_end" => {
            let running = gated.tasks.iter().find(|task| !task.done()).expect("it runs");
            let ended = Arc::new(Event::new());
            let end = Arc::clone(&ended);
            // The last of its callbacks.
            running.add_done_callback(move |_| end.set());
            gated.gate.go.release().expect("without a limit");
            ended.wait();
            gated.running = false;
            "None".into()
        }
        "calls" => gated.calls.load(SeqCst).to_string(),
        "wait_zero" => {
            let live = gated.tasks.iter().filter(|task| !task.cancelled()).cloned();
            wait_timeout(&live.collect::<Vec<_>>(), WaitFor::All, ZERO).done.len().to_string()
        }
        "shutdown" | "shutdown_now" => {
            if operation == "shutdown" {
                gated.pool.shutdown()
            } else {
                gated.pool.shutdown_now()
            }
            gated.down = true;
            "None".into()
        }
        "join" if !gated.down || !all_done => BLOCKS.into(),
        "join" => none(gated.pool.join().map_err(|_| "RuntimeError")),
        _ => match gated.tasks.get(argument as usize) {
            None => "IndexError".into(),
            Some(task) => on_future(task, gated, operation),
        },
    }
}

fn on_future(
    task: &Future<i64>,
    gated: &Gated<ThreadPool, Future<i64>>,
    operation: &str,
) -> String {
    match operation {
        "cancel" => truth(task.cancel()),
        "done" => truth(task.done()),
        "running" => truth(task.running()),
        "cancelled" => truth(task.cancelled()),
        "result" | "exception" if !task.done() => BLOCKS.into(),
        "result" => answer(task.result()),
        "result_zero" => answer(task.result_timeout(ZERO)),
        "exception" => task.exception().map_or("None".into(), |error| answer(Err(error))),
        _ => {
            let call = gated.call();
            task.add_done_callback(|_| call());
            "None".into()
        }
    }
}

pub(super) fn pool(_: i64) -> Object {
    let mut gated = Gated::new(Pool::new(1).expect("a worker"));
    Box::new(move |(operation, argument)| {
        let given = on_workers(&mut gated, operation, argument);
        gated.settle(AsyncResult::ready);
        given
    })
}

/// The operations that are done when they return: the worker must be idle.
pub(super) const AT_ONCE: &[&str] = &["apply", "map", "imap", "imap_unordered", "terminate"];

fn on_workers(gated: &mut Gated<Pool, AsyncResult<i64>>, operation: &str, argument: i64) -> String {
    let all_done = gated.tasks.iter().all(AsyncResult::ready);
    match operation {
        "apply_async" => {
            let (work, call) = (gated.gate.task(argument), gated.call());
            let started = gated.pool.apply_async_with(work, |_| call());
            none(started.map(|task| gated.tasks.push(task)).map_err(closed))
        }
        "let_end" if !gated.running => "nothing runs".into(),
        "let_end" => {
            let running = gated.tasks.iter().find(|task| !task.ready()).expect("it runs");
            gated.gate.go.release().expect("without a limit");
            running.wait();
            gated.running = false;
            "None".into()
        }
        "calls" => gated.calls.load(SeqCst).to_string(),
        "close" => {
            gated.pool.close();
            gated.down = true;
            "None".into()
        }
        "join" if gated.down && !all_done => BLOCKS.into(),
        "join" => none(gated.pool.join().map_err(closed)),
        operation if AT_ONCE.contains(&operation) && !all_done => BLOCKS.into(),
        "terminate" => {
            gated.pool.terminate();
            gated.down = true;
            "None".into()
        }
        "apply" => number(gated.pool.apply(move || 10 * argument).map_err(closed)),
        "map" => listed(gated.pool.map(|n| 10 * n, 0..argument).map_err(closed)),
        "imap" => listed(gated.pool.imap(|n| 10 * n, 0..argument).map_err(closed).map(gathered)),
        "imap_unordered" => {
            listed(gated.pool.imap_unordered(|n| 10 * n, 0..argument).map_err(closed).map(gathered))
        }
        _ => match gated.tasks.get(argument as usize) {
            None => "IndexError".into(),
            Some(task) => on_result(task, operation),
        },
    }
}

fn closed<W>(_: W) -> &'static str {
    "ValueError"
}

fn gathered(results: impl Iterator<Item = Result<i64, FutureError>>) -> Vec<i64> {
    results.map(|result| result.expect("no panic")).collect()
}

fn listed(result: Result<Vec<i64>, &str>) -> String {
    result.map_or_else(Into::into, |list| format!("{list:?}"))
}

fn on_result(task: &AsyncResult<i64>, operation: &str) -> String {
    match operation {
        "ready" => truth(task.ready()),
        "successful" => task.successful().map_or("ValueError".into(), truth),
        "get" if !task.ready() => BLOCKS.into(),
        "get" => answer(task.get()),
        "get_zero" => answer(task.get_timeout(ZERO)),
        _ => {
            task.wait_timeout(ZERO);
            "None".into()
        }
    }
}
