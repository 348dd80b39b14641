//! A manager's objects at which processes wait, asked from another process than their owner.

use super::{BLOCKS, Call, Object, between, none, number, shared::manager, truth};
use raceproof_suite::primitives::process::{GetError, PutError};
use std::time::Duration;

/// What Python calls a misuse of a lock or a condition of a manager.
const MISUSE: &str = "RuntimeError";

pub(super) fn lock(_: i64) -> Object {
    let lock = manager().lock().expect("it is there");
    Box::new(move |(operation, _): Call| match operation {
        "acquire" if lock.locked() == Ok(true) => BLOCKS.into(),
        "acquire" => none(lock.acquire().map_err(|_| "another error")),
        "try_acquire" => truth(lock.try_acquire() == Ok(true)),
        "acquire_zero" => truth(lock.acquire_timeout(Duration::ZERO) == Ok(true)),
        _ => none(lock.release().map_err(|_| MISUSE)),
    })
}

pub(super) fn rlock(_: i64) -> Object {
    between::reentrant(manager().rlock().expect("it is there"), MISUSE)
}

pub(super) fn semaphore(permits: i64) -> Object {
    let semaphore = manager().semaphore(permits as usize).expect("it is there");
    between::counted(Box::new(semaphore))
}

pub(super) fn bounded_semaphore(permits: i64) -> Object {
    between::counted(manager().bounded_semaphore(permits as usize).expect("it is there"))
}

pub(super) fn event(_: i64) -> Object {
    between::flag(manager().event().expect("it is there"))
}

pub(super) fn condition(_: i64) -> Object {
    between::notified(manager().condition().expect("it is there"), MISUSE)
}

pub(super) fn barrier(parties: i64) -> Object {
    between::meeting(manager().barrier(parties as usize).expect("some parties"), parties)
}

pub(super) fn queue(size: i64) -> Object {
    let queue = manager().queue(usize::try_from(size).expect("not negative")).expect("it is there");
    let put = |result: Result<(), PutError<i64>>| none(result.map_err(|_| "Full"));
    let got = |result: Result<i64, GetError>| number(result.map_err(|_| "Empty"));
    Box::new(move |(operation, item): Call| match operation {
        "put" if queue.full() == Ok(true) => BLOCKS.into(),
        "put" => put(queue.put(item)),
        "try_put" => put(queue.try_put(item)),
        "put_zero" => put(queue.put_timeout(item, Duration::ZERO)),
        "get" if queue.empty() == Ok(true) => BLOCKS.into(),
        "get" => got(queue.get()),
        "try_get" => got(queue.try_get()),
        "get_zero" => got(queue.get_timeout(Duration::ZERO)),
        "qsize" => queue.qsize().expect("it is there").to_string(),
        "empty" => truth(queue.empty() == Ok(true)),
        "full" => truth(queue.full() == Ok(true)),
        _ => none(queue.task_done().map_err(|_| "ValueError")),
    })
}
