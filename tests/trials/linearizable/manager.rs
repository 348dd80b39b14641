//! Managed objects: a dictionary and a list that are there until the manager is shut down.

use super::explored::{Answer, DONE, Part, State, Subject};
use raceproof_suite::{
    backend::Backend,
    primitives::manager::{Dict, List, Manager, ManagerError},
};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Insert(i64),
    GetOrInsert(i64),
    Get,
    Remove,
    Push(i64),
    Pop,
    Set(i64),
    Length,
    Shutdown,
}

/// The only key of the dictionary.
const KEY: i64 = 0;

/// The contents of the dictionary and the list; `None` after the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Objects(Option<(BTreeMap<i64, i64>, Vec<i64>)>);

impl Default for Objects {
    fn default() -> Self {
        Self(Some(Default::default()))
    }
}

impl State for Objects {
    type Op = Op;

    fn step(&self, _: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        if op == Op::Shutdown {
            return vec![(DONE, Self(None))];
        }
        let mut after = self.clone();
        let Some((dict, list)) = &mut after.0 else { return vec![(Err(()), after)] };
        let answer = match op {
            Op::Insert(value) => dict.insert(KEY, value).ok_or(()),
            Op::GetOrInsert(value) => Ok(*dict.entry(KEY).or_insert(value)),
            Op::Get => dict.get(&KEY).copied().ok_or(()),
            Op::Remove => dict.remove(&KEY).ok_or(()),
            Op::Push(element) => {
                list.push(element);
                DONE
            }
            Op::Pop => list.pop().ok_or(()),
            Op::Set(element) => {
                list.first_mut().map(|first| std::mem::replace(first, element)).ok_or(())
            }
            _ => Ok(list.len() as i64),
        };
        vec![(answer, after)]
    }
}

#[derive(Debug)]
pub(crate) struct Managers;

pub(crate) struct Both<B: Backend> {
    manager: Manager<B>,
    dict: Dict<B, i64, i64>,
    list: List<B, i64>,
}

impl Subject for Managers {
    const NAME: &'static str = "manager";
    const OPERATIONS: &'static [Op] = &[
        Op::Insert(1),
        Op::GetOrInsert(2),
        Op::Get,
        Op::Remove,
        Op::Push(3),
        Op::Pop,
        Op::Set(4),
        Op::Length,
        Op::Shutdown,
    ];
    type Op = Op;
    type On<B: Backend> = Both<B>;
    type State = Objects;

    fn make<B: Backend>() -> Both<B> {
        let manager = Manager::start().expect("nothing forbids it");
        let (dict, list) = (manager.dict().expect("started"), manager.list().expect("started"));
        Both { manager, dict, list }
    }

    fn call<B: Backend>(on: &Both<B>, op: Op) -> Answer {
        let answer = match op {
            Op::Insert(value) => {
                on.dict.insert(&KEY, &value).and_then(|old| old.ok_or(ManagerError::NoSuchKey))
            }
            Op::GetOrInsert(value) => on.dict.get_or_insert(&KEY, &value),
            Op::Get => on.dict.get(&KEY),
            Op::Remove => on.dict.remove(&KEY),
            Op::Push(element) => return on.list.push(&element).map_or(Err(()), |()| DONE),
            Op::Pop => on.list.pop(),
            Op::Set(element) => on.list.set(0, &element),
            Op::Length => on.list.len().map(|length| length as i64),
            Op::Shutdown => {
                on.manager.shutdown();
                return DONE;
            }
        };
        answer.map_err(drop)
    }
}
