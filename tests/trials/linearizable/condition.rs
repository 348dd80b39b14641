//! Conditions.
//!
//! A wait acquires the lock and releases it again, with every level that the thread already had, as it
//! begins. It ends when the thread was notified, or its time limit has passed, and the lock is free. A
//! wait for a flag waits again if the flag is not raised by then. Everything else that is done with the
//! lock held takes effect at once, because no other thread can look in between. A notification may wake
//! any waiter, and a timed wait may time out as long as it is not notified.

use super::rlock::Levels;
use super::{
    MOMENT,
    explored::{Answer, DONE, Part, State, Subject, threads},
};
use proptest::prelude::*;
use raceproof_suite::{
    backend::{AtomicBool, Backend},
    primitives::Condition,
};
use std::{collections::BTreeMap, sync::atomic::Ordering::SeqCst};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Acquire,
    Release,
    /// Acquires, waits for the flag, releases.
    WaitFor,
    /// Acquires, waits once for a limited time, releases.
    WaitTimeout,
    /// Waits for a limited time without acquiring first.
    BareWait,
    /// Acquires, notifies one, releases.
    Notify,
    /// Acquires, raises the flag, notifies a number of waiters, releases.
    Raise(usize),
    /// Like `Raise`, but notifies all.
    RaiseForAll,
    /// Notifies one without acquiring first.
    BareNotify,
}

impl Op {
    fn waits(self) -> bool {
        matches!(self, Self::WaitFor | Self::WaitTimeout | Self::BareWait)
    }
}

/// The state of a waiting thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Wait {
    /// It has not acquired the lock yet.
    Refused,
    ForTheFlag,
    ForAWhile,
    /// It must look whether the flag is raised.
    Looks,
    Notified,
    TimedOut,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Waiting {
    levels: Levels,
    raised: bool,
    /// The threads in a wait, each with the depth at which it had the lock before.
    waits: BTreeMap<usize, (Wait, usize)>,
}

impl Waiting {
    fn with(&self, thread: usize, wait: Wait) -> Self {
        let mut after = self.clone();
        after.waits.entry(thread).and_modify(|(stage, _)| *stage = wait);
        after
    }

    /// Every way to wake `n` of the waiting threads.
    fn woken(&self, n: usize) -> Vec<Self> {
        let woken = |(&thread, &(wait, _)): (&usize, &(Wait, usize))| match wait {
            Wait::ForTheFlag => Some(self.with(thread, Wait::Looks)),
            Wait::ForAWhile => Some(self.with(thread, Wait::Notified)),
            _ => None,
        };
        let one: Vec<_> = self.waits.iter().filter_map(woken).collect();
        if n == 0 || one.is_empty() {
            return vec![self.clone()];
        }
        one.iter().flat_map(|after| after.woken(n - 1)).collect()
    }

    fn begin(&self, thread: usize, op: Op) -> Option<Self> {
        let mut after = self.clone();
        let depth = self.levels.depth_of(thread);
        let wait = match op {
            Op::BareWait if depth == 0 => {
                after.waits.insert(thread, (Wait::Refused, 0));
                return Some(after);
            }
            Op::WaitFor if self.raised => Wait::Looks,
            Op::WaitFor => Wait::ForTheFlag,
            _ => Wait::ForAWhile,
        };
        self.levels.entered(thread, 1)?;
        after.waits.insert(thread, (wait, depth));
        after.levels = Levels::default();
        Some(after)
    }

    fn end(&self, thread: usize) -> Option<(Answer, Self)> {
        let mut after = self.clone();
        let (wait, depth) = after.waits.remove(&thread)?;
        let answer = match wait {
            Wait::Refused => return Some((Err(()), after)),
            Wait::ForTheFlag | Wait::ForAWhile => return None,
            Wait::Looks if !self.raised => return None,
            Wait::Looks | Wait::Notified => Ok(1),
            Wait::TimedOut => Ok(0),
        };
        let levels = self.levels.entered(thread, depth)?;
        // The level that was acquired for the wait alone is gone.
        after.levels = if depth == 0 { self.levels.clone() } else { levels };
        Some((answer, after))
    }
}

