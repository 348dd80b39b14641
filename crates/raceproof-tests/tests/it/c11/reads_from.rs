//! Searches by reads-from against searches by traces, on random programs under both memory models; and what graphs that
//! leave the order of writes open do not explore.

use super::generator::Objects;
use super::language::{Do, Program, Value, What, model, parse};
use super::random::each;
use crate::workers;
use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex, RwLock};
use raceproof::{
    Assumption, Equivalence, Exploration, Explorer, FailureKind, Memory, Outcome, RwLockPolicy,
    hint, outcome, thread,
};

/// Executions after which a program is given up.
const MOST: u64 = 3_000;

fn explorer(memory: Memory) -> Explorer {
    let explorer = Explorer::new().memory(memory).max_executions(MOST).keep_going();
    explorer.rwlock_policy(RwLockPolicy::ReadersPass)
}

fn explored(program: &Program, memory: Memory, equivalence: Equivalence) -> Exploration {
    explorer(memory).equivalence(equivalence).check(|| drop(model(program)))
}

/// Has each write write what no other does, so that what is read says which write that was. False of a program that does
/// more than access atomics.
fn tell_apart(program: &mut Program) -> bool {
    let mut last = 0;
    let mut next = || {
        last += 1;
        Value::Constant(last)
    };
    program.iter_mut().flatten().all(|what| {
        let more = match what.what {
            What::Store(x, _, order) => What::Store(x, next(), order),
            What::Add(x, _, order) | What::Swap(x, _, order) => What::Swap(x, next(), order),
            What::Cas(x, expected, _, success, failure) => {
                What::Cas(x, expected, next(), success, failure)
            }
            What::Load(..) | What::Fence(_) | What::Choose(_) => what.what,
            _ => return false,
        };
        what.what = more;
        true
    })
}

/// Is there one execution for each outcome, where outcomes say what is read?
fn finds_each_once(program: &Program) -> bool {
    let mut program = program.clone();
    program.iter_mut().for_each(|code| {
        code.retain(|what| !matches!(what.what, What::PlainRead(_) | What::PlainWrite(_)));
    });
    if !tell_apart(&mut program) {
        return false;
    }
    for memory in [Memory::Sequential, Memory::C11] {
        let traces = explored(&program, memory, Equivalence::Traces);
        if traces.executions >= MOST {
            return false;
        }
        let found = explored(&program, memory, Equivalence::ReadsFrom);
        assert!(
            found.outcomes.keys().eq(traces.outcomes.keys()),
            "{memory:?}: {found:?}, {traces:?}"
        );
        assert!(found.outcomes.values().all(|times| *times == 1), "{memory:?}: {found:?}");
        assert_eq!((found.executions, found.redundant), (found.outcomes.len() as u64, 0));
    }
    true
}

/// Which write a revisited load could read at most depends on what the addition has read that revisits it. (The load after
/// the store reads what both additions have made of it, and the other load the other store.)
#[test]
fn what_an_addition_has_read_forbids_greater_writes() {
    let program = parse("W.rlx x 10; R.rlx x | R.rlx x; A.rlx x 1 | A.rlx x 2 | W.rlx x 20");
    assert!(finds_each_once(&program));
    for memory in [Memory::Sequential, Memory::C11] {
        let found = explored(&program, memory, Equivalence::ReadsFrom);
        assert_eq!(found.executions, 117);
    }
}

/// Every program of threads that do one or two things with one atomic: three threads, and with `EVERY=1` in the environment four.
#[test]
fn every_small_program() {
    let all = std::env::var_os("EVERY").is_some();
    let (threads, most) = if all { (4, 6) } else { (3, 5) };
    let (nothing, one, x) = (Value::Constant(0), Value::Constant(1), 0);
    let single = [
        What::Load(x, Relaxed),
        What::Store(x, one, Relaxed),
        What::Swap(x, one, Relaxed),
        What::Cas(x, nothing, one, Relaxed, Relaxed),
        What::Cas(x, one, nothing, Relaxed, Relaxed),
    ]
    .map(|what| Do { what, only_if: None });
    let mut codes = single.map(|what| vec![what]).to_vec();
    codes.extend(single.iter().flat_map(|one| single.map(|other| vec![*one, other])));
    let mut programs = vec![Program::new()];
    for _ in 0..threads {
        let with = |program: Program| {
            codes.iter().map(move |code| [program.clone(), vec![code.clone()]].concat())
        };
        let short = |program: &Program| program.iter().map(Vec::len).sum::<usize>() <= most;
        programs = programs.into_iter().flat_map(with).filter(short).collect();
    }
    let compared = programs.iter().filter(|program| finds_each_once(program)).count();
    assert_eq!(compared, programs.len());
}

