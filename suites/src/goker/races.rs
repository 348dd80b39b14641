//! Kernels of GoBench that are about order and not about blocking: data races, and channels that are used too
//! late or too often.

use super::{go, kernels};
use crate::go::{Chan, RwMutex, WaitGroup, select};
use raceproof_suite::backend::{AtomicUsize, Backend, Mutex, Shared, join_all};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "races.rs"
    Cockroach4407 = cockroach_4407 "cockroach-4407" assertion("a worker began after the stop")
        "A worker that is counted when it begins may begin after the wait"
        "The stop finds none at work, and then the gossip starts one."
        "Workers are counted before anybody can stop them."
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
    Grpc1748 = grpc_1748 "grpc-1748" race("minimum time")
        "A setting that is restored at a test's end is read by threads that still run"
        "The test restores the setting while the connection's thread reads it."
        "The thread has ended by then."
    Istio8967 = istio_8967 "istio-8967" race("channel variable")
        "Do not set a channel variable to nil while others select on it"
        "The stop forgets the channel after closing it, and the loop reads the variable."
        "It is closed and not forgotten."
    Kubernetes80284 = kubernetes_80284 "kubernetes-80284" race("callback")
        "Two threads that set a callback are a race, even if they set the same"
        "Two threads configure one authenticator, and each sets its callback."
        "They set it under a lock."
    Kubernetes81091 = kubernetes_81091 "kubernetes-81091" race("calls")
        "A counter in a test double is shared as much as one in the product"
        "Two workers count the calls of a test's plug-in in one plain variable."
        "The count is atomic."
    Kubernetes82239 = kubernetes_82239 "kubernetes-82239" race("volume")
        "An object that a controller holds is the controller's, also for a test"
        "The test changes the volume while the controller copies it."
        "The test changes a copy of its own."
    Kubernetes88331 = kubernetes_88331 "kubernetes-88331" race("queue")
        "To read a length is to read what others change"
        "The length is read without the lock under which items are taken."
        "It is read under the lock."
    Moby18412 = moby_18412 "moby-18412" race("output")
        "A command that has run out of time may still write its output"
        "The caller gives up and reads the output, to which the command still writes."
        "It waits for the end of the command before it reads."
    Moby22941 = moby_22941 "moby-22941" race("pair")
        "A closure that runs later sees the variable, not its value at the time"
        "The first writer reads the pair while the loop takes the second."
        "Each writer is given its own pair."
    Serving3068 = serving_3068 "serving-3068" assertion("send on closed channel")
        "A pool must not be closed while work may still be given to it"
        "The wait closes the channel of work before the last piece is given."
        "The giver closes it."
    Serving5865 = serving_5865 "serving-5865" assertion("send on closed channel")
        "A receiver that leaves must not close the channel that others send to"
        "The watcher closes its channel when it ends, while an update is sent."
        "It closes another one, which the senders look at."
    Istio8144 = istio_8144 "istio-8144" race("evictions")
        "A test that reads what a callback counts must be ordered with the callback"
        "The test reads the count while an eviction is counted."
        "The count is read after the evicter has ended."
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

/// Another thread reads `variable` while this one writes it, unless it has ended before.
fn reads_while_written<B: Backend>(variable: &'static str, reader: &str, fixed: bool) {
    let variable = Arc::new(Shared::<B, i64>::named(variable, 0));
    let reader = go::<B, _>(reader, &variable, |variable| {
        variable.get();
    });
    if fixed {
        join_all([reader]);
        variable.set(1);
    } else {
        variable.set(1);
        join_all([reader]);
    }
}

