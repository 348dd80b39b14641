//! Thread-local variables: as many values as threads.

use super::explored::{Answer, Part, State, Subject};
use raceproof_suite::{backend::Backend, primitives::ThreadLocal};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Get,
    /// Adds to the value, and gives the sum.
    Add(i64),
    Set(i64),
    Take,
}

/// The value that each thread begins with.
const INITIAL: i64 = 1;

/// The value of each thread that has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Values(BTreeMap<usize, i64>);

impl State for Values {
    type Op = Op;

    fn step(&self, thread: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        let mut after = self.clone();
        let added = match op {
            Op::Set(value) => {
                return vec![(after.0.insert(thread, value).ok_or(()), after)];
            }
            Op::Take => return vec![(after.0.remove(&thread).ok_or(()), after)],
            Op::Get => 0,
            Op::Add(number) => number,
        };
        let value = after.0.entry(thread).or_insert(INITIAL);
        *value += added;
        vec![(Ok(*value), after)]
    }
}

#[derive(Debug)]
pub(crate) struct Locals;

impl Subject for Locals {
    const NAME: &'static str = "thread-local";
    const OPERATIONS: &'static [Op] = &[Op::Get, Op::Add(10), Op::Set(5), Op::Take];
    type Op = Op;
    type On<B: Backend> = ThreadLocal<B, i64>;
    type State = Values;

    fn make<B: Backend>() -> Self::On<B> {
        ThreadLocal::new(|| INITIAL)
    }
    fn call<B: Backend>(local: &Self::On<B>, op: Op) -> Answer {
        match op {
            Op::Get => Ok(local.get()),
            Op::Add(number) => Ok(local.with(|value| {
                *value += number;
                *value
            })),
            Op::Set(value) => local.set(value).ok_or(()),
            Op::Take => local.take().ok_or(()),
        }
    }
}
