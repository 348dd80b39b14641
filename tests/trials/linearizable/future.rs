//! Futures. A worker begins the task, runs it, and reports the end in silent steps, in this order.

use super::{
    MOMENT,
    explored::{Answer, Part, State, Subject},
};
use raceproof_suite::{
    backend::{AtomicUsize, Backend},
    primitives::{Future, ThreadPool},
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Cancel,
    Result,
    ResultTimeout,
    Done,
    Running,
    Cancelled,
    /// The number of times the task has run.
    Runs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    #[default]
    Pending,
    Running,
    /// It has run, and the future does not know yet.
    Ran,
    Returned,
    Cancelled,
}

/// What the task returns.
const RESULT: i64 = 7;

impl State for Stage {
    type Op = Op;

    fn step(&self, _: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        let answer = match (op, self) {
            (Op::Cancel, Self::Pending) => return vec![(Ok(1), Self::Cancelled)],
            (Op::Cancel | Op::Cancelled, _) => Ok((*self == Self::Cancelled).into()),
            (Op::Result | Op::ResultTimeout, Self::Returned) => Ok(RESULT),
            (Op::Result | Op::ResultTimeout, Self::Cancelled) => Err(()),
            (Op::Result, _) => return vec![],
            (Op::ResultTimeout, _) => Err(()),
            (Op::Done, _) => Ok((*self >= Self::Returned).into()),
            (Op::Running, _) => Ok(matches!(self, Self::Running | Self::Ran).into()),
            (Op::Runs, _) => Ok(matches!(self, Self::Ran | Self::Returned).into()),
        };
        vec![(answer, *self)]
    }

    fn silent(&self) -> Vec<Self> {
        match self {
            Self::Pending => vec![Self::Running],
            Self::Running => vec![Self::Ran],
            Self::Ran => vec![Self::Returned],
            Self::Returned | Self::Cancelled => vec![],
        }
    }
}

/// A task of a pool, and the number of times it has run.
pub(crate) struct Submitted<B: Backend> {
    future: Future<B, i64>,
    runs: Arc<AtomicUsize<B>>,
    /// The future whose end waits for the worker.
    _pool: ThreadPool<B>,
}

#[derive(Debug)]
pub(crate) struct Futures;

impl Subject for Futures {
    const NAME: &'static str = "future";
    const OPERATIONS: &'static [Op] = &[
        Op::Cancel,
        Op::Cancel,
        Op::Result,
        Op::ResultTimeout,
        Op::Done,
        Op::Running,
        Op::Cancelled,
        Op::Runs,
    ];
    type Op = Op;
    type On<B: Backend> = Submitted<B>;
    type State = Stage;

    fn make<B: Backend>() -> Submitted<B> {
        let pool = ThreadPool::new(1).expect("a worker");
        let runs = Arc::new(AtomicUsize::named("runs", 0));
        let counted = Arc::clone(&runs);
        let task = move || {
            counted.fetch_add(1, SeqCst);
            RESULT
        };
        Submitted { future: pool.submit(task).expect("open"), runs, _pool: pool }
    }
    fn call<B: Backend>(Submitted { future, runs, .. }: &Submitted<B>, op: Op) -> Answer {
        match op {
            Op::Cancel => Ok(future.cancel().into()),
            Op::Result => future.result().map_err(|_| ()),
            Op::ResultTimeout => future.result_timeout(MOMENT).map_err(|_| ()),
            Op::Done => Ok(future.done().into()),
            Op::Running => Ok(future.running().into()),
            Op::Cancelled => Ok(future.cancelled().into()),
            Op::Runs => Ok(runs.load(SeqCst) as i64),
        }
    }
}