impl State for Waiting {
    type Op = Op;

    fn is_in_two_parts(op: Op) -> bool {
        op.waits()
    }

    fn step(&self, thread: usize, op: Op, part: Part) -> Vec<(Answer, Self)> {
        let changed = |levels| vec![(DONE, Self { levels, ..self.clone() })];
        let refused = || vec![(Err(()), self.clone())];
        let notified =
            |state: &Self, n| state.woken(n).into_iter().map(|after| (DONE, after)).collect();
        let raised = || Self { raised: true, ..self.clone() };
        let can_enter = self.levels.entered(thread, 1);
        match op {
            _ if part == Part::Begin => {
                self.begin(thread, op).map(|after| (DONE, after)).into_iter().collect()
            }
            _ if part == Part::End => self.end(thread).into_iter().collect(),
            Op::Release => self.levels.released(thread).map_or_else(refused, changed),
            Op::BareNotify if !self.levels.is_owned_by(thread) => refused(),
            Op::BareNotify => notified(self, 1),
            Op::Acquire => can_enter.map(changed).unwrap_or_default(),
            _ if can_enter.is_none() => vec![],
            Op::Raise(n) => notified(&raised(), n),
            Op::RaiseForAll => notified(&raised(), self.waits.len()),
            _ => notified(self, 1),
        }
    }

    fn silent(&self) -> Vec<Self> {
        let free = self.levels == Levels::default();
        let moves = self.waits.iter().filter_map(|(&thread, &(wait, _))| match wait {
            Wait::ForAWhile => Some(self.with(thread, Wait::TimedOut)),
            Wait::Looks if free && !self.raised => Some(self.with(thread, Wait::ForTheFlag)),
            _ => None,
        });
        moves.collect()
    }
}

#[derive(Debug)]
pub(crate) struct Conditions;

impl Subject for Conditions {
    const NAME: &'static str = "condition";
    const OPERATIONS: &'static [Op] = &[
        Op::Acquire,
        Op::Release,
        Op::WaitFor,
        Op::WaitTimeout,
        Op::BareWait,
        Op::Notify,
        Op::Raise(1),
        Op::Raise(2),
        Op::RaiseForAll,
        Op::BareNotify,
    ];
    type Op = Op;
    type On<B: Backend> = (Condition<B>, AtomicBool<B>);
    type State = Waiting;

    fn make<B: Backend>() -> Self::On<B> {
        (Condition::new(), AtomicBool::named("flag", false))
    }
    fn call<B: Backend>((condition, flag): &Self::On<B>, op: Op) -> Answer {
        if !matches!(op, Op::Release | Op::BareWait | Op::BareNotify) {
            condition.acquire();
        }
        if matches!(op, Op::Raise(_) | Op::RaiseForAll) {
            flag.store(true, SeqCst);
        }
        let answer = match op {
            Op::Acquire | Op::Release => Ok(0),
            Op::WaitFor => condition.wait_for(|| flag.load(SeqCst)).map(|()| 1),
            Op::WaitTimeout | Op::BareWait => condition.wait_timeout(MOMENT).map(i64::from),
            Op::Notify | Op::BareNotify => condition.notify(1).map(|()| 0),
            Op::Raise(n) => condition.notify(n).map(|()| 0),
            Op::RaiseForAll => condition.notify_all().map(|()| 0),
        };
        if !matches!(op, Op::Acquire | Op::BareWait | Op::BareNotify) {
            condition.release().map_err(|_| ())?;
        }
        answer.map_err(|_| ())
    }

    /// Of three threads at most one waits for a limited time: two have millions of interleavings.
    fn programs() -> BoxedStrategy<Vec<Vec<Op>>> {
        let three = threads(3, Self::OPERATIONS, 1).prop_filter("too large", |threads| {
            threads.iter().flatten().filter(|&&op| op == Op::WaitTimeout).count() < 2
        });
        prop_oneof![threads(2, Self::OPERATIONS, 2), three].boxed()
    }
}
