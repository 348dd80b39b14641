//! Programs about locks and what they guard.

use crate::goker::{go, kernels};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, Mutex, join_all},
    primitives::Lock,
};
use std::{
    mem,
    sync::{Arc, atomic::Ordering::SeqCst},
};

kernels! { "locks.rs"
    Carter = carter "carter01" deadlock("waits for room")
        "The first of a group may not wait for the other group with the lock held that those need to leave"
        "The first of one group waits for the room under the counts' lock, which the other needs to give the room back."
        "Each group has a lock of its own for its count."
    Deadlock = deadlock_01 "deadlock01" deadlock("waits for")
        "Two locks are taken in one order"
        "Each thread holds one lock and waits for the other."
        "Both take them in the same order."
    Phase = phase "phase01" deadlock("waits for x")
        "A lock is given back as often as it is taken"
        "The first thread ends with the lock held."
        "It gives it back."
    Philosophers2 = philosophers_2 "din-phil2" assertion("all have eaten")
        "A claim that not all can finish is wrong where nothing keeps them: two philosophers"
        "All have eaten in the end."
        "The last one expects that all have."
    Philosophers3 = philosophers_3 "din-phil3" assertion("all have eaten")
        "A claim that not all can finish is wrong where nothing keeps them: three philosophers"
        "All have eaten in the end."
        "The last one expects that all have."
    Philosophers4 = philosophers_4 "din-phil4" assertion("all have eaten")
        "A claim that not all can finish is wrong where nothing keeps them: four philosophers"
        "All have eaten in the end."
        "The last one expects that all have."
    Philosophers5 = philosophers_5 "din-phil5" assertion("all have eaten")
        "A claim that not all can finish is wrong where nothing keeps them: five philosophers"
        "All have eaten in the end."
        "The last one expects that all have."
    Philosophers6 = philosophers_6 "din-phil6" assertion("all have eaten")
        "A claim that not all can finish is wrong where nothing keeps them: six philosophers"
        "All have eaten in the end."
        "The last one expects that all have."
    Philosophers7 = philosophers_7 "din-phil7" assertion("all have eaten")
        "A claim that not all can finish is wrong where nothing keeps them: seven philosophers"
        "All have eaten in the end."
        "The last one expects that all have."
    FileSystem = file_system "fsbench" assertion("index out of bounds")
        "One thread more than there are locks has no lock"
        "The last thread takes the lock after the last."
        "There are as many threads as locks."
    StringBuffer = string_buffer "stringbuffer-jdk1.4" assertion("out of range")
        "A length that was read under a lock is out of date when the lock is free"
        "The buffer is emptied between the reading of its length and of its characters."
        "Both are read under one lock."
    WrongLock = wrong_lock "wronglock" assertion("somebody else counted")
        "A lock guards only against those who take the same one, however many they are"
        "One thread counts under its lock, seven others under another."
        "All take the same lock."
}

struct Groups<B: Backend> {
    /// How many of each group are in the room.
    counts: [Mutex<B, [usize; 2]>; 2],
    room: Lock<B>,
}

fn carter<B: Backend>(fixed: bool) {
    let groups = Arc::new(Groups::<B> {
        counts: ["counts", "other counts"].map(|name| Mutex::named(name, [0; 2])),
        room: Lock::named("room"),
    });
    let threads = ["class a", "class b"];
    let threads = [0, 1].map(|group| {
        go::<B, _>(threads[group], &groups, move |groups| {
            let counts = &groups.counts[if fixed { group } else { 0 }];
            let mut held = counts.lock();
            held[group] += 1;
            if held[group] == 1 {
                groups.room.acquire();
            }
            drop(held);
            let mut held = counts.lock();
            held[group] -= 1;
            if held[group] == 0 {
                groups.room.release().expect("acquired above");
            }
        })
    });
    join_all(threads);
}

