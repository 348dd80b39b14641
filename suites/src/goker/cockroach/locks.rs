//! Kernels from CockroachDB that are about locks.

use crate::{
    go::{Chan, RwMutex, WaitGroup},
    goker::{go, kernels, shared::reads_twice},
};
use raceproof_suite::backend::{Backend, Mutex, join_all};
use std::{mem, sync::Arc};

kernels! { "locks.rs"
    Cockroach584 = cockroach_584 "cockroach-584" deadlock("waits for gossip")
        "A loop that is left between lock and unlock leaves the lock behind"
        "The thread that sees the end leaves its loop with the lock held."
        "It unlocks before it leaves the loop."
    Cockroach1055 = cockroach_1055 "cockroach-1055" deadlock("`stopper` waits for the end of all workers")
        "Do not wait for workers with a lock held that they take to begin"
        "The stopper waits for the workers and holds the lock that a worker wants for its first task."
        "It lets go of the lock before it waits."
    Cockroach3710 = cockroach_3710 "cockroach-3710" deadlock("`scan` waits for store to be readable")
        "A second read lock waits behind a writer, which waits for the first"
        "A writer comes between the two read locks of one thread."
        "The caller's read lock is used for both."
    Cockroach6181 = cockroach_6181 "cockroach-6181" deadlock("waits for cache to be readable")
        "What prints an object may lock it: do not print it with the lock held"
        "The cache is printed under its read lock, and printing reads it again, behind a writer."
        "The text is made by a function that expects the lock to be held."
    Cockroach7504 = cockroach_7504 "cockroach-7504" deadlock("waits for lease")
        "Two methods of one object that lock two parts of it must agree on the order"
        "A release locks the lease and then the cache, an acquire the cache and then the lease."
        "The release leaves the lease before it enters the cache."
    Cockroach9935 = cockroach_9935 "cockroach-9935" deadlock("waits for log")
        "An error path that ends the program must not lock again what its caller holds"
        "The write fails with the lock held, and the exit takes it for the last words."
        "The lock is let go before the exit."
    Cockroach10214 = cockroach_10214 "cockroach-10214" deadlock("waits for raft")
        "A callback under one lock that takes another decides an order of the two"
        "The heartbeats report a replica under their lock, while a replica adds its own under its lock."
        "The heartbeats are taken out under the lock and reported without it."
    Cockroach16167 = cockroach_16167 "cockroach-16167" deadlock("`session` waits for config to be readable")
        "Two names of one lock hide that it is read twice"
        "The condition's lock is the read lock of the configuration, which a callee reads again."
        "The callee is given what has been read."
}

fn cockroach_584<B: Backend>(fixed: bool) {
    let gossip = Arc::new(Mutex::<B, bool>::named("gossip", false));
    let threads = ["bootstrap", "manage"].map(|name| {
        go::<B, _>(name, &gossip, move |gossip| {
            let mut closed = gossip.lock();
            *closed = true;
            if !fixed {
                mem::forget(closed);
            }
        })
    });
    join_all(threads);
}

struct Stopper<B: Backend> {
    lock: Mutex<B, ()>,
    stop: Chan<B, ()>,
    workers: WaitGroup<B>,
}

fn cockroach_1055<B: Backend>(fixed: bool) {
    let stopper = Arc::new(Stopper::<B> {
        lock: Mutex::named("stopper's lock", ()),
        stop: Chan::unbuffered("stop"),
        workers: WaitGroup::named("workers"),
    });
    stopper.workers.add(1);
    let worker = go::<B, _>("worker", &stopper, |stopper| {
        drop(stopper.lock.lock());
        stopper.stop.wait();
        stopper.workers.done();
    });
    let stop = go::<B, _>("stopper", &stopper, move |stopper| {
        let held = stopper.lock.lock();
        stopper.stop.close();
        if fixed {
            drop(held);
            stopper.workers.wait();
        } else {
            stopper.workers.wait();
            drop(held);
        }
    });
    join_all([worker, stop]);
}

fn cockroach_3710<B: Backend>(fixed: bool) {
    reads_twice::<B>("scan", "store", fixed);
}

fn cockroach_6181<B: Backend>(fixed: bool) {
    let cache = Arc::new(RwMutex::<B>::named("cache"));
    // Each looks the range up, prints the cache, and puts what it has found.
    let lookups = ["first lookup", "second lookup"].map(|name| {
        go::<B, _>(name, &cache, move |cache| {
            let looking = cache.read();
            if !fixed {
                drop(cache.read());
            }
            drop(looking);
            drop(cache.write());
        })
    });
    join_all(lookups);
}

fn cockroach_7504<B: Backend>(fixed: bool) {
    let parts = Arc::new((Mutex::<B, _>::named("lease", 1), Mutex::<B, _>::named("names", 1)));
    let release = go::<B, _>("release", &parts, move |(lease, names)| {
        let mut count = lease.lock();
        *count -= 1;
        if fixed {
            drop(count);
            *names.lock() = 0;
        } else {
            *names.lock() = 0;
        }
    });
    let acquire = go::<B, _>("acquire", &parts, |(lease, names)| {
        let names = names.lock();
        if *names > 0 {
            *lease.lock() += 1;
        }
    });
    join_all([release, acquire]);
}

fn cockroach_9935<B: Backend>(fixed: bool) {
    let log = Arc::new(Mutex::<B, ()>::named("log", ()));
    let logging = go::<B, _>("logging", &log, move |log| {
        let writing = log.lock();
        let _writing = if fixed {
            drop(writing);
            None
        } else {
            Some(writing)
        };
        // The write has failed: the exit logs why.
        drop(log.lock());
    });
    join_all([logging]);
}

fn cockroach_10214<B: Backend>(fixed: bool) {
    let parts = Arc::new((Mutex::<B, _>::named("heartbeats", 1), Mutex::<B, _>::named("raft", ())));
    let send = go::<B, _>("send", &parts, move |(heartbeats, raft)| {
        let mut queued = heartbeats.lock();
        *queued = 0;
        if fixed {
            drop(queued);
            drop(raft.lock());
        } else {
            drop(raft.lock());
        }
    });
    let tick = go::<B, _>("tick", &parts, |(heartbeats, raft)| {
        let _replica = raft.lock();
        *heartbeats.lock() += 1;
    });
    join_all([send, tick]);
}

fn cockroach_16167<B: Backend>(fixed: bool) {
    reads_twice::<B>("session", "config", fixed);
}
