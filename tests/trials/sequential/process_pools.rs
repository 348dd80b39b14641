//! Pools of processes, asked for one thing after another, and a model of them.

use super::{Call, Object, number, truth};
use raceproof_suite::{
    backend::Std,
    contracts::process_pool::Does,
    primitives::{
        ApplyError, FutureError,
        process::{Pool, ProcessPool},
    },
};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI64, Ordering::SeqCst},
};

/// What the operations of a pool of processes are called.
pub(super) const POOL: &[&str] = &[
    "apply",
    "get",
    "successful",
    "callback",
    "map",
    "map_async",
    "map_chunked",
    "imap",
    "imap_chunked",
    "imap_unordered",
];

/// What those of an executor of processes are called.
pub(super) const EXECUTOR: &[&str] = &["result", "exception", "callback", "map", "map_chunked"];

/// Python's task: it fails for three, and doubles the others.
fn task(n: i64) -> Does {
    if n == 3 { Does::Panic } else { Does::Double(n) }
}

fn error(error: &FutureError) -> &'static str {
    match error {
        FutureError::Panicked(_) => "LookupError",
        _ => "another error",
    }
}

fn one(result: Result<i64, FutureError>) -> String {
    number(result.map_err(|why| error(&why)))
}

fn list(result: Result<Vec<i64>, FutureError>) -> String {
    result.map_or_else(|why| error(&why).into(), |values| format!("{values:?}"))
}

fn applied<T, W>(result: Result<T, ApplyError<W>>) -> Result<T, FutureError> {
    match result {
        Ok(value) => Ok(value),
        Err(ApplyError::Failed(error)) => Err(error),
        Err(ApplyError::Refused(_)) => panic!("it is open"),
    }
}

/// One for all; it ends with this process.
fn shared_pool() -> &'static Pool<Std, Does> {
    static POOL: OnceLock<Pool<Std, Does>> = OnceLock::new();
    POOL.get_or_init(|| Pool::new(1).expect("`main` serves"))
}

pub(super) fn pool(_: i64) -> Object {
    let (pool, two) = (shared_pool(), 2.try_into().expect("not zero"));
    Box::new(move |(operation, n): Call| {
        let tasks = || (0..=n).map(task);
        match operation {
            "apply" => one(applied(pool.apply(task(n)))),
            "get" => one(pool.apply_async(task(n)).expect("it is open").get()),
            "successful" => {
                let result = pool.apply_async(task(n)).expect("it is open");
                result.wait();
                truth(result.successful().expect("it is done"))
            }
            "callback" => {
                let called = Arc::new(AtomicI64::new(0));
                let calls = Arc::clone(&called);
                let count = move |result: &Result<i64, _>| {
                    calls.fetch_add(1 + i64::from(result.is_err()), SeqCst);
                };
                pool.apply_async_with(task(n), count).expect("it is open").wait();
                called.load(SeqCst).to_string()
            }
            "map" => list(applied(pool.map(tasks()))),
            "map_async" => list(pool.map_async(tasks()).expect("it is open").take()),
            "map_chunked" => list(pool.map_async_chunked(tasks(), two).expect("it is open").take()),
            "imap" => list(pool.imap(tasks()).expect("it is open").collect()),
            "imap_chunked" => list(pool.imap_chunked(tasks(), two).expect("it is open").collect()),
            _ => list(pool.imap_unordered(tasks()).expect("it is open").collect()),
        }
    })
}

pub(super) fn model(_: i64) -> Object {
    Box::new(move |(operation, n)| {
        let fails = n == 3;
        match operation {
            "successful" => truth(!fails),
            "callback" => (1 + i64::from(fails)).to_string(),
            "exception" => if fails { "LookupError" } else { "None" }.into(),
            _ if fails => "LookupError".into(),
            "apply" | "get" | "result" => (2 * n).to_string(),
            _ => format!("{:?}", (0..=n).map(|n| 2 * n).collect::<Vec<_>>()),
        }
    })
}

/// One for all; it ends with this process.
fn shared_executor() -> &'static ProcessPool<Std, Does> {
    static POOL: OnceLock<ProcessPool<Std, Does>> = OnceLock::new();
    POOL.get_or_init(|| ProcessPool::new(1).expect("`main` serves"))
}

pub(super) fn executor(_: i64) -> Object {
    let (pool, two) = (shared_executor(), 2.try_into().expect("not zero"));
    Box::new(move |(operation, n): Call| {
        let tasks = || (0..=n).map(task);
        match operation {
            "result" => one(pool.submit(task(n)).expect("it is open").result()),
            "exception" => {
                let future = pool.submit(task(n)).expect("it is open");
                future.exception().map_or("None".into(), |why| error(&why).into())
            }
            "callback" => {
                let (future, called) =
                    (pool.submit(task(n)).expect("it is open"), Arc::new(AtomicI64::new(0)));
                let failed = i64::from(future.exception().is_some());
                let calls = Arc::clone(&called);
                future.add_done_callback(move |_| {
                    calls.fetch_add(1 + failed, SeqCst);
                });
                called.load(SeqCst).to_string()
            }
            "map" => list(pool.map(tasks()).expect("it is open").collect()),
            _ => list(pool.map_chunked(tasks(), two).expect("it is open").collect()),
        }
    })
}
