//! What processes wait at: the real objects, in the process that owns them, and models of them.

use super::{BLOCKS, Call, Object, models, none, number, truth};
use raceproof_suite::{
    backend::{Backend, Std},
    native::process::{Barrier, BoundedSemaphore, Condition, Event, RLock, Semaphore},
    primitives::process::{BarrierError, OwnerError},
};
use std::time::Duration;

const ZERO: Duration = Duration::ZERO;

/// What Python calls a misuse of a reentrant lock and of a condition between processes.
const MISUSE: &str = "AssertionError";

/// A model for threads, with the name of the error between processes.
fn between(mut model: Object) -> Object {
    Box::new(move |call| match model(call) {
        answer if answer == "RuntimeError" => MISUSE.into(),
        answer => answer,
    })
}

pub(super) fn counted(semaphore: impl std::ops::Deref<Target = Semaphore> + 'static) -> Object {
    Box::new(move |(operation, _): Call| match operation {
        "acquire" if semaphore.permits() == Ok(0) => BLOCKS.into(),
        "acquire" => none(semaphore.acquire().map_err(|_| "another error")),
        "try_acquire" => truth(semaphore.try_acquire() == Ok(true)),
        "acquire_zero" => truth(semaphore.acquire_timeout(ZERO) == Ok(true)),
        "value" => semaphore.permits().expect("it is here").to_string(),
        _ => none(semaphore.release().map_err(|_| "ValueError")),
    })
}

pub(super) fn semaphore(permits: i64) -> Object {
    counted(Box::new(Semaphore::new(permits as usize)))
}

pub(super) fn bounded_semaphore(permits: i64) -> Object {
    counted(BoundedSemaphore::new(permits as usize))
}

pub(super) fn rlock(_: i64) -> Object {
    reentrant(RLock::new(), MISUSE)
}

/// A reentrant lock, the misuse of which Python calls so.
pub(super) fn reentrant(lock: RLock, misuse: &'static str) -> Object {
    let released = move |result: Result<(), OwnerError>| none(result.map_err(|_| misuse));
    Box::new(move |(operation, _)| match operation {
        "acquire" => none(lock.acquire().map_err(|_| "another error")),
        "try_acquire" => truth(lock.try_acquire() == Ok(true)),
        "acquire_zero" => truth(lock.acquire_timeout(ZERO) == Ok(true)),
        "release" => released(lock.release()),
        "owned" => truth(lock.is_owned() == Ok(true)),
        other => {
            let (lock, tries) = (lock.clone(), other == "other_try");
            let there = move || match tries {
                true => {
                    let acquired = lock.try_acquire() == Ok(true);
                    if acquired {
                        lock.release().expect("just acquired");
                    }
                    truth(acquired)
                }
                false => released(lock.release()),
            };
            Std::spawn("other", there).join().expect("it does not panic")
        }
    })
}

pub(super) fn rlock_model(size: i64) -> Object {
    between(models::rlock(size))
}

pub(super) fn event(_: i64) -> Object {
    flag(Event::new())
}

pub(super) fn flag(event: Event) -> Object {
    Box::new(move |(operation, _)| match operation {
        "set" => none(event.set().map_err(|_| "another error")),
        "clear" => none(event.clear().map_err(|_| "another error")),
        "wait" if event.is_set() == Ok(false) => BLOCKS.into(),
        "wait" => event.wait().map_or("another error".into(), |()| truth(true)),
        "wait_zero" => truth(event.wait_timeout(ZERO) == Ok(true)),
        _ => truth(event.is_set() == Ok(true)),
    })
}

pub(super) fn condition(_: i64) -> Object {
    notified(Condition::new(), MISUSE)
}

/// A condition, the misuse of which Python calls so.
pub(super) fn notified(condition: Condition, misuse: &'static str) -> Object {
    Box::new(move |(operation, n)| match operation {
        "acquire" => none(condition.acquire().map_err(|_| "another error")),
        "release" => none(condition.release().map_err(|_| misuse)),
        "wait_zero" => condition.wait_timeout(ZERO).map_or(misuse.into(), truth),
        "wait_for_zero" => condition.wait_for_timeout(ZERO, || n > 0).map_or(misuse.into(), truth),
        "notify" => none(condition.notify(n as usize).map_err(|_| misuse)),
        _ => none(condition.notify_all().map_err(|_| misuse)),
    })
}

pub(super) fn condition_model(size: i64) -> Object {
    between(models::condition(size))
}

pub(super) fn barrier(parties: i64) -> Object {
    meeting(Barrier::new(parties as usize).expect("some parties"), parties)
}

pub(super) fn meeting(barrier: Barrier, parties: i64) -> Object {
    let passed = |result: Result<usize, BarrierError>| {
        number(result.map(|index| index as i64).map_err(|_| "BrokenBarrierError"))
    };
    Box::new(move |(operation, _)| match operation {
        "wait" if parties > 1 && barrier.is_broken() == Ok(false) => BLOCKS.into(),
        "wait" => passed(barrier.wait()),
        "wait_zero" => passed(barrier.wait_timeout(ZERO)),
        "abort" => none(barrier.abort().map_err(|_| "another error")),
        "reset" => none(barrier.reset().map_err(|_| "another error")),
        "parties" => barrier.parties().expect("it is here").to_string(),
        "n_waiting" => barrier.n_waiting().expect("it is here").to_string(),
        _ => truth(barrier.is_broken() == Ok(true)),
    })
}
