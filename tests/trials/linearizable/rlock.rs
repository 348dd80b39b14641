//! Reentrant locks.
//!
//! Releasing every level and reacquiring them is an operation of two parts: between them the lock
//! is free for others.

use super::{
    MOMENT,
    explored::{Answer, DONE, Part, State, Subject, threads},
};
use proptest::{prelude::*, sample};
use raceproof_suite::{backend::Backend, primitives::RLock};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Acquire,
    TryAcquire,
    AcquireTimeout,
    Release,
    GiveUpAndHaveBack,
    IsOwned,
    Locked,
}

/// The holder of a reentrant lock, and the depth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Levels {
    owner: Option<usize>,
    depth: usize,
}

impl Levels {
    pub(crate) fn is_owned_by(&self, thread: usize) -> bool {
        self.owner == Some(thread)
    }

    /// With `levels` more levels for `thread`, if that does not have to wait.
    pub(crate) fn entered(&self, thread: usize, levels: usize) -> Option<Self> {
        let free = self.owner.is_none_or(|owner| owner == thread);
        free.then(|| Self { owner: Some(thread), depth: self.depth + levels })
    }

    /// With one level less; `None` if `thread` has none.
    pub(crate) fn released(&self, thread: usize) -> Option<Self> {
        self.is_owned_by(thread).then(|| match self.depth {
            1 => Self::default(),
            depth => Self { owner: self.owner, depth: depth - 1 },
        })
    }

    /// The depth at which `thread` holds it.
    pub(crate) fn depth_of(&self, thread: usize) -> usize {
        if self.is_owned_by(thread) { self.depth } else { 0 }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Reentrant {
    levels: Levels,
    /// The depth at which each thread will reacquire the lock; zero if it did not hold it.
    given_up: BTreeMap<usize, usize>,
}

impl Reentrant {
    fn with(&self, levels: Levels) -> Self {
        Self { levels, ..self.clone() }
    }

    fn begin(&self, thread: usize) -> Self {
        let mut after = self.clone();
        after.given_up.insert(thread, self.levels.depth_of(thread));
        if self.levels.is_owned_by(thread) {
            after.levels = Levels::default();
        }
        after
    }

    fn end(&self, thread: usize) -> Option<(Answer, Self)> {
        let mut after = self.clone();
        match after.given_up.remove(&thread)? {
            0 => Some((Err(()), after)),
            depth => {
                let levels = self.levels.entered(thread, depth)?;
                Some((DONE, Self { levels, ..after }))
            }
        }
    }
}

impl State for Reentrant {
    type Op = Op;

    fn is_in_two_parts(op: Op) -> bool {
        op == Op::GiveUpAndHaveBack
    }

    fn step(&self, thread: usize, op: Op, part: Part) -> Vec<(Answer, Self)> {
        let same = |answer| vec![(answer, self.clone())];
        let entered = self.levels.entered(thread, 1).map(|levels| (DONE, self.with(levels)));
        match op {
            Op::Acquire => entered.into_iter().collect(),
            Op::TryAcquire | Op::AcquireTimeout => {
                entered.map_or(same(Err(())), |after| vec![after])
            }
            Op::Release => {
                let released = self.levels.released(thread);
                released.map_or(same(Err(())), |levels| vec![(DONE, self.with(levels))])
            }
            Op::GiveUpAndHaveBack if part == Part::Begin => vec![(DONE, self.begin(thread))],
            Op::GiveUpAndHaveBack => self.end(thread).into_iter().collect(),
            Op::IsOwned => same(Ok(self.levels.is_owned_by(thread).into())),
            Op::Locked => same(Ok((self.levels != Levels::default()).into())),
        }
    }
}

#[derive(Debug)]
pub(crate) struct RLocks;

impl Subject for RLocks {
    const NAME: &'static str = "rlock";
    const OPERATIONS: &'static [Op] = &[
        Op::Acquire,
        Op::TryAcquire,
        Op::AcquireTimeout,
        Op::Release,
        Op::GiveUpAndHaveBack,
        Op::IsOwned,
        Op::Locked,
    ];
    type Op = Op;
    type On<B: Backend> = RLock<B>;
    type State = Reentrant;

    fn make<B: Backend>() -> RLock<B> {
        RLock::new()
    }
    fn call<B: Backend>(lock: &RLock<B>, op: Op) -> Answer {
        match op {
            Op::Acquire => lock.acquire(),
            Op::TryAcquire => return lock.try_acquire().then_some(0).ok_or(()),
            Op::AcquireTimeout => return lock.acquire_timeout(MOMENT).then_some(0).ok_or(()),
            Op::Release => return lock.release().map(|()| 0).map_err(|_| ()),
            Op::GiveUpAndHaveBack => lock.restore(lock.release_all().map_err(|_| ())?),
            Op::IsOwned => return Ok(lock.is_owned().into()),
            Op::Locked => return Ok(lock.locked().into()),
        }
        DONE
    }

    /// Among the programs, those in which one thread holds several levels and releases some, since
    /// these are rare by chance.
    fn programs() -> BoxedStrategy<Vec<Vec<Op>>> {
        let any = || sample::select(Self::OPERATIONS);
        let deep = (1..=2_usize, any(), 0..=2_usize).prop_map(|(acquired, op, released)| {
            let (down, up) = (vec![Op::Acquire; acquired], vec![Op::Release; released]);
            [down, vec![op], up].concat()
        });
        let beside = proptest::collection::vec(any(), 1..=2);
        prop_oneof![
            threads(2, Self::OPERATIONS, 2),
            threads(3, Self::OPERATIONS, 1),
            (deep, beside).prop_map(|(deep, beside)| vec![deep, beside]),
        ]
        .boxed()
    }
}
