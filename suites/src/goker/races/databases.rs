//! Kernels from CockroachDB, etcd, gRPC and Moby that do not block.

use crate::{
    go::{Chan, WaitGroup},
    goker::{
        go, kernels,
        shared::{
            read_too_early, reads_loop_variable, reads_unlocked, reads_while_written, set_too_late,
            unlocked, writes_unlocked,
        },
    },
};
use raceproof_suite::backend::{AtomicUsize, Backend, Mutex, Shared, join_all};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "databases.rs"
    Cockroach4407 = cockroach_4407 "cockroach-4407" assertion("a worker began after the stop")
        "A worker that is counted when it begins may begin after the wait"
        "The stop finds none at work, and then the gossip starts one."
        "The gossip looks under the lock whether the stop has begun, and then starts none."
    Cockroach35501 = cockroach_35501 "cockroach-35501" race("constraint")
        "A thread that is given the loop's variable reads what the loop writes next"
        "The check runs while the loop takes the next constraint."
        "Each check is given its own copy."
    Etcd3077 = etcd_3077 "etcd-3077" race("done")
        "A channel that the started thread makes may be used before it is made"
        "The starter uses the channel that the new thread sets."
        "The channel is there before the thread."
    Etcd4876 = etcd_4876 "etcd-4876" race("interval")
        "A setting that tests change is read by the servers that they have started"
        "The server reads the interval without the lock under which it is changed."
        "It reads it under the lock."
    Etcd8194 = etcd_8194 "etcd-8194" race("revoke rate")
        "A variable of the test that others read must be set before they start"
        "The test changes the rate while the loop uses it."
        "It is set before the loop starts."
    Etcd9446 = etcd_9446 "etcd-9446" race("buckets")
        "A buffer that is emptied in place is emptied under its readers"
        "The transaction is reset while a reader looks a bucket up."
        "Both lock the transaction."
    Grpc1748 = grpc_1748 "grpc-1748" race("minimum time")
        "A setting that is restored at a test's end is read by threads that still run"
        "The test restores the setting while the connection's thread reads it."
        "The thread has ended by then."
    Grpc3090 = grpc_3090 "grpc-3090" race("resolver")
        "An object that is used by a callback of its maker is used before it is assigned"
        "The resolver calls back while it is built, and what it starts reads the variable that it is assigned to."
        "It is assigned under the lock under which it is read."
    Moby18412 = moby_18412 "moby-18412" race("output")
        "A command that has run out of time may still write its output"
        "The caller gives up and reads the output, to which the command still writes."
        "It waits for the end of the command before it reads."
    Moby22941 = moby_22941 "moby-22941" race("pair")
        "A closure that runs later sees the variable, not its value at the time"
        "The first writer reads the pair while the loop takes the second."
        "Each writer is given its own pair."
    Moby27037 = moby_27037 "moby-27037" race("version")
        "A thread that is given a loop's variable formats what the loop has come to"
        "The subtest reads the version while the loop takes the next one."
        "Each subtest is given its own copy."
}

fn cockroach_4407<B: Backend>(fixed: bool) {
    let stopper = Arc::new((
        WaitGroup::<B>::named("workers"),
        AtomicUsize::<B>::named("stopped", 0),
        Mutex::<B, bool>::named("draining", false),
    ));
    let gossip = go::<B, _>("gossip", &stopper, move |(workers, stopped, draining)| {
        let draining = draining.lock();
        if fixed && *draining {
            return;
        }
        workers.add(1);
        drop(draining);
        assert_eq!(stopped.load(SeqCst), 0, "a worker began after the stop");
        workers.done();
    });
    *stopper.2.lock() = true;
    stopper.0.wait();
    stopper.1.store(1, SeqCst);
    join_all([gossip]);
}

fn cockroach_35501<B: Backend>(fixed: bool) {
    reads_loop_variable::<B>("constraint", "check", fixed);
}

fn etcd_3077<B: Backend>(fixed: bool) {
    // Whether the channel has been made.
    let done =
        Arc::new((Shared::<B, bool>::named("done", fixed), Chan::<B, ()>::unbuffered("ended")));
    let run = go::<B, _>("run", &done, move |(done, ended)| {
        if !fixed {
            done.set(true);
        }
        ended.close();
    });
    if done.0.get() {
        done.1.wait();
    }
    join_all([run]);
}

fn etcd_4876<B: Backend>(fixed: bool) {
    reads_unlocked::<B>("interval", ["test", "server"], fixed);
}

fn etcd_8194<B: Backend>(fixed: bool) {
    set_too_late::<B>("revoke rate", "loop", fixed);
}

fn etcd_9446<B: Backend>(fixed: bool) {
    unlocked::<B>("buckets", [("reset", |buckets| buckets.set(0)), ("range", reads::<B>)], fixed);
}

fn grpc_1748<B: Backend>(fixed: bool) {
    reads_while_written::<B>("minimum time", "connection", fixed);
}

fn grpc_3090<B: Backend>(fixed: bool) {
    writes_unlocked::<B>("resolver", "resolve now", fixed);
}

fn moby_18412<B: Backend>(fixed: bool) {
    read_too_early::<B>("output", "command", fixed);
}

fn moby_22941<B: Backend>(fixed: bool) {
    let pair =
        Arc::new((Shared::<B, i64>::named("pair", 0), Mutex::<B, i64>::named("connection", 0)));
    let mut writers = Vec::new();
    for n in 0..2 {
        pair.0.set(n);
        let own = fixed.then(|| pair.0.get());
        writers.push(go::<B, _>("writer", &pair, move |(pair, connection)| {
            let mut connection = connection.lock();
            *connection += own.unwrap_or_else(|| pair.get());
        }));
    }
    join_all(writers);
}

fn moby_27037<B: Backend>(fixed: bool) {
    reads_loop_variable::<B>("version", "subtest", fixed);
}

fn reads<B: Backend>(buckets: &Shared<B, i64>) {
    buckets.get();
}
