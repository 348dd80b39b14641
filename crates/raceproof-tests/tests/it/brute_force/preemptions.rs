//! Few preemptions: what is explored once for all equivalent schedules, against every schedule.

use std::cell::Cell;

use super::programs::{Do, Program, Role, run};
use super::traces::observe;
use super::{MANY, each};
use proptest::prelude::*;
use raceproof::{Explorer, Memory, Outcome};

fn simple() -> impl Strategy<Value = Do> {
    prop_oneof![
        4 => (0..2usize).prop_map(Do::Load),
        4 => (0..2usize, 1..3i64).prop_map(|(x, v)| Do::Store(x, v)),
        2 => (0..2usize, 1..3i64).prop_map(|(x, v)| Do::Add(x, v)),
        2 => (0..2usize, 0..2i64, 1..3i64).prop_map(|(x, a, b)| Do::Swap(x, a, b)),
        1 => (2..3usize).prop_map(Do::Choose),
        1 => (0..2usize).prop_map(Do::NotifyOne),
        1 => (0..2usize).prop_map(Do::NotifyAll),
        1 => (0..2usize).prop_map(Do::Send),
        1 => (0..2usize).prop_map(|m| Do::TryLocked(m, vec![])),
        1 => Just(Do::ParkTimeout),
    ]
}

fn operation() -> impl Strategy<Value = Do> {
    let inner = || prop::collection::vec(simple(), 0..3);
    prop_oneof![
        12 => simple(),
        4 => (0..2usize, inner()).prop_map(|(m, inner)| Do::Locked(m, inner)),
        1 => (0..2usize, 0..2usize).prop_map(|(m, n)| Do::Locked(m, vec![Do::Locked(n, vec![])])),
        1 => (0..2usize).prop_map(Do::WaitTimeout),
        1 => (0..2usize).prop_map(Do::LockedNotify),
        1 => prop_oneof![
            (0..2usize).prop_map(Do::Wait),
            (0..2usize).prop_map(Do::Recv),
            (0..2usize).prop_map(Do::TryRecv),
            Just(Do::Meet(false)),
        ],
    ]
}

fn threads() -> impl Strategy<Value = Program> {
    let of = |operations, threads| {
        let body = prop::collection::vec(operation(), operations);
        prop::collection::vec(body.prop_map(|body| (body, Role::Plain)), threads)
    };
    prop_oneof![
        4 => of(1..5usize, 2..3usize),
        3 => of(1..3usize, 3..4usize),
        1 => of(1..3usize, 4..5usize),
    ]
}

/// What has been compared.
#[derive(Default)]
struct Compared {
    /// Programs that fail within the bound.
    failing: Cell<u32>,
    /// Programs that have fewer executions than schedules.
    reduced: Cell<u32>,
}

/// Compares the two; false if there are too many schedules to.
fn compare(program: &Program, most: usize, compared: &Compared) -> bool {
    let explorer = Explorer::new().memory(Memory::Sequential).livelock_after(3);
    let every = explorer.clone().keep_going().preemption_bound(most).max_executions(MANY);
    let (all, schedules, _) = observe(&every, program, false, false);
    if schedules >= MANY {
        return false;
    }
    let ours = explorer.preemption_bound(most).check(|| run(program));
    let count = |of: &Cell<u32>| of.set(of.get() + 1);
    if let Outcome::Failed(failure) = &ours.outcome {
        assert!(!all.deadlocks.is_empty(), "{failure}");
        count(&compared.failing);
        return true;
    }
    assert_eq!(all.deadlocks, Default::default(), "deadlocks");
    let traces = all.traces.len() as u64;
    let executions = ours.executions;
    let is_right = executions == traces || executions == schedules;
    // Graphs order more than traces where threads try, or a wait may end in time.
    let program = format!("{program:?}");
    let orders_more = ["Recv", "Send", "Try", "Timeout"].iter().any(|what| program.contains(what));
    let is_more = executions > traces && orders_more;
    assert!(is_right || is_more, "{executions} executions of {traces}, {schedules} schedules");
    let outcomes = ours.outcomes.keys().cloned().collect::<std::collections::BTreeSet<_>>();
    assert!(outcomes.is_empty() || outcomes == all.outcomes, "{outcomes:?}, {:?}", all.outcomes);
    if executions < schedules {
        count(&compared.reduced);
    }
    true
}

#[test]
fn few_preemptions_lose_no_execution() {
    let compared = Compared::default();
    let programs = (threads(), 0..4usize);
    let all = each(programs, 200, |(program, most), _| compare(program, *most, &compared));
    let Compared { failing, reduced } = compared;
    println!("{all} programs, {} fail, {} reduced", failing.get(), reduced.get());
    assert!(2 * reduced.get() > all / 2, "only {} of {all} were reduced", reduced.get());
}
