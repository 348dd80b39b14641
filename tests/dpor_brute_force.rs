//! The explorer against brute force, on random programs.
//!
//! A program is run under every interleaving of its steps. Two executions are the same
//! trace if their steps are the same and every two dependent steps come in the same
//! order; here this is decided by an own table of what depends on what, not by the
//! explorer's. The explorer must find exactly those traces: none missing, none twice,
//! none begun in vain, with the same outcomes and the same deadlocks.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::SizeRange;
use proptest::prelude::*;
use raceproof::dpor::oracle::{Observation, ObservedStep};
use raceproof::dpor::sync::atomic::{AtomicI64, Ordering::SeqCst};
use raceproof::dpor::sync::{Condvar, Mutex, MutexGuard, RwLock};
use raceproof::dpor::{Explorer, FailureKind, Operation, Outcome, choose, hint, outcome, thread};

/// One operation of a random thread. Locks are scoped: what stands in a block runs
/// while the lock is held.
#[derive(Clone, Debug)]
enum Do {
    Load(usize),
    Store(usize, i64),
    Add(usize, i64),
    Swap(usize, i64, i64),
    /// Makes an atomic and adds one to it.
    Make,
    Locked(usize, Vec<Do>),
    TryLocked(usize, Vec<Do>),
    /// Takes the mutex of the condition variable and waits.
    Wait(usize),
    WaitTimeout(usize),
    NotifyOne(usize),
    NotifyAll(usize),
    /// Takes the mutex of the condition variable and notifies under it.
    LockedNotify(usize),
    Choose(usize),
    Read(usize, Vec<Do>),
    Write(usize, Vec<Do>),
    TryRead(usize),
    TryWrite(usize),
    Park,
    ParkTimeout,
    /// Yields until the atomic is not zero.
    Spin(usize),
    /// Tries to take the mutex until it can.
    SpinLock(usize),
    /// Waits with a timeout until a flag is set under the mutex.
    PollUntil(usize),
    /// Gives a token to one of the threads, the root being none of them.
    Unpark(usize),
    /// Kills the process of one of the threads, if it has one of its own and is another thread.
    Kill(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Plain,
    Daemon,
    /// The only thread of a process, which is never joined.
    Process,
}

/// What each thread does, and what it is.
type Program = Vec<(Vec<Do>, Role)>;

struct World {
    atomics: Vec<AtomicI64>,
    mutexes: Vec<Mutex<i64>>,
    condvars: Vec<Condvar>,
    locks: Vec<RwLock<i64>>,
    threads: RwLock<Vec<(thread::Thread, Role)>>,
}

fn step(world: &World, threads: &[(thread::Thread, Role)], seen: &mut Vec<i64>, what: &Do) {
    let all = |seen: &mut Vec<i64>, inner: &[Do]| {
        inner.iter().for_each(|what| step(world, threads, seen, what))
    };
    match what {
        Do::Load(x) => seen.push(world.atomics[*x].load(SeqCst)),
        Do::Store(x, value) => world.atomics[*x].store(*value, SeqCst),
        Do::Add(x, value) => seen.push(world.atomics[*x].fetch_add(*value, SeqCst)),
        Do::Swap(x, old, new) => {
            let result = world.atomics[*x].compare_exchange(*old, *new, SeqCst, SeqCst);
            seen.push(result.unwrap_or_else(|old| old));
        }
        Do::Make => _ = AtomicI64::new(0).fetch_add(1, SeqCst),
        Do::Locked(m, inner) => {
            let mut guard = world.mutexes[*m].lock().unwrap();
            *guard += 1;
            seen.push(*guard);
            all(seen, inner);
        }
        Do::TryLocked(m, inner) => match world.mutexes[*m].try_lock() {
            Ok(_guard) => all(seen, inner),
            Err(_) => seen.push(-1),
        },
        Do::Wait(c) => {
            let guard: MutexGuard<'_, i64> = world.mutexes[0].lock().unwrap();
            let mut guard = world.condvars[*c].wait(guard).unwrap();
            *guard += 10;
            seen.push(*guard);
        }
        Do::WaitTimeout(c) => {
            let guard = world.mutexes[0].lock().unwrap();
            let (mut guard, result) =
                world.condvars[*c].wait_timeout(guard, Duration::ZERO).unwrap();
            *guard += 100;
            seen.push(if result.timed_out() { -*guard } else { *guard });
        }
        Do::NotifyOne(c) => world.condvars[*c].notify_one(),
        Do::NotifyAll(c) => world.condvars[*c].notify_all(),
        Do::LockedNotify(c) => {
            let _guard = world.mutexes[0].lock().unwrap();
            world.condvars[*c].notify_one();
        }
        Do::Choose(n) => seen.push(choose(*n) as i64),
        Do::Read(l, inner) => {
            let guard = world.locks[*l].read().unwrap();
            seen.push(*guard);
            all(seen, inner);
        }
        Do::Write(l, inner) => {
            let mut guard = world.locks[*l].write().unwrap();
            *guard += 1;
            seen.push(*guard);
            all(seen, inner);
        }
        Do::TryRead(l) => seen.push(world.locks[*l].try_read().map_or(-1, |guard| *guard)),
        Do::TryWrite(l) => seen.push(world.locks[*l].try_write().map_or(-1, |guard| *guard)),
        Do::Spin(x) => {
            while world.atomics[*x].load(SeqCst) == 0 {
                thread::yield_now();
            }
        }
        Do::SpinLock(m) => {
            while world.mutexes[*m].try_lock().is_err() {
                hint::spin_loop();
            }
        }
        Do::PollUntil(c) => {
            let mut guard = world.mutexes[0].lock().unwrap();
            while *guard == 0 {
                guard = world.condvars[*c].wait_timeout(guard, Duration::ZERO).unwrap().0;
            }
            seen.push(*guard);
        }
        Do::Park => thread::park(),
        Do::ParkTimeout => thread::park_timeout(Duration::ZERO),
        Do::Unpark(t) => threads[*t % threads.len()].0.unpark(),
        Do::Kill(t) => {
            let (victim, role) = &threads[*t % threads.len()];
            if *role == Role::Process && victim.id() != thread::current().id() {
                thread::kill(victim);
            }
        }
    }
}

/// Runs a program's threads and reports everything they saw.
fn run(program: &Program) {
    let world = Arc::new(World {
        atomics: (0..2).map(|_| AtomicI64::new(0)).collect(),
        mutexes: (0..2).map(|_| Mutex::new(0)).collect(),
        condvars: (0..2).map(|_| Condvar::new()).collect(),
        locks: (0..1).map(|_| RwLock::new(0)).collect(),
        threads: RwLock::new(Vec::new()),
    });
    // Threads know each other's handles only if somebody needs them: handing them over
    // takes steps of its own.
    let text = format!("{program:?}");
    let known = text.contains("Unpark") || text.contains("Kill");
    let gate = known.then(|| world.threads.write().unwrap());
    let started: Vec<_> = program
        .iter()
        .map(|(ops, role)| {
            let (world, ops) = (Arc::clone(&world), ops.clone());
            let builder = thread::Builder::new();
            let builder = match role {
                Role::Plain => builder,
                Role::Daemon => builder.daemon(),
                Role::Process => builder.process(),
            };
            let body = move || {
                let threads =
                    if known { world.threads.read().unwrap().clone() } else { Vec::new() };
                let mut seen = Vec::new();
                ops.iter().for_each(|what| step(&world, &threads, &mut seen, what));
                seen
            };
            builder.spawn(body).unwrap()
        })
        .collect();
    if let Some(mut gate) = gate {
        let threads = started.iter().map(|handle| handle.thread().clone());
        gate.extend(threads.zip(program.iter().map(|(_, role)| *role)));
    }
    let started = started.into_iter().zip(program);
    for (handle, _) in started.filter(|(_, (_, role))| *role == Role::Plain) {
        outcome(format!("{:?}", handle.join().unwrap()));
    }
}

/// The objects that a step writes, and those that it only reads.
fn accesses(step: &ObservedStep) -> [(u32, bool); 2] {
    use Operation as Op;
    const NONE: (u32, bool) = (u32::MAX, false);
    let object = |i: usize| step.objects[i].expect("an object");
    match step.operation {
        Op::Lock | Op::Relock | Op::Unlock | Op::NotifyOne | Op::NotifyAll => {
            [(object(0), true), NONE]
        }
        Op::Store | Op::Rmw | Op::WriteLock | Op::WriteUnlock | Op::TryWrite => {
            [(object(0), true), NONE]
        }
        Op::Park | Op::ParkTimeout => [(object(0), true), NONE],
        Op::Load | Op::ReadLock | Op::ReadUnlock | Op::TryRead | Op::Unpark => {
            [(object(0), false), NONE]
        }
        Op::TryLock | Op::CompareExchange => [(object(0), step.succeeded), NONE],
        Op::Wait => [(object(0), true), (object(1), false)],
        // A wait that was notified left the waiters when the notification came.
        Op::Wake if step.succeeded => [NONE, NONE],
        Op::Wake => [(object(0), false), NONE],
        // A yield let go because nothing else was enabled touches nothing.
        Op::Yield => [step.objects[0].map_or(NONE, |x| (x, false)), NONE],
        Op::Choose | Op::StopDaemons | Op::Kill => [NONE, NONE],
        other => panic!("the table lacks {other:?}"),
    }
}

/// `mortal` are the threads that may be stopped.
fn dependent(mortal: &[u16], first: &ObservedStep, second: &ObservedStep) -> bool {
    let stops = |first: &ObservedStep, second: &ObservedStep| {
        matches!(first.operation, Operation::StopDaemons | Operation::Kill)
            && (accesses(second) != [(u32::MAX, false); 2]
                || second.everything
                || mortal.contains(&second.thread))
    };
    if stops(first, second) || stops(second, first) {
        return true;
    }
    let clash = |(a, written): (u32, bool), (b, other): (u32, bool)| a == b && (written || other);
    let [a, b] = accesses(first);
    let [c, d] = accesses(second);
    let everything = |all: &ObservedStep, other: &ObservedStep| {
        all.everything && (other.everything || accesses(other) != [(u32::MAX, false); 2])
    };
    if everything(first, second) || everything(second, first) {
        return true;
    }
    first.thread == second.thread || clash(a, c) || clash(a, d) || clash(b, c) || clash(b, d)
}

/// An execution's trace: its steps by thread, and for each the set of steps it comes
/// directly or indirectly after, as bits by the place in this list.
type Trace = Vec<(ObservedStep, u128)>;

fn trace(mortal: &[u16], observed: &Observation) -> Trace {
    let steps = &observed.steps;
    assert!(steps.len() <= 128);
    let mut places: Vec<usize> = (0..steps.len()).collect();
    places.sort_by_key(|i| steps[*i].thread);
    let mut place = vec![0; steps.len()];
    places.iter().enumerate().for_each(|(to, from)| place[*from] = to);
    let mut past = vec![0_u128; steps.len()];
    for i in 0..steps.len() {
        for j in (0..i).rev() {
            if past[i] & (1 << place[j]) == 0 && dependent(mortal, &steps[j], &steps[i]) {
                past[i] |= past[j] | 1 << place[j];
            }
        }
    }
    places.iter().map(|i| (steps[*i].clone(), past[*i])).collect()
}

#[derive(Default, PartialEq, Debug)]
struct Found {
    /// How often each trace was seen, with what it came to and who was blocked.
    traces: HashMap<Trace, u64>,
    outcomes: BTreeSet<String>,
    deadlocks: BTreeSet<Vec<u16>>,
}

fn observe(explorer: &Explorer, program: &Program) -> (Found, u64, u64) {
    let found = RefCell::new(Found::default());
    let roles = (1..).zip(program);
    let mortal: Vec<u16> =
        roles.filter(|(_, (_, role))| *role != Role::Plain).map(|(id, _)| id).collect();
    let result = explorer.observe(
        || run(program),
        |observed| {
            let mut found = found.borrow_mut();
            *found.traces.entry(trace(&mortal, &observed)).or_insert(0) += 1;
            if observed.blocked.is_empty() {
                found.outcomes.insert(observed.outcome);
            } else {
                found.deadlocks.insert(observed.blocked);
            }
        },
    );
    let found = found.into_inner();
    if let Outcome::Failed(failure) = &result.outcome {
        let livelock =
            failure.kind == FailureKind::StepLimit && failure.message.starts_with("livelock");
        assert!(livelock || failure.kind == FailureKind::Deadlock, "{failure}");
    }
    (found, result.executions, result.redundant)
}

/// Interleavings after which brute force gives a program up.
const ENOUGH: u64 = 500;

/// Compares the two; false if there are too many interleavings to.
fn compare(program: &Program, spurious: bool, enough: u64) -> bool {
    let explorer = Explorer::new().keep_going().livelock_after(3).spurious_wakeups(spurious);
    let brute = explorer.clone().every_interleaving().max_executions(enough);
    let (all, executions, _) = observe(&brute, program);
    if executions >= enough {
        return false;
    }
    let (ours, _, redundant) = observe(&explorer, program);
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

fn simple() -> impl Strategy<Value = Do> {
    prop_oneof![
        3 => (0..2usize).prop_map(Do::Load),
        3 => (0..2usize, 1..3i64).prop_map(|(x, v)| Do::Store(x, v)),
        2 => (0..2usize, 1..3i64).prop_map(|(x, v)| Do::Add(x, v)),
        3 => (0..2usize, 0..2i64, 1..3i64).prop_map(|(x, a, b)| Do::Swap(x, a, b)),
        3 => (0..2usize).prop_map(Do::NotifyOne),
        2 => (0..2usize).prop_map(Do::NotifyAll),
        1 => (2..3usize).prop_map(Do::Choose),
        2 => Just(Do::TryRead(0)),
        2 => Just(Do::TryWrite(0)),
        2 => (0..2usize).prop_map(|m| Do::TryLocked(m, vec![])),
        1 => Just(Do::Make),
        1 => Just(Do::ParkTimeout),
        2 => (0..4usize).prop_map(Do::Unpark),
        1 => (0..4usize).prop_map(Do::Kill),
    ]
}

fn operation() -> impl Strategy<Value = Do> {
    let inner = || prop::collection::vec(simple(), 0..2);
    prop_oneof![
        5 => simple(),
        4 => (0..2usize, inner()).prop_map(|(m, inner)| Do::Locked(m, inner)),
        2 => (0..2usize, inner()).prop_map(|(m, inner)| Do::TryLocked(m, inner)),
        2 => (0..2usize, 0..2usize).prop_map(|(m, n)| Do::Locked(m, vec![Do::Locked(n, vec![])])),
        3 => (0..2usize).prop_map(Do::Wait),
        3 => (0..2usize).prop_map(Do::WaitTimeout),
        2 => (0..2usize).prop_map(Do::LockedNotify),
        3 => inner().prop_map(|inner| Do::Read(0, inner)),
        3 => inner().prop_map(|inner| Do::Write(0, inner)),
        1 => Just(Do::Park),
        1 => (0..2usize).prop_map(Do::Spin),
        1 => (0..2usize).prop_map(Do::SpinLock),
        1 => (0..2usize).prop_map(Do::PollUntil),
    ]
}

/// Threads that do some of these operations each, one in five of them a daemon, one in five a
/// process.
fn threads(
    operation: impl Strategy<Value = Do>,
    operations: impl Into<SizeRange>,
    threads: impl Into<SizeRange>,
) -> impl Strategy<Value = Program> {
    let body = prop::collection::vec(operation, operations);
    let role =
        prop_oneof![3 => Just(Role::Plain), 1 => Just(Role::Daemon), 1 => Just(Role::Process)];
    prop::collection::vec((body, role), threads)
}

fn program() -> impl Strategy<Value = Program> {
    prop_oneof![
        4 => threads(operation(), 1..4, 2..3),
        3 => threads(operation(), 1..3, 3..4),
        1 => threads(operation(), 1..2, 4..5),
    ]
}

/// Programs whose threads all work on the same object, where the rare orders are: which of several
/// waiters a notification wakes, whether a compare-and-swap or a try succeeds when it comes earlier.
fn crowded() -> impl Strategy<Value = Program> {
    let crowd = |operation: BoxedStrategy<Do>, longest| threads(operation, 1..=longest, 3..=4);
    let notified = prop_oneof![
        4 => Just(Do::Wait(0)),
        3 => Just(Do::NotifyOne(0)),
        1 => Just(Do::NotifyAll(0)),
        1 => Just(Do::WaitTimeout(0)),
        1 => Just(Do::LockedNotify(0)),
    ];
    let swapped = prop_oneof![
        2 => (0..3i64, 1..3i64).prop_map(|(old, new)| Do::Swap(0, old, new)),
        1 => (0..3i64).prop_map(|value| Do::Store(0, value)),
        1 => Just(Do::Load(0)),
        1 => Just(Do::Add(0, 1)),
    ];
    let tried = prop_oneof![
        2 => Just(Do::TryLocked(0, vec![])),
        1 => Just(Do::Locked(0, vec![])),
        1 => Just(Do::TryLocked(0, vec![Do::Add(0, 1)])),
        1 => Just(Do::Load(0)),
    ];
    let shared = prop_oneof![
        1 => Just(Do::TryRead(0)),
        1 => Just(Do::TryWrite(0)),
        1 => Just(Do::Read(0, vec![])),
        1 => Just(Do::Write(0, vec![])),
    ];
    let killed = prop_oneof![
        3 => (0..4usize).prop_map(Do::Kill),
        1 => (0..2usize).prop_map(|atomic| Do::Locked(0, vec![Do::Add(atomic, 1)])),
        1 => Just(Do::Locked(0, vec![Do::Locked(1, vec![])])),
        1 => Just(Do::WaitTimeout(0)),
        1 => Just(Do::NotifyOne(0)),
        1 => Just(Do::Choose(2)),
        1 => Just(Do::Spin(0)),
    ];
    prop_oneof![
        crowd(killed.boxed(), 1),
        crowd(notified.boxed(), 1),
        crowd(swapped.boxed(), 2),
        crowd(tried.boxed(), 2),
        crowd(shared.boxed(), 1),
    ]
}

/// Interleavings after which brute force gives a crowded program up.
const MANY: u64 = 20_000;

#[test]
fn explorer_finds_each_trace_of_a_crowd_once() {
    compare_all(crowded(), MANY, 600, 300);
}

#[test]
fn explorer_finds_each_trace_once() {
    compare_all(program(), ENOUGH, 4_000, 2_000);
}

/// The sequence that a race asks for keeps a choice that was made in it, so the executions with the other
/// choices must ask for theirs.
#[test]
fn each_choice_asks_for_its_own_reversals() {
    let writer = (vec![Do::Write(0, vec![])], Role::Plain);
    let reader = (vec![Do::Load(0), Do::Read(0, vec![])], Role::Plain);
    let chooser = (vec![Do::Choose(2)], Role::Plain);
    assert!(compare(&vec![writer, reader, chooser], false, MANY));
}

/// Whoever takes the lock after a kill does not hide who had it before.
#[test]
fn a_killed_thread_might_have_had_the_lock() {
    let killer = vec![Do::Locked(0, vec![Do::Kill(1)]), Do::TryLocked(0, vec![])];
    let victim = vec![Do::Locked(0, vec![Do::Locked(0, vec![])])];
    assert!(compare(&vec![(killer, Role::Plain), (victim, Role::Process)], false, MANY));
}

/// Compares explorer and brute force on `cases` programs, at least `least` of which must be small
/// enough for brute force.
fn compare_all(programs: impl Strategy<Value = Program>, enough: u64, cases: u32, least: u32) {
    let asked = std::env::var("CASES").ok().and_then(|n| n.parse().ok());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let compared = std::cell::Cell::new(0);
    let result = runner.run(&(programs, any::<bool>()), |(program, spurious)| {
        compared.set(compared.get() + u32::from(compare(&program, spurious, enough)));
        Ok(())
    });
    if let Err(error) = result {
        panic!("after {} programs: {error}", compared.get());
    }
    println!("{} programs compared", compared.get());
    assert!(
        compared.get() >= least || asked.is_some(),
        "only {} programs were small enough",
        compared.get()
    );
}
