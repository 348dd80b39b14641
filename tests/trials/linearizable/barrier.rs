//! Barriers.
//!
//! A wait begins with its thread's arrival, which may complete the round or find the barrier broken, and
//! ends when the round has ended, either way. A wait that times out breaks the barrier as it ends.

use super::{
    MOMENT,
    explored::{Answer, DONE, Part, State, Subject},
};
use raceproof_suite::{backend::Backend, primitives::Barrier};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Wait,
    WaitTimeout,
    Abort,
    Reset,
    Waiting,
    IsBroken,
}

const PARTIES: usize = 2;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Rounds {
    /// The threads that have arrived in this round, in order.
    arrived: Vec<usize>,
    /// The threads whose round has ended, each with the answer of its wait.
    left: BTreeMap<usize, Answer>,
    broken: bool,
}

impl Rounds {
    fn begin(&self, thread: usize) -> Self {
        let mut after = self.clone();
        if self.broken {
            after.left.insert(thread, Err(()));
            return after;
        }
        after.arrived.push(thread);
        if after.arrived.len() == PARTIES {
            let indices = (0..).map(Ok);
            after.left.extend(std::mem::take(&mut after.arrived).into_iter().zip(indices));
        }
        after
    }

    fn end(&self, thread: usize, op: Op) -> Option<(Answer, Self)> {
        let times_out = op == Op::WaitTimeout && self.arrived.contains(&thread);
        let mut after = if times_out { self.failed(true) } else { self.clone() };
        let answer = after.left.remove(&thread)?;
        Some((answer, after))
    }

    /// The round has failed.
    fn failed(&self, broken: bool) -> Self {
        let mut after = Self { broken, ..self.clone() };
        let waiting = std::mem::take(&mut after.arrived);
        after.left.extend(waiting.into_iter().map(|thread| (thread, Err(()))));
        after
    }
}

impl State for Rounds {
    type Op = Op;

    fn is_in_two_parts(op: Op) -> bool {
        matches!(op, Op::Wait | Op::WaitTimeout)
    }

    fn step(&self, thread: usize, op: Op, part: Part) -> Vec<(Answer, Self)> {
        match (op, part) {
            (_, Part::Begin) => vec![(DONE, self.begin(thread))],
            (_, Part::End) => self.end(thread, op).into_iter().collect(),
            (Op::Abort, _) => vec![(DONE, self.failed(true))],
            (Op::Reset, _) => vec![(DONE, self.failed(false))],
            (Op::IsBroken, _) => vec![(Ok(self.broken.into()), self.clone())],
            _ => vec![(Ok(self.arrived.len() as i64), self.clone())],
        }
    }
}

#[derive(Debug)]
pub(crate) struct Barriers;

impl Subject for Barriers {
    const NAME: &'static str = "barrier";
    const OPERATIONS: &'static [Op] =
        &[Op::Wait, Op::WaitTimeout, Op::Abort, Op::Reset, Op::Waiting, Op::IsBroken];
    type Op = Op;
    type On<B: Backend> = Barrier<B>;
    type State = Rounds;

    fn make<B: Backend>() -> Barrier<B> {
        Barrier::new(PARTIES).expect("some parties")
    }
    fn call<B: Backend>(barrier: &Barrier<B>, op: Op) -> Answer {
        let index = |waited: Result<usize, _>| waited.map(|index| index as i64).map_err(|_| ());
        match op {
            Op::Wait => return index(barrier.wait()),
            Op::WaitTimeout => return index(barrier.wait_timeout(MOMENT)),
            Op::Abort => barrier.abort(),
            Op::Reset => barrier.reset(),
            Op::Waiting => return Ok(barrier.n_waiting() as i64),
            Op::IsBroken => return Ok(barrier.is_broken().into()),
        }
        DONE
    }
}
