//! The explorer against brute force, on random programs.
//!
//! A program is run under every interleaving of its steps. Two executions are the same
//! trace if their steps are the same and every two dependent steps come in the same
//! order; here this is decided by an own table of what depends on what, not by the
//! explorer's. The explorer must find exactly those traces: none missing, none twice,
//! none begun in vain, with the same outcomes and the same deadlocks.

mod channels;
mod generator;
mod preemptions;
mod programs;
mod replays;
mod sampling;
mod stepwise;
mod traces;
mod units;
mod workers;

use generator::{barriers, channels, crowded, once, program, readers, spread};
use programs::{Do, Program, Role};
use proptest::prelude::*;
use raceproof::{Explorer, RwLockPolicy};
use traces::observe;

/// Interleavings after which brute force gives a program up.
const ENOUGH: u64 = 500;

/// Compares the two; false if there are too many interleavings to.
fn compare(program: &Program, (spurious, passes): (bool, bool), enough: u64) -> bool {
    let explorer = Explorer::new().keep_going().livelock_after(3).spurious_wakeups(spurious);
    let policy = if passes { RwLockPolicy::ReadersPass } else { RwLockPolicy::Any };
    let explorer = explorer.rwlock_policy(policy);
    let brute = explorer.clone().every_interleaving().max_executions(enough);
    let (all, executions, _) = observe(&brute, program, passes, false);
    if executions >= enough {
        return false;
    }
    let (ours, _, redundant) = observe(&explorer, program, passes, false);
    assert_eq!(ours.outcomes, all.outcomes, "outcomes");
    assert_eq!(ours.deadlocks, all.deadlocks, "deadlocks");
    let missing = all.traces.keys().filter(|trace| !ours.traces.contains_key(*trace)).count();
    let invented = ours.traces.keys().filter(|trace| !all.traces.contains_key(*trace)).count();
    let twice = ours.traces.values().filter(|count| **count > 1).count();
    assert_eq!(
        (missing, invented, twice, redundant),
        (0, 0, 0, 0),
        "missing, invented, twice, redundant"
    );
    true
}

/// No wait wakes for no reason, and reads may wait behind writers.
const PLAIN: (bool, bool) = (false, false);

/// Interleavings after which brute force gives a crowded program up.
const MANY: u64 = 20_000;

#[test]
fn explorer_finds_each_trace_of_a_crowd_once() {
    compare_all(crowded(), MANY, 35, 15);
}

#[test]
fn explorer_finds_each_trace_once() {
    compare_all(program(), ENOUGH, 300, 120);
}

#[test]
fn explorer_finds_each_trace_of_readers_once() {
    compare_all(readers(), MANY, 30, 10);
}

#[test]
fn explorer_finds_each_trace_of_many_threads_once() {
    compare_all(spread(), MANY, 25, 10);
}

#[test]
fn explorer_finds_each_trace_of_what_happens_once_once() {
    compare_all(once(), MANY, 30, 12);
}

#[test]
fn explorer_finds_each_trace_of_channels_once() {
    compare_all(channels(), MANY, 30, 12);
}

#[test]
fn explorer_finds_each_trace_of_barriers_once() {
    compare_all(barriers(), MANY, 60, 25);
}

/// What is in the wakeup tree for a race may begin with a step that comes after the race, and does
/// not come at all in a later execution.
#[test]
fn five_threads_lose_no_execution() {
    let of = |operations| (operations, Role::Plain);
    let program = vec![
        of(vec![Do::Load(0)]),
        of(vec![Do::Load(1)]),
        of(vec![Do::Store(1, 1)]),
        of(vec![Do::Store(0, 1)]),
        of(vec![Do::Load(0), Do::Load(1)]),
    ];
    assert!(compare(&program, PLAIN, MANY));
}

/// What is in the wakeup tree for a race is not what later executions need, in which other steps come after
/// the race.
#[test]
fn six_threads_lose_no_execution() {
    let of = |operations| (operations, Role::Plain);
    let program = vec![
        of(vec![Do::Load(1)]),
        of(vec![Do::Load(0)]),
        of(vec![Do::Store(1, 1)]),
        of(vec![Do::Load(1), Do::Store(0, 1)]),
        of(vec![Do::Load(0)]),
        of(vec![Do::Load(1)]),
    ];
    assert!(compare(&program, PLAIN, MANY));
}