/// Is the same found by reads-from as by traces, in no more executions?
fn finds_the_same(program: &Program) -> bool {
    for memory in [Memory::Sequential, Memory::C11] {
        let traces = explored(program, memory, Equivalence::Traces);
        if traces.executions >= MOST {
            return false;
        }
        let found = explored(program, memory, Equivalence::ReadsFrom);
        let races = |it: &Exploration| it.failures > it.deadlocks;
        assert!(
            found.outcomes.keys().eq(traces.outcomes.keys()),
            "{memory:?}: {found:?}, {traces:?}"
        );
        assert_eq!(found.deadlocks > 0, traces.deadlocks > 0, "{memory:?}");
        assert_eq!(races(&found), races(&traces), "{memory:?}: {found:?}, {traces:?}");
        if memory == Memory::C11 {
            assert!(found.executions <= traces.executions, "{found:?}, {traces:?}");
        }
    }
    true
}

fn compare_all(objects: Objects, few: u32, compare: impl Fn(&Program) -> bool) {
    let (wanted, compared) = each(objects, few, compare);
    assert!(compared >= wanted / 3, "only {compared} programs were small enough");
}

#[test]
fn each_graph_of_atomics_is_found_once() {
    compare_all(Objects::default(), 400, finds_each_once);
}

#[test]
fn plain_memory() {
    compare_all(Objects::default(), 200, finds_the_same);
}

#[test]
fn mutexes() {
    compare_all(Objects { locks: 6, ..Objects::default() }, 150, finds_the_same);
}

#[test]
fn condition_variables() {
    compare_all(Objects { locks: 2, condvars: 10, ..Objects::default() }, 150, finds_the_same);
}

#[test]
fn read_write_locks() {
    compare_all(Objects { rwlocks: 6, ..Objects::default() }, 150, finds_the_same);
}

#[test]
fn tokens() {
    compare_all(Objects { tokens: 6, ..Objects::default() }, 150, finds_the_same);
}

#[test]
fn loops() {
    compare_all(Objects { spins: 3, ..Objects::default() }, 12, finds_the_same);
}

#[test]
fn workers_find_what_one_does() {
    let objects = Objects { locks: 2, ..Objects::default() };
    compare_all(objects, 60, |program| {
        for memory in [Memory::Sequential, Memory::C11] {
            let explorer = Explorer::new().memory(memory).equivalence(Equivalence::ReadsFrom);
            let model = || drop(model(program));
            let small = explorer.clone().keep_going().max_executions(MOST).check(model);
            if small.executions >= MOST {
                return false;
            }
            workers::compare(&explorer.clone().keep_going(), model);
            workers::compare(&explorer, model);
        }
        true
    });
}

/// How many executions there are of each kind, under the default: both memory models one after the other.
fn both(model: impl Fn() + Copy) -> [Exploration; 2] {
    [Equivalence::Traces, Equivalence::ReadsFrom]
        .map(|equivalence| Explorer::new().equivalence(equivalence).check(model))
}