fn deadlock_01<B: Backend>(fixed: bool) {
    let locks = Arc::new(["a", "b"].map(|name| Mutex::<B, i64>::named(name, 1)));
    let threads = [(0, "first"), (1, "second")].map(|(n, name)| {
        go::<B, _>(name, &locks, move |locks| {
            let first = if fixed { 0 } else { n };
            let _outer = locks[first].lock();
            *locks[1 - first].lock() += 1;
        })
    });
    join_all(threads);
}

fn phase<B: Backend>(fixed: bool) {
    let locks = Arc::new(["x", "y"].map(|name| Mutex::<B, ()>::named(name, ())));
    let threads = ["first", "second"].map(|name| {
        go::<B, _>(name, &locks, move |[x, y]| {
            drop(x.lock());
            let held = x.lock();
            drop(y.lock());
            if !fixed {
                mem::forget(held);
            }
        })
    });
    join_all(threads);
}

/// So many philosophers, each of whom takes both forks in one go.
fn philosophers<B: Backend>(n: usize, fixed: bool) {
    let table =
        Arc::new((Mutex::<B, ()>::named("table", ()), AtomicUsize::<B>::named("have eaten", 0)));
    let philosophers: Vec<_> = (0..n)
        .map(|at| {
            go::<B, _>(&format!("philosopher {at}"), &table, move |(table, eaten)| {
                let _taking = table.lock();
                let before = eaten.fetch_add(1, SeqCst);
                let most = if fixed { n } else { n - 1 };
                assert!(before < most, "all have eaten");
            })
        })
        .collect();
    join_all(philosophers);
}

fn philosophers_2<B: Backend>(fixed: bool) {
    philosophers::<B>(2, fixed);
}

fn philosophers_3<B: Backend>(fixed: bool) {
    philosophers::<B>(3, fixed);
}

fn philosophers_4<B: Backend>(fixed: bool) {
    philosophers::<B>(4, fixed);
}

fn philosophers_5<B: Backend>(fixed: bool) {
    philosophers::<B>(5, fixed);
}

fn philosophers_6<B: Backend>(fixed: bool) {
    philosophers::<B>(6, fixed);
}

fn philosophers_7<B: Backend>(fixed: bool) {
    philosophers::<B>(7, fixed);
}

struct Disk<B: Backend> {
    /// The block of each inode, or none.
    inodes: Vec<Mutex<B, Option<usize>>>,
    /// Whether each block is taken.
    blocks: Vec<Mutex<B, bool>>,
}

fn file_system<B: Backend>(fixed: bool) {
    const BLOCKS: usize = 3;
    let disk = Arc::new(Disk::<B> {
        inodes: (0..BLOCKS).map(|n| Mutex::named(format!("inode {n}"), None)).collect(),
        blocks: (0..BLOCKS).map(|n| Mutex::named(format!("block {n}"), false)).collect(),
    });
    let threads: Vec<_> = (0..if fixed { BLOCKS } else { BLOCKS + 1 })
        .map(|at| {
            go::<B, _>(&format!("thread {at}"), &disk, move |disk| {
                let mut inode = disk.inodes[at].lock();
                for block in (0..BLOCKS).map(|n| (at * 2 + n) % BLOCKS) {
                    let mut taken = disk.blocks[block].lock();
                    if inode.is_none() && !mem::replace(&mut *taken, true) {
                        *inode = Some(block);
                        break;
                    }
                }
            })
        })
        .collect();
    join_all(threads);
}

fn string_buffer<B: Backend>(fixed: bool) {
    let buffer = Arc::new(Mutex::<B, String>::named("buffer", "abc".to_owned()));
    let erase = go::<B, _>("erase", &buffer, |buffer| buffer.lock().clear());
    let append = go::<B, _>("append", &buffer, move |buffer| {
        let held = buffer.lock();
        let length = held.len();
        let held = if fixed {
            held
        } else {
            drop(held);
            buffer.lock()
        };
        assert!(held.get(..length).is_some(), "out of range");
    });
    join_all([erase, append]);
}

fn wrong_lock<B: Backend>(fixed: bool) {
    super::counters::wrong_lock::<B>(7, fixed);
}
