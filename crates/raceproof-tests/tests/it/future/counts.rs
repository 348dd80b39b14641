//! How many executions there are: as many as a machine of a few lines has traces, which tries every interleaving and
//! shares nothing with the checker.

use std::collections::{BTreeMap, BTreeSet};

use raceproof::Explorer;
use raceproof::future::{block_on, spawn};

use super::wakes::wait_for_flag;

/// The objects of the machine, each with whether a step writes it.
type Access = (usize, bool);
const FLAG: usize = 0;
const WAKER: usize = 1;
const END: usize = 2;
/// Of each `block_on` its own.
const TOKENS: usize = 4;

/// Where main and the tasks are, and what they share.
#[derive(Clone, Default)]
struct State {
    at: [usize; 3],
    flag: bool,
    registered: bool,
    over: [bool; 2],
    awaited: [bool; 2],
    tokens: [bool; 2],
}

/// A step of a thread: what it accesses, and each state that may follow.
type Step = (Vec<Access>, Vec<State>);

/// The step of a thread, if it has one and is not blocked.
type Machine = fn(&State, usize) -> Option<Step>;

fn then(state: &State, thread: usize, at: usize, change: impl Fn(&mut State)) -> Vec<State> {
    let mut state = state.clone();
    state.at[thread] = at;
    change(&mut state);
    vec![state]
}

/// Main awaits the end of the task of this number: its places are three from `at` on.
fn awaits(state: &State, task: usize, token: usize, at: usize) -> Option<Step> {
    let end = (END + task, true);
    match state.at[0] - at {
        0 if state.over[task] => Some((vec![end], then(state, 0, at + 2, |_| ()))),
        0 => Some((vec![end], then(state, 0, at + 1, |state| state.awaited[task] = true))),
        1 if !state.tokens[token] => None,
        1 => Some((
            vec![(TOKENS + token, true)],
            then(state, 0, at, |state| state.tokens[token] = false),
        )),
        _ => None,
    }
}

/// A task ends, and wakes main if that awaits it: two places from `at` on.
fn ends(state: &State, task: usize, token: usize, at: usize) -> Option<Step> {
    let me = task + 1;
    match state.at[me] - at {
        0 => {
            let next = if state.awaited[task] { at + 1 } else { at + 2 };
            Some((vec![(END + task, true)], then(state, me, next, |state| state.over[task] = true)))
        }
        1 => Some((
            vec![(TOKENS + token, false)],
            then(state, me, at + 2, |state| state.tokens[token] = true),
        )),
        _ => None,
    }
}

/// `wait_for_flag(true)`.
fn flag(state: &State, thread: usize) -> Option<Step> {
    match (thread, state.at[thread]) {
        (0, 0) => Some((vec![(WAKER, true)], then(state, 0, 1, |state| state.registered = true))),
        (0, 1) if state.flag => Some((vec![(FLAG, false)], then(state, 0, 4, |_| ()))),
        (0, 1) => Some((vec![(FLAG, false)], then(state, 0, 3, |_| ()))),
        (0, 3) if !state.tokens[0] => None,
        (0, 3) => Some((vec![(TOKENS, true)], then(state, 0, 0, |state| state.tokens[0] = false))),
        (0, _) => awaits(state, 0, 1, 4),
        (1, 0) => Some((vec![(FLAG, true)], then(state, 1, 1, |state| state.flag = true))),
        (1, 1) => {
            let next = if state.registered { 2 } else { 3 };
            Some((vec![(WAKER, true)], then(state, 1, next, |state| state.registered = false)))
        }
        (1, 2) => Some((vec![(TOKENS, false)], then(state, 1, 3, |state| state.tokens[0] = true))),
        (1, _) => ends(state, 0, 1, 3),
        _ => None,
    }
}

/// Two empty tasks, awaited one after the other.
fn tasks(state: &State, thread: usize) -> Option<Step> {
    match (thread, state.at[thread]) {
        (0, 0..2) => awaits(state, 0, 0, 0),
        (0, _) => awaits(state, 1, 0, 2),
        (1, _) => ends(state, 0, 0, 0),
        (2, _) => ends(state, 1, 0, 0),
        _ => None,
    }
}

/// What each step depends on directly: by thread and number, the steps before it that touch the same.
type Trace = BTreeMap<(usize, usize), BTreeSet<(usize, usize)>>;

/// Goes every way from a state.
fn walk(
    machine: Machine,
    state: &State,
    done: &mut Vec<(usize, Vec<Access>)>,
    traces: &mut BTreeSet<Trace>,
) {
    let mut moved = false;
    for thread in 0..3 {
        let Some((accesses, nexts)) = machine(state, thread) else { continue };
        moved = true;
        for next in nexts {
            done.push((thread, accesses.clone()));
            walk(machine, &next, done, traces);
            done.pop();
        }
    }
    if !moved {
        traces.insert(trace(done));
    }
}

fn trace(done: &[(usize, Vec<Access>)]) -> Trace {
    let mut trace = Trace::new();
    let mut numbers = [0; 3];
    let mut before: Vec<((usize, usize), &[Access])> = Vec::new();
    for (thread, accesses) in done {
        let me = (*thread, numbers[*thread]);
        numbers[*thread] += 1;
        let touches = |others: &[Access]| {
            let meets = |a: &Access, b: &Access| a.0 == b.0 && (a.1 || b.1);
            accesses.iter().any(|mine| others.iter().any(|other| meets(mine, other)))
        };
        let after = before.iter().filter(|(who, others)| who.0 != *thread && touches(others));
        trace.insert(me, after.map(|(who, _)| *who).collect());
        before.push((me, accesses));
    }
    trace
}

fn count(machine: Machine) -> u64 {
    let mut traces = BTreeSet::new();
    walk(machine, &State::default(), &mut Vec::new(), &mut traces);
    traces.len() as u64
}

#[track_caller]
fn counts(machine: Machine, model: impl Fn()) {
    let found = Explorer::new().check(model);
    assert_eq!((found.executions, found.redundant), (count(machine), 0), "{found:?}");
}

#[test]
fn a_task_that_waits_for_a_flag() {
    counts(flag, || wait_for_flag(true));
}

#[test]
fn two_tasks_that_are_awaited() {
    counts(tasks, || {
        let tasks = [(); 2].map(|()| spawn(async {}));
        block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}