/// Some threads that store, and a last look by the only owner.
fn stores_then(look: impl Fn(AtomicU32) -> u32 + Copy) -> impl Fn() + Copy {
    move || {
        let last = Arc::new(AtomicU32::new(0));
        let threads = [1, 2, 3].map(|value| {
            let last = Arc::clone(&last);
            thread::spawn(move || last.store(value, Relaxed))
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        outcome(look(Arc::try_unwrap(last).ok().unwrap()).to_string());
    }
}

#[test]
fn the_last_of_several_stores_is_looked_at_without_a_load() {
    let looks: [fn(AtomicU32) -> u32; 3] =
        [AtomicU32::into_inner, |mut last| *last.get_mut(), |last| last.load(SeqCst)];
    for (look, executions) in looks.into_iter().zip([6, 6, 3]) {
        let [traces, found] = both(stores_then(look));
        assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
        assert!(found.outcomes.keys().eq(traces.outcomes.keys()));
        assert_eq!((traces.executions, found.executions), (6, executions));
    }
}

#[test]
fn the_last_of_one_chain_of_additions_is_known() {
    let [traces, found] = both(|| {
        let count = Arc::new(AtomicU32::new(0));
        let threads = [(); 3].map(|()| {
            let count = Arc::clone(&count);
            thread::spawn(move || count.fetch_add(1, Relaxed))
        });
        threads.into_iter().for_each(|thread| _ = thread.join().unwrap());
        assert_eq!(Arc::try_unwrap(count).unwrap().into_inner(), 3);
    });
    assert_eq!((traces.executions, found.executions), (6, 6));
    assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
    // It was explored by graphs, and so the ends of objects were not tried.
    assert!(found.assumptions.contains(&Assumption::EndsAfterUses), "{found:?}");
}

/// A thread's last step comes before what another does after a join with it.
#[test]
fn a_join_keeps_the_order_of_an_interleaving() {
    let found = [Equivalence::Traces, Equivalence::ReadsFrom].map(|equivalence| {
        let explorer = Explorer::new().memory(Memory::Sequential).equivalence(equivalence);
        explorer.check(|| {
            let [x, y] = [0, 0].map(AtomicU32::new);
            let seen = thread::scope(|scope| {
                let other = scope.spawn(|| {
                    x.store(1, SeqCst);
                    y.load(SeqCst)
                });
                let last = scope.spawn(|| y.store(1, SeqCst));
                last.join().unwrap();
                [x.load(SeqCst), other.join().unwrap()]
            });
            assert_ne!(seen, [0, 0]);
            outcome(format!("{seen:?}"));
        })
    });
    for found in found {
        assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
        assert_eq!((found.executions, found.outcomes.len()), (3, 3));
    }
}

#[test]
fn a_relaxed_flag_orders_no_plain_memory() {
    let explorer = Explorer::new().memory(Memory::Sequential).equivalence(Equivalence::ReadsFrom);
    let found = explorer.check(|| {
        let shared = Arc::new((UnsafeCell::new(()), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            theirs.0.with_mut(|_| ());
            theirs.1.store(1, Relaxed);
        });
        if shared.1.load(Relaxed) == 1 {
            shared.0.with(|_| ());
        }
    });
    let Outcome::Failed(failure) = found.outcome else { panic!("{found:?}") };
    assert_eq!(failure.kind, FailureKind::DataRace);
}

#[test]
fn a_failure_is_found_and_seen_again() {
    let model = || {
        let count = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        count.store(count.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), 2, "lost update");
    };
    for memory in [Memory::Sequential, Memory::C11] {
        let explorer = Explorer::new().memory(memory).equivalence(Equivalence::ReadsFrom);
        let Outcome::Failed(failure) = explorer.check(model).outcome else { panic!("it holds") };
        assert!(failure.message.contains("lost update"), "{}", failure.message);
        let again = explorer.run_again(&failure.schedule, model);
        assert!(matches!(again.outcome, Outcome::Failed(it) if it.message == failure.message));
    }
}

/// What is not explored by reads-from is explored by traces.
#[test]
fn what_is_not_explored_is_explored_by_traces() {
    let waits = || {
        let ready = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&ready);
        thread::spawn(move || theirs.store(1, SeqCst));
        while ready.load(SeqCst) == 0 {
            hint::spin_loop();
        }
    };
    let locks = || {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let _first = lock.read().unwrap();
        thread::spawn(move || *theirs.write().unwrap() += 1);
        drop(lock.read().unwrap());
    };
    let looks = || {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        while !other.is_finished() {
            thread::yield_now();
        }
        assert_eq!(*lock.lock().unwrap(), 1);
    };
    let models: [&dyn Fn(); 3] = [&waits, &locks, &looks];
    for model in models {
        let [traces, found] = [Equivalence::Traces, Equivalence::ReadsFrom]
            .map(|equivalence| Explorer::new().equivalence(equivalence).check(model));
        let told = |it: &Exploration| match &it.outcome {
            Outcome::Failed(failure) => failure.message.clone(),
            outcome => format!("{outcome:?}"),
        };
        assert_eq!(told(&found), told(&traces));
        assert_eq!(found.executions, traces.executions);
        assert_eq!(found.assumptions, traces.assumptions);
    }
}
