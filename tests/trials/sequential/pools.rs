//! Pools of one worker, whose tasks end on command.

use super::{BLOCKS, Object, none, number, truth};
use raceproof_suite::{
    native::{AsyncResult, Event, Future, Pool, Queue, Semaphore, ThreadPool},
    primitives::{FutureError, WaitFor, as_completed_timeout, wait, wait_timeout},
};
use std::{
    num::NonZeroUsize,
    ops::Range,
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

/// The gate that holds the tasks of one worker.
struct Gate {
    begun: Queue<()>,
    go: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: Queue::new(0), go: Semaphore::new(0) })
    }

    /// A task that reports when it begins, and waits until it may end.
    fn task(self: &Arc<Self>, value: i64) -> impl FnOnce() -> i64 + Send + use<> {
        let gate = Arc::clone(self);
        move || {
            gate.begun.put(()).expect("no thread shuts it down");
            gate.go.acquire();
            if value == UNLUCKY {
                // Prints nothing to standard error.
                resume_unwind(Box::new("no luck"));
            }
            value
        }
    }
}

/// A pool and its tasks. On drop it lets every task go on, before the pool waits for them.
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
            self.gate.begun.get().expect("no thread shuts it down");
            self.running = true;
        }
    }

    /// A function that counts its calls.
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
        FutureError::BrokenPool(_)
        | FutureError::Died(_)
        | FutureError::BrokenProcessPool(_)
        | FutureError::Taken => "another error",
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
        "wait_zero" | "wait_failure" | "completed_zero" => on_live(&gated.live(), operation),
        "map_zero" if !gated.running => "nothing runs".into(),
        "map_zero" => match gated.pool.map_timeout(|n| 10 * n, 0..argument, ZERO) {
            Ok(mut results) => results.next().map_or("[]".into(), answer),
            Err(_) => "RuntimeError".into(),
        },
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

impl Gated<ThreadPool, Future<i64>> {
    /// The tasks that are not cancelled: Python considers these done only when a worker reaches them.
    fn live(&self) -> Vec<Future<i64>> {
        self.tasks.iter().filter(|task| !task.cancelled()).cloned().collect()
    }
}

fn on_live(live: &[Future<i64>], operation: &str) -> String {
    let failed = |task: &Future<i64>| task.done() && task.exception().is_some();
    match operation {
        "wait_zero" => wait_timeout(live, WaitFor::All, ZERO).done.len().to_string(),
        "wait_failure" if !live.iter().all(Future::done) && !live.iter().any(failed) => {
            BLOCKS.into()
        }
        "wait_failure" => wait(live, WaitFor::FirstException).done.len().to_string(),
        _ => {
            let completed: Vec<_> = as_completed_timeout(live.to_vec(), ZERO).collect();
            let in_time = completed.iter().flatten().count();
            let late = if in_time < completed.len() { " and TimeoutError" } else { "" };
            format!("{in_time}{late}")
        }
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
        "exception" | "exception_zero" => {
            let error = task.exception_timeout(ZERO);
            error.map_or("None".into(), |error| answer(Err(error)))
        }
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
pub(super) const AT_ONCE: &[&str] = &[
    "apply",
    "map",
    "imap",
    "imap_unordered",
    "map_chunked",
    "imap_chunked",
    "imap_unordered_chunked",
    "terminate",
];

/// The number of items in a chunk.
const TWO: NonZeroUsize = NonZeroUsize::new(2).expect("not zero");

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
        "imap_zero" if !gated.running => "nothing runs".into(),
        "imap_zero" => match gated.pool.imap(tenfold, 0..argument + 1) {
            Ok(mut results) => results.next_timeout(ZERO).map_or("nothing".into(), answer),
            Err(_) => "ValueError".into(),
        },
        operation if AT_ONCE.contains(&operation) => {
            listed(on_items(&gated.pool, operation, 0..argument))
        }
        _ => match gated.tasks.get(argument as usize) {
            None => "IndexError".into(),
            Some(task) => on_result(task, operation),
        },
    }
}

fn tenfold(n: i64) -> i64 {
    10 * n
}

fn on_items(pool: &Pool, operation: &str, items: Range<i64>) -> Result<Vec<i64>, &'static str> {
    match operation {
        "map" => pool.map(tenfold, items).map_err(closed),
        "map_chunked" => pool.map_chunked(tenfold, items, TWO).map_err(closed),
        "imap" => pool.imap(tenfold, items).map_err(closed).map(gathered),
        "imap_chunked" => pool.imap_chunked(tenfold, items, TWO).map_err(closed).map(gathered),
        "imap_unordered" => pool.imap_unordered(tenfold, items).map_err(closed).map(gathered),
        _ => pool.imap_unordered_chunked(tenfold, items, TWO).map_err(closed).map(gathered),
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
