//! Kernels from Istio and Knative Serving that do not block.

use crate::{
    go::{Chan, select},
    goker::{
        go, kernels,
        shared::{read_too_early, reads_while_written, set_too_late},
    },
};
use raceproof_suite::backend::{Backend, Mutex, Shared, join_all};
use std::sync::Arc;

kernels! { "services.rs"
    Istio8144 = istio_8144 "istio-8144" race("evictions")
        "A test that reads what a callback counts must be ordered with the callback"
        "The test reads the count while an eviction is counted."
        "The count is read after the evicter has ended."
    Istio8214 = istio_8214 "istio-8214" race("writes")
        "A counter that is added to by atomic steps must be read by one, too"
        "The statistics are copied as a whole, and the counter in them without an atomic load."
        "The counter is loaded."
    Istio8967 = istio_8967 "istio-8967" race("channel variable")
        "Do not set a channel variable to nil while others select on it"
        "The stop forgets the channel after closing it, and the loop reads the variable."
        "It is closed and not forgotten."
    Istio16742 = istio_16742 "istio-16742" race("labels")
        "The lock of a map does not guard what its entries point to"
        "The connection is in the map, through which its labels are changed while its own thread reads them."
        "Its own thread reads them under the map's lock."
    Serving3068 = serving_3068 "serving-3068" assertion("send on closed channel")
        "A pool must not be closed while work may still be given to it"
        "The wait closes the channel of work before the last piece is given."
        "The giver closes it."
    Serving3148 = serving_3148 "serving-3148" race("reactions")
        "Hooks must be in place before what they watch is started"
        "The test adds a hook while the controller goes through them."
        "It is added before the controller runs."
    Serving4908 = serving_4908 "serving-4908" race("state of the test")
        "A thread that logs to a test must end before the test does"
        "The watcher logs to the test while the test ends."
        "The test waits for the watcher."
    Serving5865 = serving_5865 "serving-5865" [Choice] assertion("send on closed channel")
        "A receiver that leaves must not close the channel that others send to"
        "The watcher closes its channel when it ends, while an update is sent."
        "It closes another one, which the senders look at."
    Serving6171 = serving_6171 "serving-6171" race("state of the test")
        "Who starts a thread that starts another must wait for both"
        "The backend's watcher logs its error while the test ends."
        "The test waits for what it has started."
    Serving6472 = serving_6472 "serving-6472" race("pending")
        "What is handed over must be ready: count it before you queue it"
        "The item is in the queue, and a worker counts it down, while the prober counts it up."
        "It is counted first and queued then."
}

fn istio_8144<B: Backend>(fixed: bool) {
    read_too_early::<B>("evictions", "evicter", fixed);
}

fn istio_8214<B: Backend>(fixed: bool) {
    // A step under the lock is what is atomic in the kernel: here a variable is atomic always or never.
    let stats =
        Arc::new((Mutex::<B, ()>::named("atomic", ()), Shared::<B, i64>::named("writes", 0)));
    let checks = ["check 0", "check 1"].map(|name| {
        go::<B, _>(name, &stats, move |(atomic, writes)| {
            let adding = atomic.lock();
            writes.set(writes.get() + 1);
            drop(adding);
            let _loading = fixed.then(|| atomic.lock());
            writes.get();
        })
    });
    join_all(checks);
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

fn istio_16742<B: Backend>(fixed: bool) {
    // Whether the connection is in the map.
    let clients =
        Arc::new((Mutex::<B, bool>::named("clients", false), Shared::<B, i64>::named("labels", 0)));
    let stream = go::<B, _>("stream", &clients, move |(clients, labels)| {
        *clients.lock() = true;
        let _held = fixed.then(|| clients.lock());
        labels.get();
    });
    let update = go::<B, _>("update", &clients, |(clients, labels)| {
        let known = clients.lock();
        if *known {
            labels.set(1);
        }
    });
    join_all([stream, update]);
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

fn serving_3148<B: Backend>(fixed: bool) {
    set_too_late::<B>("reactions", "controller", fixed);
}

fn serving_4908<B: Backend>(fixed: bool) {
    reads_while_written::<B>("state of the test", "watcher", fixed);
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

fn serving_6171<B: Backend>(fixed: bool) {
    reads_while_written::<B>("state of the test", "watcher", fixed);
}

fn serving_6472<B: Backend>(fixed: bool) {
    let prober = Arc::new((
        Chan::<B, ()>::buffered("items", 1),
        Mutex::<B, ()>::named("atomic", ()),
        Shared::<B, i64>::named("pending", 0),
    ));
    let worker = go::<B, _>("worker", &prober, |(items, atomic, pending)| {
        items.wait();
        // An atomic step in the kernel: here a variable is atomic always or never.
        let _counting = atomic.lock();
        pending.set(pending.get() - 1);
    });
    let count = || prober.2.set(prober.2.get() + 1);
    if fixed {
        count();
        prober.0.send(());
    } else {
        prober.0.send(());
        count();
    }
    join_all([worker]);
}
