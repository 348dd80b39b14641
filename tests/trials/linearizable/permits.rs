//! Locks and semaphores: a number of permits.

use super::explored::{Answer, DONE, MOMENT, Part, State, Subject};
use raceproof_suite::{
    backend::{AtomicUsize, Backend},
    primitives::{BoundedSemaphore, Lock, Semaphore},
};
use std::sync::atomic::Ordering::SeqCst;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Acquire,
    TryAcquire,
    AcquireTimeout,
    Release,
    /// The number of permits taken.
    Look,
}

const ALL: &[Op] = &[Op::Acquire, Op::TryAcquire, Op::AcquireTimeout, Op::Release, Op::Look];

/// The number of permits taken; at most `MAX`, and a release of zero permits is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Taken<const MAX: i64>(i64);

impl<const MAX: i64> State for Taken<MAX> {
    type Op = Op;

    fn step(&self, _: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        match op {
            Op::Acquire | Op::TryAcquire | Op::AcquireTimeout if self.0 < MAX => {
                vec![(DONE, Self(self.0 + 1))]
            }
            Op::Acquire => vec![],
            Op::Release if self.0 > 0 => vec![(DONE, Self(self.0 - 1))],
            Op::TryAcquire | Op::AcquireTimeout | Op::Release => vec![(Err(()), self.clone())],
            Op::Look => vec![(Ok(self.0), self.clone())],
        }
    }
}

fn acquired(is: bool) -> Answer {
    if is { DONE } else { Err(()) }
}

#[derive(Debug)]
pub(crate) struct Locks;

impl Subject for Locks {
    const NAME: &'static str = "lock";
    const OPERATIONS: &'static [Op] = ALL;
    type Op = Op;
    type On<B: Backend> = Lock<B>;
    type State = Taken<1>;

    fn make<B: Backend>() -> Lock<B> {
        Lock::new()
    }
    fn call<B: Backend>(lock: &Lock<B>, op: Op) -> Answer {
        match op {
            Op::Acquire => lock.acquire(),
            Op::TryAcquire => return acquired(lock.try_acquire()),
            Op::AcquireTimeout => return acquired(lock.acquire_timeout(MOMENT)),
            Op::Release => return lock.release().map(|()| 0).map_err(|_| ()),
            Op::Look => return Ok(lock.locked().into()),
        }
        DONE
    }
}

#[derive(Debug)]
pub(crate) struct Semaphores;

impl Subject for Semaphores {
    const NAME: &'static str = "semaphore";
    const OPERATIONS: &'static [Op] = ALL;
    type Op = Op;
    type On<B: Backend> = BoundedSemaphore<B>;
    type State = Taken<2>;

    fn make<B: Backend>() -> Self::On<B> {
        BoundedSemaphore::new(2)
    }
    fn call<B: Backend>(semaphore: &Self::On<B>, op: Op) -> Answer {
        let semaphore: &Semaphore<B> = semaphore;
        match op {
            Op::Acquire => semaphore.acquire(),
            Op::TryAcquire => return acquired(semaphore.try_acquire()),
            Op::AcquireTimeout => return acquired(semaphore.acquire_timeout(MOMENT)),
            Op::Release => return semaphore.release().map(|()| 0).map_err(|_| ()),
            Op::Look => return Ok(2 - semaphore.permits() as i64),
        }
        DONE
    }
}

/// A lock whose check and whose change are two steps, which must be rejected.
#[derive(Debug)]
pub(crate) struct Torn;

impl Subject for Torn {
    const NAME: &'static str = "torn lock is rejected";
    const OPERATIONS: &'static [Op] = &[Op::TryAcquire, Op::Look];
    type Op = Op;
    type On<B: Backend> = AtomicUsize<B>;
    type State = Taken<1>;

    fn make<B: Backend>() -> AtomicUsize<B> {
        AtomicUsize::new(0)
    }
    fn call<B: Backend>(lock: &AtomicUsize<B>, op: Op) -> Answer {
        let held = lock.load(SeqCst);
        match op {
            Op::Look => Ok(held as i64),
            _ if held > 0 => Err(()),
            _ => {
                lock.store(1, SeqCst);
                DONE
            }
        }
    }
}