fn cockroach_35501<B: Backend>(fixed: bool) {
    let constraint = Arc::new(Shared::<B, i64>::named("constraint", 0));
    let mut checks = Vec::new();
    for n in 0..2 {
        constraint.set(n);
        let own = fixed.then(|| constraint.get());
        checks.push(go::<B, _>("check", &constraint, move |constraint| {
            own.unwrap_or_else(|| constraint.get());
        }));
    }
    join_all(checks);
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

/// The one thread sets `field` under the lock, the other reads it there, or without.
fn reads_unlocked<B: Backend>(field: &'static str, fixed: bool) {
    let server = Arc::new((Mutex::<B, ()>::named("lock", ()), Shared::<B, i64>::named(field, 0)));
    let sets = go::<B, _>("sets", &server, |(lock, field)| {
        let _held = lock.lock();
        field.set(1);
    });
    let reads = go::<B, _>("reads", &server, move |(lock, field)| {
        let _held = fixed.then(|| lock.lock());
        field.get();
    });
    join_all([sets, reads]);
}

fn etcd_4876<B: Backend>(fixed: bool) {
    reads_unlocked::<B>("interval", fixed);
}

fn etcd_8194<B: Backend>(fixed: bool) {
    let rate = Arc::new(Shared::<B, i64>::named("revoke rate", 1000));
    if fixed {
        rate.set(10);
    }
    let run = go::<B, _>("loop", &rate, |rate| {
        rate.get();
    });
    if !fixed {
        rate.set(10);
    }
    join_all([run]);
}

fn grpc_1748<B: Backend>(fixed: bool) {
    reads_while_written::<B>("minimum time", "connection", fixed);
}

fn istio_8967<B: Backend>(fixed: bool) {
    // Whether the variable holds the channel, or nil.
    let source = Arc::new((
        Shared::<B, bool>::named("channel variable", true),
        Chan::<B, ()>::unbuffered("done"),
    ));
    let run = go::<B, _>("loop", &source, |(variable, done)| {
        // A nil channel would be waited for for ever; that it is read here is bad enough.
        if variable.get() {
            done.wait();
        }
    });
    source.1.close();
    if !fixed {
        source.0.set(false);
    }
    join_all([run]);
}

fn kubernetes_80284<B: Backend>(fixed: bool) {
    let parts =
        Arc::new((Mutex::<B, ()>::named("lock", ()), Shared::<B, i64>::named("callback", 0)));
    let threads = ["first", "second"].map(|name| {
        go::<B, _>(name, &parts, move |(lock, callback)| {
            let _held = fixed.then(|| lock.lock());
            callback.set(1);
        })
    });
    join_all(threads);
}

fn kubernetes_81091<B: Backend>(fixed: bool) {
    let calls =
        Arc::new((Shared::<B, i64>::named("calls", 0), AtomicUsize::<B>::named("atomic calls", 0)));
    let workers = ["worker 0", "worker 1"].map(|name| {
        go::<B, _>(name, &calls, move |(plain, atomic)| {
            if fixed {
                atomic.fetch_add(1, SeqCst);
            } else {
                plain.set(plain.get() + 1);
            }
        })
    });
    join_all(workers);
}

fn kubernetes_82239<B: Backend>(fixed: bool) {
    let volume = Arc::new(Shared::<B, i64>::named("volume", 0));
    let controller = go::<B, _>("controller", &volume, |volume| {
        volume.get();
    });
    let copy = Shared::<B, i64>::named("copy", volume.get());
    if fixed { &copy } else { &*volume }.set(1);
    join_all([controller]);
}

fn kubernetes_88331<B: Backend>(fixed: bool) {
    let queue = Arc::new((RwMutex::<B>::named("lock"), Shared::<B, i64>::named("queue", 2)));
    let pop = go::<B, _>("pop", &queue, |(lock, queue)| {
        let _writing = lock.write();
        queue.set(queue.get() - 1);
    });
    let length = go::<B, _>("length", &queue, move |(lock, queue)| {
        let _reading = fixed.then(|| lock.read());
        queue.get();
    });
    join_all([pop, length]);
}

fn moby_18412<B: Backend>(fixed: bool) {
    let output = Arc::new(Shared::<B, i64>::named("output", 0));
    let command = go::<B, _>("command", &output, |output| output.set(1));
    if fixed {
        join_all([command]);
        output.get();
    } else {
        output.get();
        join_all([command]);
    }
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

fn serving_3068<B: Backend>(fixed: bool) {
    let work = Arc::new(Chan::<B, ()>::buffered("work", 2));
    let worker = go::<B, _>("worker", &work, |work| while work.recv().is_some() {});
    let giver = go::<B, _>("giver", &work, move |work| {
        work.send(());
        work.send(());
        if fixed {
            work.close();
        }
    });
    if !fixed {
        work.close();
    }
    join_all([worker, giver]);
}

fn serving_5865<B: Backend>(fixed: bool) {
    let watcher = Arc::new((
        Chan::<B, ()>::buffered("destinations", 1),
        Chan::<B, ()>::unbuffered("watcher is done"),
    ));
    let watch = go::<B, _>("watcher", &watcher, move |(destinations, done)| {
        if fixed {
            done.close();
        } else {
            destinations.close();
        }
    });
    let update = go::<B, _>("update", &watcher, |(destinations, done)| {
        select([destinations.send_case(()), done.recv_case()]);
    });
    join_all([watch, update]);
}

fn istio_8144<B: Backend>(fixed: bool) {
    let evictions = Arc::new(Shared::<B, i64>::named("evictions", 0));
    let evicter = go::<B, _>("evicter", &evictions, |evictions| evictions.set(1));
    if fixed {
        join_all([evicter]);
        evictions.get();
    } else {
        evictions.get();
        join_all([evicter]);
    }
}
