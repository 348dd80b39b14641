//! Searches in units against whole ones, on random programs under sequential consistency.

use super::each;
use super::generator::{barriers, channels, crowded, once, program, readers, spread};
use super::programs::{Do, Program, Role, run};
use crate::units;
use proptest::prelude::*;
use raceproof::{Explorer, Memory, RwLockPolicy};

/// Executions after which a program is given up.
const MOST: u64 = 150;

/// Compares what units find of programs without daemons and processes with what one search finds. So many must be split.
fn compare_all(memory: Memory, programs: impl Strategy<Value = Program>, cases: u32, split: u32) {
    let nth = std::cell::Cell::new(0);
    let compare = |program: &Program, (spurious, _): (bool, bool)| {
        nth.set(nth.get() + 7);
        // What wakes for no reason is not split under sequential consistency.
        let spurious = spurious && (memory == Memory::C11 || split == 0);
        let explorer = Explorer::new().livelock_after(3).spurious_wakeups(spurious).keep_going();
        let explorer = explorer.rwlock_policy(RwLockPolicy::ReadersPass).memory(memory);
        let most = explorer.clone().max_executions(MOST);
        let model = || run(program);
        most.check(model).executions < MOST
            && units::compare(&explorer, nth.get(), &model).is_some()
    };
    let compared = each(programs.prop_map(plain), cases, compare);
    let asked = std::env::var_os("CASES").is_some();
    assert!(compared >= split || asked, "only {compared} programs were small enough, and split");
}

/// The same without daemons and processes.
pub(super) fn plain(program: Program) -> Program {
    program.into_iter().map(|(operations, _)| (operations, Role::Plain)).collect()
}

/// A program of what is counted alike by graphs and by traces, with something of that kind for all else.
fn simple(program: Program) -> Program {
    let all = |operations: Vec<Do>| operations.into_iter().map(simpler).collect::<Vec<_>>();
    program.into_iter().map(|(operations, _)| (all(operations), Role::Plain)).collect()
}

fn simpler(operation: Do) -> Do {
    let all = |inner: Vec<Do>| inner.into_iter().map(simpler).collect();
    match operation {
        Do::Locked(mutex, inner)
        | Do::TryLocked(mutex, inner)
        | Do::Read(mutex, inner)
        | Do::Write(mutex, inner)
        | Do::Downgraded(mutex, inner) => Do::Locked(mutex.min(1), all(inner)),
        Do::WeakSwap(atomic, old, new) => Do::Swap(atomic, old, new),
        Do::WaitTimeout(condvar) | Do::PollUntil(condvar) => Do::Wait(condvar.min(1)),
        Do::TryRead(at) | Do::TryWrite(at) => Do::LockedNotify(at.min(1)),
        Do::Spin(at) | Do::SpinLock(at) => Do::Add(at.min(1), 1),
        Do::Once { inner, .. } => Do::Locked(0, all(inner)),
        known @ (Do::Load(_)
        | Do::Store(..)
        | Do::Add(..)
        | Do::Swap(..)
        | Do::Make
        | Do::Wait(_)
        | Do::NotifyOne(_)
        | Do::NotifyAll(_)
        | Do::LockedNotify(_)
        | Do::Choose(_)) => known,
        _ => Do::Load(0),
    }
}

#[test]
fn units_find_what_one_search_does() {
    compare_all(Memory::Sequential, program().prop_map(simple), 80, 30);
}

#[test]
fn units_find_what_one_search_does_of_a_crowd() {
    compare_all(Memory::Sequential, crowded().prop_map(simple), 40, 15);
}

#[test]
fn units_find_what_one_search_does_of_many_threads() {
    compare_all(Memory::Sequential, spread(), 30, 10);
}

/// What is not counted alike is refused: an answer would be another one.
#[test]
fn units_find_what_one_search_does_or_are_refused() {
    compare_all(Memory::Sequential, program(), 40, 0);
    compare_all(Memory::Sequential, readers(), 10, 0);
    compare_all(Memory::Sequential, once(), 10, 0);
    compare_all(Memory::Sequential, channels(), 10, 0);
    compare_all(Memory::Sequential, barriers(), 10, 0);
}

#[test]
fn units_find_what_one_search_does_under_rusts_memory() {
    compare_all(Memory::C11, program(), 60, 10);
    compare_all(Memory::C11, crowded(), 30, 5);
    compare_all(Memory::C11, spread(), 30, 10);
}

#[test]
fn units_find_what_one_search_does_of_readers_and_of_what_happens_once() {
    compare_all(Memory::C11, readers(), 40, 5);
    compare_all(Memory::C11, once(), 40, 5);
}

#[test]
fn units_find_what_one_search_does_of_channels_and_barriers() {
    compare_all(Memory::C11, channels(), 40, 5);
    compare_all(Memory::C11, barriers(), 40, 5);
}
