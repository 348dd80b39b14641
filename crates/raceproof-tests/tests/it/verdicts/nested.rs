//! Threads that hold several locks, or want one that they hold: all small programs of them under both memory models.
//!
//! Locks alone order everything here, so the executions of one are those of the other. (An execution in which several threads
//! wait to write for ever is run once for each of them that may be the first to wait under C11.)

use std::collections::BTreeSet;

use raceproof::oracle::{Observation, ObservedStep};
use raceproof::sync::{Arc, Mutex, RwLock};
use raceproof::telling::trace::Operation;
use raceproof::{Explorer, Memory, RwLockPolicy, thread};

/// What a thread takes.
#[derive(Clone, Copy, Debug)]
enum Take {
    Read(usize),
    Write(usize),
    Lock(usize),
}

const KINDS: [Take; 6] =
    [Take::Read(0), Take::Read(1), Take::Write(0), Take::Write(1), Take::Lock(0), Take::Lock(1)];

type Locks = ([RwLock<()>; 2], [Mutex<()>; 2]);

/// Takes one after the other, and holds them all.
fn hold(locks: &Locks, takes: &[Take]) {
    let Some((first, others)) = takes.split_first() else { return };
    match *first {
        Take::Read(nth) => {
            let _held = locks.0[nth].read();
            hold(locks, others);
        }
        Take::Write(nth) => {
            let _held = locks.0[nth].write();
            hold(locks, others);
        }
        Take::Lock(nth) => {
            let _held = locks.1[nth].lock();
            hold(locks, others);
        }
    }
}

/// A thread for each of these but the first, which is the main thread's.
fn program(threads: &[Vec<Take>]) {
    let locks: Arc<Locks> = Arc::new((
        [RwLock::named("r0", ()), RwLock::named("r1", ())],
        [Mutex::named("m0", ()), Mutex::named("m1", ())],
    ));
    let handles: Vec<_> = threads[1..]
        .iter()
        .map(|takes| {
            let (locks, takes) = (Arc::clone(&locks), takes.clone());
            thread::spawn(move || hold(&locks, &takes))
        })
        .collect();
    hold(&locks, &threads[0]);
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

/// What is done with each lock, whatever the order of reads among each other, and which threads are stuck.
type Seen = (Vec<Vec<(u16, Operation)>>, Vec<u16>);

fn seen(observed: Observation) -> Seen {
    let reads =
        |step: &ObservedStep| matches!(step.operation, Operation::ReadLock | Operation::ReadUnlock);
    let mut locks: Vec<_> = observed.steps.iter().map(|step| step.objects[0]).collect();
    locks.sort_unstable();
    locks.dedup();
    let of_lock = |lock| {
        let steps: Vec<_> = observed.steps.iter().filter(|step| step.objects[0] == lock).collect();
        let alike = steps.chunk_by(|one, other| reads(one) && reads(other));
        let sorted = alike.flat_map(|steps| {
            let mut steps: Vec<_> =
                steps.iter().map(|step| (step.thread, step.operation)).collect();
            // The steps of a thread are in order.
            steps.sort_by_key(|(thread, _)| *thread);
            steps
        });
        sorted.collect()
    };
    (locks.into_iter().map(of_lock).collect(), observed.blocked)
}

/// Compares the two memory models. Returns how many executions are stuck.
fn compare(threads: &[Vec<Take>]) -> u64 {
    let all = |memory| {
        let explorer = Explorer::new().keep_going().memory(memory);
        let explorer = explorer.rwlock_policy(RwLockPolicy::ReadersPass);
        let mut all = BTreeSet::new();
        let found = explorer.observe(
            || program(threads),
            |it| {
                all.insert(seen(it));
            },
        );
        assert_eq!(found.failures, found.deadlocks);
        (all, found.executions)
    };
    let ((sequential, executions), (weak, graphs)) = (all(Memory::Sequential), all(Memory::C11));
    assert_eq!(sequential, weak, "{threads:?}");
    assert_eq!(sequential.len() as u64, executions, "{threads:?}");
    assert!(graphs >= executions, "{threads:?}");
    sequential.iter().filter(|(_, stuck)| !stuck.is_empty()).count() as u64
}

/// Every list of so many takes.
fn lists(length: usize) -> Vec<Vec<Take>> {
    let Some(shorter) = length.checked_sub(1) else { return vec![Vec::new()] };
    let longer = |list: Vec<Take>| {
        KINDS.map(|take| {
            let mut list = list.clone();
            list.push(take);
            list
        })
    };
    lists(shorter).into_iter().flat_map(longer).collect()
}

#[test]
fn two_threads_of_two_locks_each() {
    let lists = lists(2);
    let mut stuck = 0;
    for first in &lists {
        for second in &lists {
            stuck += compare(&[first.clone(), second.clone()]);
        }
    }
    assert!(stuck > 100, "{stuck}");
}

#[test]
fn three_threads_of_which_one_takes_two() {
    let (singles, pairs) = (lists(1), lists(2));
    let mut stuck = 0;
    for (nth, first) in singles.iter().enumerate() {
        for second in &singles[nth..] {
            for third in &pairs {
                stuck += compare(&[first.clone(), third.clone(), second.clone()]);
            }
        }
    }
    assert!(stuck > 100, "{stuck}");
}

#[test]
fn three_threads_of_which_each_waits_for_the_next() {
    let pairs = lists(2);
    let (mut stuck, mut compared) = (0, 0);
    // A few of the 46,656: those whose first takes are of the read-write locks.
    let few = pairs.iter().filter(|list| !matches!(list[0], Take::Lock(_)));
    let few: Vec<_> = few.filter(|list| !matches!(list[1], Take::Lock(1))).collect();
    for (nth, first) in few.iter().enumerate() {
        for (mth, second) in few.iter().enumerate() {
            let third = few[(nth * 7 + mth * 3) % few.len()];
            stuck += compare(&[first.to_vec(), second.to_vec(), third.clone()]);
            compared += 1;
        }
    }
    assert!(stuck > 100 && compared == 400, "{stuck}, {compared}");
}