#[test]
fn a_poll_beside_a_choice_is_explored_once() {
    let program = vec![
        (vec![Do::Choose(2)], Role::Daemon),
        (vec![Do::Locked(0, vec![])], Role::Plain),
        (vec![Do::PollUntil(0)], Role::Plain),
    ];
    assert!(compare(&program, PLAIN, ENOUGH));
}

/// The sequence that a race asks for keeps a choice that was made in it, so the executions with the other
/// choices must ask for theirs.
#[test]
fn each_choice_asks_for_its_own_reversals() {
    let writer = (vec![Do::Write(0, vec![])], Role::Plain);
    let reader = (vec![Do::Load(0), Do::Read(0, vec![])], Role::Plain);
    let chooser = (vec![Do::Choose(2)], Role::Plain);
    assert!(compare(&vec![writer, reader, chooser], PLAIN, MANY));
}

/// Whoever takes the lock after a kill does not hide who had it before.
#[test]
fn a_killed_thread_might_have_had_the_lock() {
    let killer = vec![Do::Locked(0, vec![Do::Kill(1)]), Do::TryLocked(0, vec![])];
    let victim = vec![Do::Locked(0, vec![Do::Locked(0, vec![])])];
    assert!(compare(&vec![(killer, Role::Plain), (victim, Role::Process)], PLAIN, MANY));
}

/// Threads that make objects may be stopped before they do.
#[test]
fn stopped_threads_that_make_objects() {
    let tries = vec![Do::TryLocked(1, vec![Do::Make])];
    let waits = vec![Do::Locked(0, vec![Do::Make])];
    assert!(compare(&vec![(tries, Role::Daemon), (waits, Role::Daemon)], PLAIN, MANY));
}

/// A process that is killed where it waits at a barrier, and is killed once more.
#[test]
fn a_process_is_killed_twice_at_a_barrier() {
    let killer = (vec![Do::Kill(1), Do::Kill(1)], Role::Daemon);
    let victim = (vec![Do::Locked(0, vec![Do::Meet(false)])], Role::Process);
    assert!(compare(&vec![killer, victim], PLAIN, MANY));
}

/// Small programs in which a process is killed, also twice, by a thread that may be stopped itself.
#[test]
fn processes_are_killed_wherever_they_are() {
    let at = |inner: Vec<Do>| Do::Locked(0, inner);
    let victims = [
        Do::Meet(false),
        at(vec![Do::Meet(false)]),
        at(vec![Do::Load(0)]),
        at(vec![Do::Locked(1, vec![])]),
        at(vec![Do::TryLocked(1, vec![])]),
        at(vec![Do::Park]),
        at(vec![Do::Recv(0)]),
        Do::Write(0, vec![Do::Meet(false)]),
        Do::Wait(0),
        Do::LockedNotify(0),
    ];
    let killers = [Do::Kill(1), at(vec![]), at(vec![Do::Kill(1)]), Do::Store(0, 1)];
    for victim in &victims {
        for first in &killers {
            for second in &killers {
                for role in [Role::Plain, Role::Daemon, Role::Process] {
                    let killer = (vec![first.clone(), second.clone()], role);
                    let victim = (vec![victim.clone(), Do::Load(0)], Role::Process);
                    let program = vec![killer, victim];
                    assert!(compare(&program, PLAIN, MANY), "{program:?} is too large");
                }
            }
        }
    }
}

/// Compares explorer and brute force on `cases` programs, at least `least` of which must be small
/// enough for brute force.
fn compare_all(programs: impl Strategy<Value = Program>, enough: u64, cases: u32, least: u32) {
    let compared = each(programs, cases, |program, rules| compare(program, rules, enough));
    let asked = std::env::var_os("CASES").is_some();
    assert!(compared >= least || asked, "only {compared} programs were small enough");
}

/// Compares something on `cases` programs, or as many as the variable `CASES` says; how many could be.
fn each<P: std::fmt::Debug>(
    programs: impl Strategy<Value = P>,
    cases: u32,
    compare: impl Fn(&P, (bool, bool)) -> bool,
) -> u32 {
    let asked = std::env::var("CASES").ok().and_then(|n| n.parse().ok());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let compared = std::cell::Cell::new(0);
    let rules = (any::<bool>(), any::<bool>());
    let result = runner.run(&(programs, rules), |(program, rules)| {
        compared.set(compared.get() + u32::from(compare(&program, rules)));
        Ok(())
    });
    if let Err(error) = result {
        panic!("after {} programs: {error}", compared.get());
    }
    println!("{} programs compared", compared.get());
    compared.get()
}
